"""The endpoint POST /v1/chat/completions, streamed and not streamed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from glaswerk.core.errors import GlaswerkError
from glaswerk.serve import chat_request, chat_response
from glaswerk.serve.accounts.account import Usage
from glaswerk.serve.accounts.accounts import Accounts
from glaswerk.serve.chat_request import ChatRequest
from glaswerk.serve.errors import ApiError, error_body
from glaswerk.serve.generation import Generation, Piece
from glaswerk.serve.limits import Limits
from glaswerk.serve.pool import Pool, unless_disconnected
from glaswerk.serve.recent_answers import RecentAnswers, TracedText, spoken
from glaswerk.serve.request_body import read_object
from glaswerk.serve.sampled_jobs import check_bias, seeded
from glaswerk.serve.served_model import ServedModel
from glaswerk.serve.sources import SourcesApi

_Trace = Callable[[TracedText], Awaitable[dict[str, Any]]]


class Chat:
    """The endpoint for one model and one pool.

    With the header `x-glaswerk-trace: true` or the field `"glaswerk": {"trace": true}`, the response has the
    additional field `glaswerk.trace`, of the first choice.
    """

    def __init__(
        self, served: ServedModel, pool: Pool, answers: RecentAnswers, sources: SourcesApi, limits: Limits
    ) -> None:
        self._served, self._pool, self._limits = served, pool, limits
        self._answers, self._sources = answers, sources

    async def __call__(self, request: Request) -> Response:
        asked = chat_request.parse(await read_object(request, self._limits.body_bytes))
        self._served.check(asked.model)
        prompt = await to_thread.run_sync(self._prompt, asked)
        traced = asked.trace or chat_request.trace_header(request.headers.get("x-glaswerk-trace"))
        if traced:
            await self._sources.ready()
        envelope = chat_response.Envelope(asked.model, self._served.fingerprint, asked.include_usage)
        trace = partial(self._sources.trace, identifier=envelope.id) if traced else None
        context = spoken(asked.messages, self._limits.context_characters)
        usage = await self._admit(request, asked, prompt, envelope.id)
        answer = _Answer(self._start(asked, prompt), self._spelling(asked), asked.n, usage)
        if asked.stream:
            return EventStream(answer, envelope, self._answers, context, trace)
        await unless_disconnected(request, answer.whole())
        await answer.record()
        exchange = TracedText(answer.choices[0].text, context)
        self._answers.keep(envelope.id, exchange)
        extra = {"glaswerk": {"trace": await trace(exchange)}} if trace else {}
        return JSONResponse(envelope.completion(answer.choices, answer.usage()) | extra)

    async def _admit(self, request: Request, asked: ChatRequest, prompt: list[int], response: str) -> Usage:
        """What the answer may use. The model's own name counts, whatever name the client knows it by."""
        room = max(1, self._served.engine.context - len(prompt))
        limit = min(asked.max_tokens or self._limits.default_max_tokens, room)
        accounts: Accounts = request.app.state.accounts
        return await accounts.begin(
            request.state.account,
            model=self._served.id,
            endpoint="chat/completions",
            prompt_tokens=len(prompt),
            max_tokens=asked.n * limit,
            response=response,
        )

    def _prompt(self, asked: ChatRequest) -> list[int]:
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
            return self._served.engine.prompt(asked.messages)
        except GlaswerkError as error:
            raise ApiError(400, str(error), param="messages", code="context_length_exceeded") from error

    def _start(self, asked: ChatRequest, prompt: list[int]) -> Generation:
        """One job a choice; each has a seed of its own, which follows from the request's."""
        engine = self._served.engine
        check_bias(self._served, asked.logit_bias)
        limit = asked.max_tokens or self._limits.default_max_tokens
        jobs = [
            engine.job(
                prompt,
                engine.sampling.changed(**seeded(asked.sampling, i)),
                limit,
                top=asked.top_logprobs,
                logit_bias=asked.logit_bias,
            )
            for i in range(asked.n)
        ]
        return self._pool.start(self._served.tokens, jobs, [engine.text(asked.stop) for _ in jobs])

    def _spelling(self, asked: ChatRequest) -> Callable[[int], bytes] | None:
        if asked.top_logprobs is None:
            return None
        return lambda token: self._served.engine.tokenizer.decode_bytes([token])


