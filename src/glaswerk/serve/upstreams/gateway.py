"""Requests that name an upstream's model: passed on, streamed back, counted, remembered for the trace."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from glaswerk.serve.accounts.account import Account, Usage
from glaswerk.serve.accounts.accounts import Accounts
from glaswerk.serve.chat_parts.pictures import check_pictures
from glaswerk.serve.chat_response import DONE, answer_id, event, failure
from glaswerk.serve.errors import ApiError
from glaswerk.serve.limits import Limits
from glaswerk.serve.pool import unless_disconnected
from glaswerk.serve.recent_answers import RecentAnswers, TracedText
from glaswerk.serve.request_body import read_object
from glaswerk.serve.upstreams.client import UpstreamClient
from glaswerk.serve.upstreams.counts import Counting, estimate
from glaswerk.serve.upstreams.own import OwnServers, Target
from glaswerk.serve.upstreams.settings import Upstream

Endpoint = Callable[[Request], Awaitable[Response]]
Trace = Callable[..., Awaitable[dict[str, Any]]]


class Upstreams:
    """All upstreams of a lab, and the endpoints in front of them."""

    def __init__(
        self,
        upstreams: list[Upstream],
        accounts: Accounts,
        answers: RecentAnswers,
        trace: Trace,
        limits: Limits,
        own: OwnServers,
    ) -> None:
        self._clients = {upstream.name: UpstreamClient(upstream) for upstream in upstreams}
        self._own = own
        self._accounts, self._answers, self._limits, self._trace = accounts, answers, limits, trace

    async def cards(self) -> list[dict[str, Any]]:
        """The models as `GET /v1/models` lists them."""
        found = []
        for name, client in self._clients.items():
            found += [_card(f"{name}/{model}", name) for model in await client.models()]
        return found

    async def card(self, model: str) -> dict[str, Any] | None:
        """The card of one model, or None if no upstream has it."""
        return next((card for card in await self.cards() if card["id"] == model), None)

    def ground(self, model: str) -> bool | None:
        """Whether answers of a model rest on documents by its upstream's table; None if it does not say."""
        client = self._clients.get(model.partition("/")[0])
        return client.upstream.ground if client else None

    def before(self, path: str, local: Endpoint) -> Endpoint:
        """An endpoint: requests for an upstream's model go there, all others to `local`."""
        if not self._clients and not self._own:
            return local

        async def endpoint(request: Request) -> Response:
            body = await read_object(request, self._limits.body_bytes)
            found = await self.find(body.get("model"), request.state.account)
            if found is None:
                return await local(request)
            check_pictures(body.get("messages"), "messages", fetched=found.client.upstream.picture_urls)
            return await _Passed(self, found, path, body).answer(request)

        return endpoint

    async def embedded(self, request: Request, body: dict[str, Any]) -> Response | None:
        """The vectors of a model of an upstream; None for a request about a model of ours.

        Raises ApiError 400 for a program of ours, which has a model that writes.
        """
        account: Account = request.state.account
        target, path = await self.find(body.get("model"), account), "/embeddings"
        if target is None:
            return None
        if target.own:
            message = f"{path} is not passed on to the server of {target.name[:80]}; use /v1/chat/completions"
            raise ApiError(400, message, param="model", code="unsupported_model")
        name = f"emb-{secrets.token_hex(12)}"
        usage = await self.begin(account, target.name, path, body | {"max_tokens": 1}, name)
        counting = Counting(estimate(body.get("input")))
        found = await unless_disconnected(request, target.client.post(path, body | {"model": target.model}))
        counting.says(found.get("usage"))
        reply = target.client.reply(found | {"model": body["model"]})
        await usage.finish(*counting.counts, "stop")
        return reply

    async def find(self, asked: object, account: Account) -> Target | None:
        """The server that has a model; None for a model of none.

        Raises ApiError 403 if the account may not use one of ours, 503 while it is not there.
        """
        if not isinstance(asked, str):
            return None
        if (own := await self._own.find(asked, account)) or "/" not in asked:
            return own
        name, _, model = asked.partition("/")
        client = self._clients.get(name)
        if client is None or model not in await client.models():
            return None
        return Target(client, model, asked)

    async def begin(
        self, account: Account, model: str, path: str, body: Mapping[str, Any], answer: str
    ) -> Usage:
        """Admit a request; its prompt is estimated until the upstream counts."""
        most = body.get("max_completion_tokens") or body.get("max_tokens")
        limit = most if isinstance(most, int) and 0 < most < 2**31 else self._limits.default_max_tokens
        return await self._accounts.begin(
            account,
            model=model,
            endpoint=path.strip("/"),
            prompt_tokens=estimate(body),
            max_tokens=limit * _choices(body),
            response=answer,
        )

    def keep(self, answer: str, text: str, body: Mapping[str, Any]) -> TracedText:
        """Remember an answer, so that it can be traced."""
        exchange = TracedText(text, _spoken(body)[-self._limits.context_characters :])
        self._answers.keep(answer, exchange)
        return exchange

    async def traced(self, exchange: TracedText, answer: str) -> dict[str, Any]:
        """The trace of an answer against the lab's documents."""
        return await self._trace(exchange, identifier=answer)

    async def close(self) -> None:
        """Close all connections, and end our own servers once their answers are whole."""
        await self._own.close()
        for client in self._clients.values():
            await client.close()


