"""POST /v1/chat/completions with a ground: quotes first, then what the model says, checked against them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from glaswerk.core.errors import GlaswerkError
from glaswerk.retrieve import Grounds
from glaswerk.retrieve.prompt import TOKENS, prompt
from glaswerk.serve.chat_parts.choice import Choice
from glaswerk.serve.chat_response import ANSWER_ID, DONE, Envelope, answer_id, failure, usage
from glaswerk.serve.errors import ApiError
from glaswerk.serve.fields import model
from glaswerk.serve.grounded.answers import NO_ROOM, failed, passages_of
from glaswerk.serve.grounded.asking import Asking
from glaswerk.serve.grounded.checked import Checked
from glaswerk.serve.grounded.inner import Endpoint, streamed
from glaswerk.serve.grounded.refusing import plainly
from glaswerk.serve.grounded.wishes import Wishes, asked_of, refuse_apart
from glaswerk.serve.grounded.wording import Wording
from glaswerk.serve.limits import Limits
from glaswerk.serve.pool import unless_disconnected
from glaswerk.serve.request_body import read_object

_FINGERPRINT = "glaswerk-ground"


class Grounded:
    """The endpoint in front of `inner`, which answers requests that want no ground, and writes the model's
    words for the others.
    """

    def __init__(self, inner: Endpoint, asking: Asking, limits: Limits) -> None:
        self._inner, self._asking, self._limits = inner, asking, limits

    async def __call__(self, request: Request) -> Response:
        body = await read_object(request, self._limits.body_bytes)
        wanted = self._asking.wishes(str(body.get("model")), body.get("glaswerk"))
        if wanted is None:
            return await self._inner(plainly(request, body))
        refuse_apart(body)
        asked, called = asked_of(body.get("messages")), model(body)
        name = answer_id(request.scope)
        grounds = await self._asking.grounds(request.state.account, called, asked, wanted)
        shown = Envelope(called, _FINGERPRINT, _told_usage(body), name)
        answer = _GroundedAnswer(shown, Checked(grounds, wanted.strict))
        if wanted.note:
            answer.note(wanted.note)
        events = answer.events(self._written(request, body, name, grounds, wanted))
        # The first event comes after the model's endpoint has admitted the request: its errors have a status.
        first = await anext(events)
        if body.get("stream") is True:
            return _Stream(first, events)
        await unless_disconnected(request, _drained(events))
        if answer.error is not None:
            raise answer.error
        return JSONResponse(answer.whole())

    async def _written(
        self, request: Request, body: dict[str, Any], name: str, grounds: Grounds, wanted: Wishes
    ) -> AsyncGenerator[dict[str, Any]]:
        """Events of the model's own words; the first one, empty, says that the request is admitted."""
        request.scope[ANSWER_ID] = name
        if not wanted.model or not grounds.quotes:
            await self._of_quotes(request, body, name)
            yield {}
            return
        note = NO_ROOM
        begun = False
        for passages in passages_of(grounds):
            try:
                async with streamed(self._inner, request, _question(body, grounds, passages)) as events:
                    begun = True
                    yield {}
                    async for event in events:
                        yield event
                return
            except ApiError as error:
                # A small model has no room for whole passages; then one sentence must do, and then none. The
                # quotes are there whether a model fails or not.
                if error.code != "context_length_exceeded" and error.status < 500:
                    raise
                if error.status >= 500:
                    note = failed(error)
                    break
        if not begun:
            await self._of_quotes(request, body, name)
            yield {}
        yield {"note": note}

    async def _of_quotes(self, request: Request, body: Mapping[str, Any], name: str) -> None:
        account, called = request.state.account, str(body["model"])
        await self._asking.admission.of_quotes(account, called, "chat/completions", name)