class _Answer:
    """The choices of one request as they come in."""

    def __init__(
        self, generation: Generation, spell: Callable[[int], bytes] | None, count: int, used: Usage
    ) -> None:
        self.generation, self._spell, self._used = generation, spell, used
        self.choices = [chat_response.Choice() for _ in range(count)]

    def usage(self) -> dict[str, Any]:
        """Token counts so far."""
        found = self.generation
        return chat_response.usage(found.prompt_tokens, found.completion_tokens, found.cached_tokens)

    async def pieces(self) -> AsyncIterator[tuple[Piece, dict[str, Any] | None]]:
        """Every piece with its log-probabilities, which the choices then have, too."""
        async for piece in self.generation:
            choice = self.choices[piece.index]
            choice.text += piece.text
            choice.finish = piece.finish or choice.finish
            self._used.count(*self._counts())
            yield piece, self._logprobs(piece)

    async def record(self) -> None:
        """Enter the finished answer in the ledger of usage."""
        await self._used.finish(*self._counts(), self.choices[0].finish or "stop")

    def _counts(self) -> tuple[int, int, int]:
        found = self.generation
        return found.prompt_tokens, found.cached_tokens, found.completion_tokens

    def _logprobs(self, piece: Piece) -> dict[str, Any] | None:
        if self._spell is None:
            return None
        return chat_response.logprobs(piece.tokens, self._spell)

    async def whole(self) -> None:
        """Wait for the end of all choices."""
        try:
            async for piece, found in self.pieces():
                choice = self.choices[piece.index]
                if found is not None:
                    known = choice.logprobs or {"content": [], "refusal": None}
                    choice.logprobs = known | {"content": known["content"] + found["content"]}
        finally:
            self.generation.stop()


class EventStream(StreamingResponse):
    """A streamed answer. Its generation stops when the response ends, fails or loses its client."""

    media_type = "text/event-stream"

    def __init__(
        self,
        answer: _Answer,
        envelope: chat_response.Envelope,
        answers: RecentAnswers,
        context: str,
        trace: _Trace | None,
    ) -> None:
        headers = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
        super().__init__(self._events(answer, envelope, trace), headers=headers)
        self._answer, self._envelope, self._answers = answer, envelope, answers
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._answer.generation.stop()
            self._answers.keep(self._envelope.id, self._exchange())

    def _exchange(self) -> TracedText:
        return TracedText(self._answer.choices[0].text, self._context)

    async def _events(
        self, answer: _Answer, envelope: chat_response.Envelope, trace: _Trace | None
    ) -> AsyncIterator[bytes]:
        """The events of the stream. After the first one, an error can only be reported as another event."""
        for index in range(len(answer.choices)):
            yield envelope.chunk({"role": "assistant", "content": "", "refusal": None}, index=index)
        try:
            async for piece, logprobs in answer.pieces():
                if piece.text or (logprobs and logprobs["content"]):
                    yield envelope.chunk({"content": piece.text}, index=piece.index, logprobs=logprobs)
                if piece.finish:
                    yield envelope.chunk({}, piece.finish, index=piece.index)
            await answer.record()
            # A client may request the trace as soon as it reads the last chunk, before this response ends.
            self._answers.keep(envelope.id, self._exchange())
            if trace:
                yield envelope.trace_chunk(await trace(self._exchange()))
        except ApiError as error:
            yield chat_response.event(error_body(error.status, error.message, error.param, error.code))
            return
        except GlaswerkError as error:
            yield chat_response.event(error_body(400, str(error), None, "lab_error"))
            return
        except Exception:
            message = "the answer was interrupted; the server's terminal shows the cause"
            yield chat_response.event(error_body(500, message, None, None))
            raise
        # After the trace: clients read usage from the last chunk.
        if envelope.include_usage:
            yield envelope.usage_chunk(answer.usage())
        yield chat_response.DONE
