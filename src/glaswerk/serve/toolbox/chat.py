"""POST /v1/chat/completions with `"glaswerk": {"tools": […]}`: this server makes the model's calls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from glaswerk.core.errors import GlaswerkError
from glaswerk.serve.accounts.account import Account
from glaswerk.serve.answering import Answerers, Question, read_through
from glaswerk.serve.answering.parts import Part, ToolPart
from glaswerk.serve.chat_parts.prompt import CHAT
from glaswerk.serve.chat_request import ChatRequest, parse
from glaswerk.serve.chat_response import DONE, Envelope, answer_id, failure, usage
from glaswerk.serve.contract.operation import project_of
from glaswerk.serve.errors import ApiError
from glaswerk.serve.grounded.inner import Endpoint
from glaswerk.serve.limits import Limits
from glaswerk.serve.loaded.models import LoadedModels
from glaswerk.serve.recent_answers import RecentAnswers, TracedText, spoken
from glaswerk.serve.request_body import read_object, with_object
from glaswerk.serve.toolbox.begin import Client
from glaswerk.serve.toolbox.our_tools import OurTools
from glaswerk.serve.toolbox.rounds import RoundsAnswer
from glaswerk.serve.toolbox.wishes import APPROVALS, TOOLS, ToolWishes, tool_wishes, without
from glaswerk.tools import Tool

_FINGERPRINT = "glaswerk-tools"


class ToolChat:
    """The endpoint in front of `inner`, which answers requests that name no tools of this server."""

    def __init__(
        self,
        inner: Endpoint,
        tools: OurTools,
        answerers: Answerers,
        models: LoadedModels,
        answers: RecentAnswers,
        limits: Limits,
    ) -> None:
        self._inner, self._tools, self._answerers, self._models = inner, tools, answerers, models
        self._answers, self._limits = answers, limits

    async def __call__(self, request: Request) -> Response:
        body = await read_object(request, self._limits.body_bytes)
        wanted = tool_wishes(body)
        if wanted is None:
            return await self._inner(with_object(request, without(body)))
        tools = await self._tools.named(wanted.names, str(body.get("model")), TOOLS)
        asked = parse(_with_functions(body, tools))
        async with AsyncExitStack() as stack:
            # The model stays in memory until the last round.
            await stack.enter_async_context(self._models.using(asked.model, request.state.account))
            answer = await self._begun(request, asked, wanted, tools)
            if asked.stream:
                return _Stream(answer, stack.pop_all().aclose)
            await read_through(answer.events(), answer.rounds, request)
        if answer.error is not None:
            raise answer.error
        return JSONResponse(answer.whole())

    async def _begun(
        self, request: Request, asked: ChatRequest, wanted: ToolWishes, tools: Mapping[str, Tool]
    ) -> _ToolAnswer:
        account: Account = request.state.account
        answerer = await self._answerers.of(asked.model, account)
        question = Question(
            id=answer_id(request.scope),
            endpoint="chat/completions",
            model=asked.model,
            messages=asked.messages,
            max_tokens=asked.max_tokens,
            sampling=asked.sampling,
            stop=asked.stop,
            tools=asked.tools,
            places=CHAT,
            effort=asked.wishes.effort,
        )
        client = Client(project_of(request), account, request, wanted.approvals, APPROVALS)
        rounds = await self._tools.start(answerer, question, tools, client)
        envelope = Envelope(asked.model, _FINGERPRINT, asked.include_usage, question.id)

        def keep(text: str) -> None:
            context = spoken([*asked.messages, *rounds.turns], self._limits.context_characters)
            self._answers.keep(question.id, TracedText(text, context))

        return _ToolAnswer(envelope, rounds, keep)


def _with_functions(body: Mapping[str, Any], tools: Mapping[str, Tool]) -> dict[str, Any]:
    """The request with this server's tools among the client's. A name twice is refused where it is read."""
    own = [{"type": "function", "function": tool.function()} for tool in tools.values()]
    given = body.get("tools") or []
    return {**body, "tools": [*given, *own] if isinstance(given, list) else given, "glaswerk": None}


class _ToolAnswer:
    """One answer as chunks of chat completions, and as a whole."""

    def __init__(self, envelope: Envelope, rounds: RoundsAnswer, keep: Callable[[str], None]) -> None:
        self.envelope, self.rounds, self._keep = envelope, rounds, keep
        self.error: ApiError | None = None
        self._calls: list[Part] = []

    async def events(self) -> AsyncIterator[bytes]:
        """The events of a stream. After the first one, an error can only be another event."""
        yield self.envelope.chunk({"role": "assistant", "content": "", "refusal": None})
        try:
            async for step in self.rounds.steps():
                for part, added in step.pieces:
                    for event in self._piece(part, added):
                        yield event
        except (ApiError, GlaswerkError) as error:
            self.error = error if isinstance(error, ApiError) else ApiError(400, str(error))
            yield failure(error)
            return
        self._keep(self._text())
        yield self.envelope.chunk({}, self._finish())
        yield self.envelope.extra_chunk(self._ours())
        if self.envelope.include_usage:
            yield self.envelope.usage_chunk(self._usage())
        yield DONE

    def _piece(self, part: Part, added: str) -> Iterator[bytes]:
        if isinstance(part, ToolPart):
            yield self.envelope.extra_chunk({"tool_call": part.to_json()})
        elif part.kind == "call":
            yield self.envelope.chunk({"tool_calls": [self._call(part, added)]})
        elif added:
            yield self.envelope.chunk({"content" if part.kind == "text" else "reasoning_content": added})

    def _call(self, part: Part, added: str) -> dict[str, Any]:
        """A piece of a call that the client makes."""
        if not any(part is one for one in self._calls):
            self._calls.append(part)
            function = {"name": part.name, "arguments": added}
            return {"index": len(self._calls) - 1, "id": part.id, "type": "function", "function": function}
        return {"index": len(self._calls) - 1, "function": {"arguments": added}}

    def whole(self) -> dict[str, Any]:
        """The answer as one object."""
        message: dict[str, Any] = {
            "role": "assistant",
            "content": self._text() or (None if self._calls else ""),
            "refusal": None,
            "annotations": [],
        }
        if thoughts := "".join(part.text for part in self.rounds.parts if part.kind == "thoughts"):
            message["reasoning_content"] = thoughts
        if self._calls:
            message["tool_calls"] = [
                {"id": p.id, "type": "function", "function": {"name": p.name, "arguments": p.text}}
                for p in self._calls
            ]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._finish()}
        found = self.envelope.completion([], self._usage())
        return found | {"choices": [choice], "glaswerk": self._ours()}

    def _text(self) -> str:
        return "".join(part.text for part in self.rounds.parts if part.kind == "text")

    def _finish(self) -> str:
        return "tool_calls" if self._calls else self.rounds.finish or "stop"

    def _ours(self) -> dict[str, Any]:
        calls = [part.to_json() for part in self.rounds.parts if isinstance(part, ToolPart)]
        return {"tool_calls": calls}

    def _usage(self) -> dict[str, Any]:
        prompt, cached, completion = self.rounds.counts
        return usage(prompt, completion, cached, self.rounds.thought)


class _Stream(StreamingResponse):
    """Server-sent events; their end, however it comes, ends the answer and lets go of the model."""

    media_type = "text/event-stream"

    def __init__(self, answer: _ToolAnswer, let_go: Callable[[], Awaitable[None]]) -> None:
        headers = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
        super().__init__(answer.events(), headers=headers)
        self._answer, self._let_go = answer, let_go

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._answer.rounds.stop()
            await self._let_go()
