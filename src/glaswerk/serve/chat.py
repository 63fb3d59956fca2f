"""The endpoint POST /v1/chat/completions, streamed and not streamed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer import Delta
from glaswerk.serve import chat_request, chat_response
from glaswerk.serve.chat_request import ChatRequest
from glaswerk.serve.errors import ApiError, error_body
from glaswerk.serve.limits import Limits
from glaswerk.serve.pool import Generation, Pool, unless_disconnected
from glaswerk.serve.recent_answers import RecentAnswers, TracedText, spoken
from glaswerk.serve.request_body import read_object
from glaswerk.serve.served_model import ServedModel
from glaswerk.serve.sources import SourcesApi

_Trace = Callable[[TracedText], Awaitable[dict[str, Any]]]


class Chat:
    """The endpoint for one model and one pool.

    With the header `x-glaswerk-trace: true` or the field `"glaswerk": {"trace": true}`, the response has the
    additional field `glaswerk.trace`.
    """

    def __init__(
        self, served: ServedModel, pool: Pool, answers: RecentAnswers, sources: SourcesApi, limits: Limits
    ) -> None:
        self._served, self._pool, self._limits = served, pool, limits
        self._answers, self._sources = answers, sources

    async def __call__(self, request: Request) -> Response:
        asked = chat_request.parse(await read_object(request, self._limits.body_bytes))
        self._served.check(asked.model)
        await to_thread.run_sync(self._check_length, asked)
        traced = asked.trace or chat_request.trace_header(request.headers.get("x-glaswerk-trace"))
        if traced:
            await self._sources.ready()
        envelope = chat_response.Envelope(asked.model, self._served.fingerprint, asked.include_usage)
        trace = partial(self._sources.trace, identifier=envelope.id) if traced else None
        context = spoken(asked.messages, self._limits.context_characters)
        work = self._pool.start(self._stream(asked))
        generation = await unless_disconnected(request, work)
        if asked.stream:
            return EventStream(generation, envelope, self._answers, context, trace)
        text, last = await unless_disconnected(request, _collect(generation))
        exchange = TracedText(text, context)
        self._answers.keep(envelope.id, exchange)
        extra = {"glaswerk": {"trace": await trace(exchange)}} if trace else {}
        return JSONResponse(envelope.completion(text, last) | extra)

    def _check_length(self, asked: ChatRequest) -> None:
        # Tokens have at most 128 bytes, so a text above this bound is too long whatever its tokens are.
        size = sum(len(message["content"]) for message in asked.messages)
        bound = min(128 * self._served.engine.context, self._limits.prompt_characters)
        if size > bound:
            message = (
                f"expected messages of up to {bound:,} characters, found {size:,}; this model's context is "
                f"{self._served.engine.context:,} tokens"
            )
            raise ApiError(400, message, param="messages", code="context_length_exceeded")
        try:
            self._served.engine.prompt(asked.messages)
        except GlaswerkError as error:
            raise ApiError(400, str(error), param="messages", code="context_length_exceeded") from error

    def _stream(self, asked: ChatRequest) -> Callable[[], Iterator[Delta]]:
        return lambda: self._served.engine.stream(
            asked.messages,
            max_tokens=asked.max_tokens or self._limits.default_max_tokens,
            temperature=asked.temperature,
            top_p=asked.top_p,
            top_k=asked.top_k,
            min_p=asked.min_p,
            repetition_penalty=asked.repetition_penalty,
            stop=asked.stop,
            seed=asked.seed,
        )


async def _collect(generation: Generation[Delta]) -> tuple[str, Delta]:
    parts, last = [], Delta("", None, 0, 0)
    try:
        async for last in generation:
            parts.append(last.text)
    finally:
        generation.stop()
    return "".join(parts), last


class EventStream(StreamingResponse):
    """A streamed answer. Its generation stops when the response ends, fails or loses its client."""

    media_type = "text/event-stream"

    def __init__(
        self,
        generation: Generation[Delta],
        envelope: chat_response.Envelope,
        answers: RecentAnswers,
        context: str,
        trace: _Trace | None,
    ) -> None:
        headers = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
        super().__init__(self._events(generation, envelope, trace), headers=headers)
        self._generation, self._envelope, self._answers = generation, envelope, answers
        self._parts: list[str] = []
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._generation.stop()
            self._answers.keep(self._envelope.id, self._exchange())

    def _exchange(self) -> TracedText:
        return TracedText("".join(self._parts), self._context)

    async def _events(
        self, generation: Generation[Delta], envelope: chat_response.Envelope, trace: _Trace | None
    ) -> AsyncIterator[bytes]:
        """The events of the stream. After the first one, an error can only be reported as another event."""
        yield envelope.chunk({"role": "assistant", "content": ""})
        last = Delta("", None, 0, 0)
        try:
            async for last in generation:
                if last.text:
                    self._parts.append(last.text)
                    yield envelope.chunk({"content": last.text})
            yield envelope.chunk({}, last.finish_reason or "stop")
            # A client may request the trace as soon as it reads the last chunk, before this response ends.
            self._answers.keep(envelope.id, self._exchange())
            if trace:
                yield envelope.trace_chunk(await trace(self._exchange()))
        except GlaswerkError as error:
            yield chat_response.event(error_body(400, str(error), None, "lab_error"))
            return
        except Exception:
            message = "the answer was interrupted; the server's terminal shows the cause"
            yield chat_response.event(error_body(500, message, None, None))
            raise
        # After the trace: clients read usage from the last chunk.
        if envelope.include_usage:
            yield envelope.usage_chunk(last)
        yield chat_response.DONE
