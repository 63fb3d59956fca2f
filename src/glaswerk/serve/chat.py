"""POST /v1/chat/completions, streamed and whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer import Delta
from glaswerk.serve import request as requests
from glaswerk.serve import wire
from glaswerk.serve.body import read_object
from glaswerk.serve.errors import ApiError, error_body
from glaswerk.serve.limits import Limits
from glaswerk.serve.pool import Generation, Pool, unless_disconnected
from glaswerk.serve.request import ChatRequest
from glaswerk.serve.served import Served


class Chat:
    """The endpoint, over one model and one pool."""

    def __init__(self, served: Served, pool: Pool, limits: Limits) -> None:
        self._served, self._pool, self._limits = served, pool, limits

    async def __call__(self, request: Request) -> Response:
        asked = requests.parse(await read_object(request, self._limits.body_bytes))
        self._served.check(asked.model)
        await to_thread.run_sync(self._check_length, asked)
        envelope = wire.Envelope(asked.model, self._served.fingerprint, asked.include_usage)
        work = self._pool.start(self._stream(asked))
        generation = await unless_disconnected(request, work)
        if asked.stream:
            return EventStream(generation, envelope)
        text, last = await unless_disconnected(request, _collect(generation))
        return JSONResponse(envelope.completion(text, last))

    def _check_length(self, asked: ChatRequest) -> None:
        # No token of these vocabularies is longer than 128 bytes, so much text is too long untokenised.
        size = sum(len(message["content"]) for message in asked.messages)
        bound = min(128 * self._served.engine.context, self._limits.prompt_characters)
        if size > bound:
            message = (
                f"the messages have {size:,} characters; this model's context is "
                f"{self._served.engine.context:,} tokens, at most {bound:,} characters"
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
    """A streamed answer. However it ends (finished, failed, client gone), its generation ends too."""

    media_type = "text/event-stream"

    def __init__(self, generation: Generation[Delta], envelope: wire.Envelope) -> None:
        headers = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
        super().__init__(_events(generation, envelope), headers=headers)
        self._generation = generation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._generation.stop()


async def _events(generation: Generation[Delta], envelope: wire.Envelope) -> AsyncIterator[bytes]:
    """The stream's events. Once it has begun, a failure can only be told as an event of its own."""
    yield envelope.chunk({"role": "assistant", "content": ""})
    last = Delta("", None, 0, 0)
    try:
        async for last in generation:
            if last.text:
                yield envelope.chunk({"content": last.text})
    except GlaswerkError as error:
        yield wire.event(error_body(400, str(error), None, "lab_error"))
        return
    except Exception:
        yield wire.event(error_body(500, "the answer broke off; the server's terminal shows why", None, None))
        raise
    yield envelope.chunk({}, last.finish_reason or "stop")
    if envelope.include_usage:
        yield envelope.usage_chunk(last)
    yield wire.DONE