@dataclass(slots=True)
class _GroundedAnswer:
    """One answer while it is written. `text` is all that a client without our fields sees."""

    envelope: Envelope
    checked: Checked
    text: str = ""
    error: ApiError | None = None
    _used: dict[str, Any] = field(default_factory=lambda: usage(0, 0))
    _extra: dict[str, Any] = field(default_factory=dict)

    async def events(self, written: AsyncGenerator[dict[str, Any]]) -> AsyncGenerator[bytes]:
        """The events of a stream. Raises ApiError before the first one, later an error is an event."""
        try:
            self._note(await anext(written))
            async for event in self._events(written):
                yield event
        finally:
            # The model stops writing as soon as nobody reads.
            await written.aclose()

    async def _events(self, written: AsyncIterator[dict[str, Any]]) -> AsyncIterator[bytes]:
        yield self.envelope.chunk({"role": "assistant", "content": "", "refusal": None})
        yield self.envelope.extra_chunk({"grounded": self.checked.to_json()})
        for piece, _ in Wording(self.checked.grounds.question).pieces(self.checked.grounds):
            yield self._add(piece)
        try:
            async for event in written:
                if self.checked.feed(self._note(event)):
                    for piece in await to_thread.run_sync(self.checked.whole):
                        yield self._add(piece)
            for piece in await to_thread.run_sync(self.checked.rest):
                yield self._add(piece)
        except (ApiError, GlaswerkError) as error:
            self.error = error if isinstance(error, ApiError) else ApiError(400, str(error))
            yield failure(error)
            return
        yield self.envelope.chunk({}, "stop")
        yield self.envelope.extra_chunk(self._ours())
        if self.envelope.include_usage:
            yield self.envelope.usage_chunk(self._used)
        yield DONE

    def whole(self) -> dict[str, Any]:
        """The answer as one object."""
        choice = Choice()
        choice.feed(self.text, "stop")
        return self.envelope.completion([choice], self._used) | {"glaswerk": self._ours()}

    def _ours(self) -> dict[str, Any]:
        return self._extra | {"grounded": self.checked.to_json()}

    def _add(self, piece: str) -> bytes:
        self.text += piece
        return self.envelope.chunk({"content": piece})

    def note(self, text: str) -> None:
        """Say beside the answer why a model says nothing."""
        self._extra["note"] = text

    def _note(self, event: Mapping[str, Any]) -> str:
        """What the model added; its counts and its trace are taken."""
        choices = event.get("choices")
        first = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
        said = first.get("delta") or first.get("message")
        text = said.get("content") if isinstance(said, dict) else None
        if isinstance(counts := event.get("usage"), dict):
            self._used = counts
        if isinstance(note := event.get("note"), str):
            self.note(note)
        extra = event.get("glaswerk")
        if isinstance(extra, dict) and "trace" in extra:
            self._extra["trace"] = extra["trace"]
        return text if isinstance(text, str) else ""


def _question(body: dict[str, Any], grounds: Grounds, passages: list[str]) -> dict[str, Any]:
    """The request that the model sees: the passages and the question, without what was said before."""
    asked = prompt(grounds.question, passages)
    most = body.get("max_completion_tokens") or body.get("max_tokens") or TOKENS
    ours = {name: value for name, value in (body.get("glaswerk") or {}).items() if name != "ground"}
    rest = {name: value for name, value in body.items() if name not in ("glaswerk", "max_completion_tokens")}
    sampling = {} if body.get("temperature") is not None else {"temperature": 0}
    own = {"messages": [{"role": "user", "content": asked}], "max_tokens": most}
    return rest | sampling | own | ({"glaswerk": ours} if ours else {})


def _told_usage(body: Mapping[str, Any]) -> bool:
    options = body.get("stream_options")
    return isinstance(options, Mapping) and options.get("include_usage") is True


async def _drained(events: AsyncGenerator[bytes]) -> None:
    async with aclosing(events):
        async for _ in events:
            pass


class _Stream(StreamingResponse):
    """Server-sent events whose source is closed when the response ends, fails or loses its client."""

    media_type = "text/event-stream"

    def __init__(self, first: bytes, events: AsyncGenerator[bytes]) -> None:
        headers = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
        super().__init__(self._all(first, events), headers=headers)
        self._source = events

    async def _all(self, first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        yield first
        async for event in rest:
            yield event

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._source.aclose()
