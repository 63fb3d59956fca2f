"""The endpoint POST /v1/chat/completions, streamed and not streamed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.engines.job import Grammar
from glaswerk.serve import chat_request, chat_response
from glaswerk.serve.accounts.account import Usage
from glaswerk.serve.accounts.accounts import Accounts
from glaswerk.serve.chat_parts.choice import Choice
from glaswerk.serve.chat_parts.keeping import Keeping, reading
from glaswerk.serve.chat_parts.prompt import ChatPrompt, characters, chat_prompt
from glaswerk.serve.chat_parts.stored import StoredChats, checked_metadata, stored_messages
from glaswerk.serve.chat_request import ChatRequest
from glaswerk.serve.chat_response import usage
from glaswerk.serve.errors import ApiError
from glaswerk.serve.generation import Generation, Piece
from glaswerk.serve.limits import Limits
from glaswerk.serve.pool import Pool, unless_disconnected
from glaswerk.serve.recent_answers import RecentAnswers, TracedText, spoken
from glaswerk.serve.request_body import read_object
from glaswerk.serve.sampled_jobs import check_bias, seeded
from glaswerk.serve.served_model import ServedModel
from glaswerk.serve.sources import SourcesApi
from glaswerk.serve.stored.store import Store

_Trace = Callable[[TracedText], Awaitable[dict[str, Any]]]


class Chat:
    """The endpoint for one model and one pool.

    With the header `x-glaswerk-trace: true` or the field `"glaswerk": {"trace": true}`, the response has the
    additional field `glaswerk.trace`, of the first choice.
    """

    def __init__(
        self,
        served: ServedModel,
        pool: Pool,
        answers: RecentAnswers,
        sources: SourcesApi,
        store: Store,
        limits: Limits,
    ) -> None:
        self._served, self._pool, self._limits = served, pool, limits
        self._answers, self._sources = answers, sources
        self._keeping = Keeping(served)
        nothing = chat_response.Envelope(served.id, served.fingerprint).completion([Choice()], usage(0, 0))
        self.stored = StoredChats(store, limits.body_bytes, nothing if served.names.contract else None)

    async def __call__(self, request: Request) -> Response:
        body = await read_object(request, self._limits.body_bytes)
        asked = chat_request.parse(self._served.names.fields(body))
        self._served.check(asked.model)
        metadata = checked_metadata(body.get("metadata"))
        prompt = await to_thread.run_sync(self._prompt, asked)
        traced = asked.trace or chat_request.trace_header(request.headers.get("x-glaswerk-trace"))
        if traced:
            await self._sources.ready()
        name = chat_response.answer_id(request.scope)
        envelope = chat_response.Envelope(asked.model, self._served.fingerprint, asked.include_usage, name)
        trace = partial(self._sources.trace, identifier=envelope.id) if traced else None
        context = spoken(asked.messages, self._limits.context_characters)
        grammars = await to_thread.run_sync(self._keeping.grammars, asked.tools, asked.form, asked.n)
        used = await self._admit(request, asked, prompt.ids, envelope.id)
        answer = self._answer(asked, prompt, grammars, used)
        if asked.stream:
            return EventStream(answer, envelope, self._answers, context, trace)
        await unless_disconnected(request, answer.whole())
        await answer.record()
        exchange = TracedText(answer.choices[0].text, context)
        self._answers.keep(envelope.id, exchange)
        extra = {"glaswerk": {"trace": await trace(exchange)}} if trace else {}
        found = envelope.completion(answer.choices, answer.usage())
        if body.get("store") is True:
            messages = stored_messages(envelope.id, asked.messages)
            await self.stored.keep(request.state.account.project, found, messages, metadata)
        return JSONResponse(found | extra)

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

    def _answer(
        self, asked: ChatRequest, prompt: ChatPrompt, grammars: Sequence[Grammar | None], used: Usage
    ) -> _Answer:
        choices = [reading(asked.tools, asked.form, prompt, grammar) for grammar in grammars]
        generation = self._start(asked, prompt.ids, grammars, used.key)
        return _Answer(generation, self._spelling(asked), choices, used)

    def _prompt(self, asked: ChatRequest) -> ChatPrompt:
        size = characters(asked.messages, asked.tools)
        self._served.check_characters(size, self._limits, "messages")
        engine, enforced = self._served.engine, asked.form is not None or asked.tools.choice == "required"
        found = chat_prompt(engine.tokenizer, asked.messages, asked.tools, asked.wishes, enforced=enforced)
        if len(found.ids) >= engine.context:
            message = (
                f"the prompt has {len(found.ids):,} tokens; this model's context is {engine.context:,}\n"
                "hint: shorten the messages or start a new conversation"
            )
            raise ApiError(400, message, param="messages", code="context_length_exceeded")
        return found

    def _start(
        self, asked: ChatRequest, prompt: list[int], grammars: Sequence[Grammar | None], key: str
    ) -> Generation:
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
                grammar=grammars[i],
            )
            for i in range(asked.n)
        ]
        texts = [engine.text(asked.stop, within=asked.wishes.continues) for _ in jobs]
        return self._pool.start(self._served.tokens, jobs, texts, key)

    def _spelling(self, asked: ChatRequest) -> Callable[[int], bytes] | None:
        if asked.top_logprobs is None:
            return None
        return lambda token: self._served.engine.tokenizer.decode_bytes([token])


class _Answer:
    """The choices of one request as they come in."""

    def __init__(
        self,
        generation: Generation,
        spell: Callable[[int], bytes] | None,
        choices: Sequence[Choice],
        used: Usage,
    ) -> None:
        self.generation, self._spell, self.choices, self._used = generation, spell, choices, used
        self._thought = 0

    def usage(self) -> dict[str, Any]:
        """Token counts so far."""
        found = self.generation
        read = found.prompt_tokens
        return usage(read, found.completion_tokens, found.cached_tokens, self._thought)

    async def pieces(self) -> AsyncIterator[tuple[Piece, list[dict[str, Any]], dict[str, Any] | None]]:
        """Every piece with its deltas and its log-probabilities."""
        async for piece in self.generation:
            choice = self.choices[piece.index]
            before = choice.thinking
            deltas = choice.feed(piece.text, piece.finish)
            self._thought += len(piece.tokens) if before or choice.thinking else 0
            self._used.count(*self._counts())
            yield piece, deltas, self._logprobs(piece)

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
            async for piece, _, found in self.pieces():
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
            async for piece, deltas, logprobs in answer.pieces():
                if logprobs and logprobs["content"] and not deltas:
                    deltas = [{"content": ""}]
                for delta in deltas:
                    yield envelope.chunk(delta, index=piece.index, logprobs=logprobs)
                    logprobs = None
                if piece.finish:
                    yield envelope.chunk({}, answer.choices[piece.index].finish, index=piece.index)
            await answer.record()
            # A client may request the trace as soon as it reads the last chunk, before this response ends.
            self._answers.keep(envelope.id, self._exchange())
            if trace:
                yield envelope.extra_chunk({"trace": await trace(self._exchange())})
        except (ApiError, GlaswerkError) as error:
            yield chat_response.failure(error)
            return
        except Exception as error:
            yield chat_response.failure(error)
            raise
        # After the trace: clients read usage from the last chunk.
        if envelope.include_usage:
            yield envelope.usage_chunk(answer.usage())
        yield chat_response.DONE