class _Passed:
    """One request on its way to an upstream and back."""

    def __init__(self, home: Upstreams, target: Target, path: str, body: dict[str, Any]) -> None:
        self._home, self._client, self._path, self._asked = home, target.client, path, str(body["model"])
        self._counted_as = target.name
        wishes = body.get("glaswerk")
        self._traced = isinstance(wishes, dict) and wishes.get("trace") is True
        self._body = {key: value for key, value in body.items() if key != "glaswerk"} | {
            "model": target.model
        }
        self._stream = body.get("stream") is True
        options = body.get("stream_options")
        self._told_usage = isinstance(options, dict) and options.get("include_usage") is True
        if self._stream:
            self._body["stream_options"] = {"include_usage": True}
        self._id = ""
        self._text, self._finish, self._counting = "", "stop", Counting(estimate(self._body))

    async def answer(self, request: Request) -> Response:
        account = getattr(request.state, "account", None) or Account()
        self._id = answer_id(request.scope, "chatcmpl" if "chat" in self._path else "cmpl")
        usage = await self._home.begin(account, self._counted_as, self._path, self._body, self._id)
        if self._stream:
            stack = AsyncExitStack()
            opening = stack.enter_async_context(self._client.events(self._path, self._body))
            # What it refuses is an error of the request: as an event, no client would try again.
            return _Stream(self._events(usage, await unless_disconnected(request, opening)), stack)
        found = await unless_disconnected(request, self._client.post(self._path, self._body))
        self._note(found, usage)
        await usage.finish(*self._counting.counts, self._finish)
        extra = await self._extra()
        return self._client.reply(self._ours(found) | extra)

    async def _events(self, usage: Usage, objects: AsyncIterator[dict[str, Any]]) -> AsyncIterator[bytes]:
        """After the first event, an error can only be reported as another event."""
        try:
            async for found in objects:
                self._note(found, usage)
                if found.get("choices") or self._told_usage:
                    yield self._client.event(self._ours(found))
            extra = await self._extra()
            await usage.finish(*self._counting.counts, self._finish)
        except ApiError as error:
            yield failure(error)
            return
        if extra:
            chunk = {"object": "chat.completion.chunk", "created": int(time.time()), "choices": []}
            yield event(self._ours(chunk) | extra)
        yield DONE

    async def _extra(self) -> dict[str, Any]:
        exchange = self._home.keep(self._id, self._text, self._body)
        if not self._traced:
            return {}
        return {"glaswerk": {"trace": await self._home.traced(exchange, self._id)}}

    def _ours(self, found: dict[str, Any]) -> dict[str, Any]:
        """With our id and the name that the client asked for."""
        ours = {"id": self._id} if "choices" in found else {}
        # What is ours of an answer, its trace and its ground, nobody else may say.
        found = {name: value for name, value in found.items() if name != "glaswerk"}
        return found | ours | {"model": self._asked}

    def _note(self, found: Mapping[str, Any], usage: Usage) -> None:
        """Add an object's text and counts."""
        choices = found.get("choices")
        first = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
        said = first.get("delta") or first.get("message") or first
        text = (said.get("content") or said.get("text")) if isinstance(said, dict) else None
        if isinstance(text, str):
            self._counting.wrote(text)
            self._text += text if first.get("index", 0) == 0 else ""
        if isinstance(reason := first.get("finish_reason"), str):
            self._finish = reason[:40]
        self._counting.says(found.get("usage"))
        usage.count(*self._counting.counts)


class _Stream(StreamingResponse):
    """A stream of an upstream. Its connection is closed when the response ends, fails or loses its client."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncIterator[bytes], stack: AsyncExitStack) -> None:
        super().__init__(
            events, headers={"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
        )
        self._stack = stack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._stack.aclose()


def _choices(body: Mapping[str, Any]) -> int:
    found = body.get("n")
    return found if type(found) is int and 1 <= found <= 128 else 1


def _spoken(body: Mapping[str, Any]) -> str:
    messages = body.get("messages")
    if not isinstance(messages, list):
        return str(body.get("prompt", ""))[:100_000]
    texts = [one.get("content") for one in messages if isinstance(one, dict)]
    return "\n".join(text for text in texts if isinstance(text, str))


def _card(identifier: str, owner: str) -> dict[str, Any]:
    return {"id": identifier, "object": "model", "created": 0, "owned_by": owner}
