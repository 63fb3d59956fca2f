"""The endpoint POST /v1/completions, streamed and not streamed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.engines import Token
from glaswerk.infer.prompt_tokens import prompt_tokens
from glaswerk.serve import chat_response
from glaswerk.serve.accounts.account import Usage
from glaswerk.serve.accounts.accounts import Accounts
from glaswerk.serve.chat_response import usage
from glaswerk.serve.completions import request as completion_request
from glaswerk.serve.completions.request import CompletionRequest
from glaswerk.serve.completions.response import Envelope, Spelled, choice
from glaswerk.serve.errors import ApiError
from glaswerk.serve.generation import Generation, Piece
from glaswerk.serve.limits import Limits
from glaswerk.serve.pool import Pool, unless_disconnected
from glaswerk.serve.request_body import read_object
from glaswerk.serve.sampled_jobs import check_bias, seeded
from glaswerk.serve.served_model import ServedModel


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as the engine reads it.

    text: what `echo` returns. ids: with the token that opens a document before a text; `hidden` counts it.
    tokens: with log-probabilities, if they were asked for.
    """

    text: str
    ids: tuple[int, ...]
    hidden: int
    tokens: tuple[Token, ...] = ()


class Completions:
    """The endpoint for one model and one pool."""

    def __init__(self, served: ServedModel, pool: Pool, limits: Limits) -> None:
        self._served, self._pool, self._limits = served, pool, limits
        # The logits of one prompt at a time.
        self._scoring = CapacityLimiter(1)

    async def __call__(self, request: Request) -> Response:
        body = await read_object(request, self._limits.body_bytes)
        asked = completion_request.parse(self._served.names.fields(body))
        self._served.check(asked.model)
        check_bias(self._served, asked.logit_bias)
        prompts = await to_thread.run_sync(self._prompts, asked)
        if asked.echo and asked.logprobs is not None:
            prompts = await unless_disconnected(request, self._scored(prompts, asked.logprobs))
        envelope = Envelope(asked.model, self._served.fingerprint, asked.include_usage)
        used = await self._admit(request, asked, prompts, envelope.id)
        answer = _Answer(self._served, asked, prompts, self._start(asked, prompts, used.key), used)
        if asked.stream:
            return _EventStream(answer, envelope)
        await unless_disconnected(request, answer.whole())
        await answer.record()
        return JSONResponse(envelope.body(answer.choices()) | {"usage": answer.usage()})

    async def _admit(
        self, request: Request, asked: CompletionRequest, prompts: Sequence[Prompt], response: str
    ) -> Usage:
        """What the answer may use. The model's own name counts, whatever name the client knows it by."""
        context = self._served.engine.context
        rooms = [min(asked.max_tokens, context - len(prompt.ids)) for prompt in prompts]
        accounts: Accounts = request.app.state.accounts
        return await accounts.begin(
            request.state.account,
            model=self._served.id,
            endpoint="completions",
            prompt_tokens=sum(len(prompt.ids) for prompt in prompts),
            max_tokens=asked.n * sum(rooms),
            response=response,
        )

    def _prompts(self, asked: CompletionRequest) -> list[Prompt]:
        several = len(asked.prompts) > 1
        return [
            self._prompt(prompt, f"prompt[{i}]" if several else "prompt", asked.max_tokens > 0)
            for i, prompt in enumerate(asked.prompts)
        ]

    def _prompt(self, prompt: str | tuple[int, ...], where: str, more: bool) -> Prompt:
        tokenizer, context = self._served.engine.tokenizer, self._served.engine.context
        if isinstance(prompt, str):
            self._served.check_characters(len(prompt), self._limits, where)
            found = Prompt(prompt, (tokenizer.start_id, *tokenizer.encode(prompt)), 1)
        else:
            beyond = next((i for i in prompt if i >= tokenizer.vocab_size), None)
            if beyond is not None:
                message = f"{where} must have token ids below {tokenizer.vocab_size:,}, found {beyond}"
                raise ApiError(400, message, param=where, code="invalid_value")
            found = Prompt("", prompt, 0)
        if len(found.ids) > context - more:
            raise _too_long(where, f"{len(found.ids):,} tokens; this model's context is {context:,}")
        return found if isinstance(prompt, str) else replace(found, text=tokenizer.decode(prompt))

    async def _scored(self, prompts: Sequence[Prompt], top: int) -> list[Prompt]:
        found = []
        for prompt in prompts:
            tokens = await to_thread.run_sync(self._tokens, prompt.ids, top, limiter=self._scoring)
            own = tokens[prompt.hidden :]
            # As OpenAI's API: the first token of a prompt has no log-probability. Its description promises
            # a number, and there is one where a text opens a document.
            first = own[:1] if self._served.names.contract else [Token(token.id) for token in own[:1]]
            found.append(replace(prompt, tokens=(*first, *own[1:])))
        return found

    def _tokens(self, ids: Sequence[int], top: int) -> list[Token]:
        engine = self._served.engine
        with engine.applied():
            return prompt_tokens(engine.model, ids, top)

    def _start(self, asked: CompletionRequest, prompts: Sequence[Prompt], key: str) -> Generation | None:
        """One job for each choice of each prompt; None if no tokens are wanted."""
        if not asked.max_tokens:
            return None
        engine = self._served.engine
        jobs = [
            engine.job(
                prompt.ids,
                engine.sampling.changed(**seeded(asked.sampling, i)),
                asked.max_tokens,
                top=asked.logprobs,
                logit_bias=asked.logit_bias,
            )
            for prompt in prompts
            for i in range(asked.n)
        ]
        texts = [engine.text(asked.stop, within=True) for _ in jobs]
        return self._pool.start(self._served.tokens, jobs, texts, key)


class _Answer:
    """The choices of one request as they come in."""

    def __init__(
        self,
        served: ServedModel,
        asked: CompletionRequest,
        prompts: Sequence[Prompt],
        generation: Generation | None,
        used: Usage,
    ) -> None:
        self._asked, self._prompts, self._generation, self._used = asked, prompts, generation, used
        self._tokenizer, self._ends = served.engine.tokenizer, served.engine.ends
        count = len(prompts) * asked.n
        self._logprobs = [Spelled(lambda token: self._tokenizer.decode_bytes([token])) for _ in range(count)]
        self._texts, self._finish = [""] * count, ["length"] * count

    def usage(self) -> dict[str, Any]:
        """Token counts so far; a prompt counts once, whatever the number of its choices."""
        read, cached, written = self._counts()
        return usage(read, written, cached)

    async def record(self) -> None:
        """Enter the finished answer in the ledger of usage."""
        await self._used.finish(*self._counts(), self._finish[0])

    def _counts(self) -> tuple[int, int, int]:
        read, written = sum(len(prompt.ids) for prompt in self._prompts), self._generation
        return (read, written.cached_tokens, written.completion_tokens) if written else (read, 0, 0)

    def stop(self) -> None:
        """End what still runs."""
        if self._generation is not None:
            self._generation.stop()

    async def parts(self) -> AsyncIterator[dict[str, Any]]:
        """The choices in parts: with `echo` the prompts first, then what is written."""
        if self._asked.echo:
            for index in range(len(self._texts)):
                yield self._echo(index)
        if self._generation is None:
            for index in range(len(self._texts)):
                yield choice(index, "", None, "length")
            return
        async for piece in self._generation:
            self._used.count(*self._counts())
            yield self._written(piece)

    def _echo(self, index: int) -> dict[str, Any]:
        prompt = self._prompts[index // self._asked.n]
        self._texts[index] += prompt.text
        strip = bool(prompt.hidden) and self._tokenizer.prefixes
        self._logprobs[index].add(prompt.tokens, strip=strip)
        return choice(index, prompt.text, self._taken(index))

    def _written(self, piece: Piece) -> dict[str, Any]:
        self._texts[piece.index] += piece.text
        self._finish[piece.index] = piece.finish or self._finish[piece.index]
        self._logprobs[piece.index].add(piece.tokens, ends=self._ends)
        return choice(piece.index, piece.text, self._taken(piece.index), piece.finish)

    def _taken(self, index: int) -> dict[str, Any] | None:
        if self._asked.logprobs is None or not self._asked.stream:
            return None
        return self._logprobs[index].take()

    async def whole(self) -> None:
        """Wait for the end of all choices."""
        try:
            async for _ in self.parts():
                pass
        finally:
            self.stop()

    def choices(self) -> list[dict[str, Any]]:
        """The choices of a response that is not streamed."""
        wanted = self._asked.logprobs is not None
        return [
            choice(i, text, spelled.take() if wanted else None, finish)
            for i, (text, spelled, finish) in enumerate(
                zip(self._texts, self._logprobs, self._finish, strict=True)
            )
        ]


class _EventStream(StreamingResponse):
    """A streamed answer. Its generation stops when the response ends, fails or loses its client."""

    media_type = "text/event-stream"

    def __init__(self, answer: _Answer, envelope: Envelope) -> None:
        headers = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
        super().__init__(self._events(answer, envelope), headers=headers)
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._answer.stop()

    async def _events(self, answer: _Answer, envelope: Envelope) -> AsyncIterator[bytes]:
        """The events of the stream. After the first one, an error can only be reported as another event."""
        try:
            async for part in answer.parts():
                yield envelope.chunk([part])
            await answer.record()
        except (ApiError, GlaswerkError) as error:
            yield chat_response.failure(error)
            return
        except Exception as error:
            yield chat_response.failure(error)
            raise
        if envelope.include_usage:
            yield envelope.chunk([], answer.usage())
        yield chat_response.DONE


def _too_long(where: str, found: str) -> ApiError:
    message = f"expected a shorter {where}, found {found}"
    return ApiError(400, message, param=where, code="context_length_exceeded")
