"""An answer of the model to messages, for every endpoint that is not chat completions itself.

Checks the model and the prompt's size, admits the answer with the accounts, starts the engine's job, and
records what was used.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from anyio import to_thread
from starlette.requests import Request

from glaswerk.core.document import Message
from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.answer_text import AnswerText
from glaswerk.infer.engines.job import Grammar
from glaswerk.serve.accounts.account import Account, Usage
from glaswerk.serve.errors import ApiError
from glaswerk.serve.generation import Generation, Piece
from glaswerk.serve.limits import Limits
from glaswerk.serve.pool import Pool, unless_disconnected
from glaswerk.serve.recent_answers import RecentAnswers, TracedText, spoken
from glaswerk.serve.served_model import ServedModel


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: `sampling` by the names of `Sampling`; None of `max_tokens`: the server's own number.

    param: the field of the request that has the messages, for errors.
    """

    id: str
    endpoint: str
    model: str
    messages: Sequence[Message]
    max_tokens: int | None = None
    sampling: Mapping[str, Any] = field(default_factory=dict)
    stop: tuple[str, ...] = ()
    top_logprobs: int | None = None
    shorten: bool = False
    param: str = "input"
    grammar: Callable[[], Grammar] | None = None


class Answer:
    """One answer as it is written. `pieces` ends when it is whole; `stop` ends it early."""

    def __init__(
        self, generation: Generation, decoder: AnswerText, usage: Usage, keep: Callable[[str], None]
    ) -> None:
        self._generation, self._decoder, self._usage, self._keep = generation, decoder, usage, keep
        self.text = ""
        self.finish: str | None = None

    @property
    def counts(self) -> tuple[int, int, int]:
        """Tokens of the prompt, those of them that were known, and of the answer so far."""
        found = self._generation
        return found.prompt_tokens, found.cached_tokens, found.completion_tokens

    @property
    def stopped_by(self) -> str | None:
        """The stop string that ended it, if one did."""
        return self._decoder.stopped_by

    async def pieces(self) -> AsyncIterator[Piece]:
        """Every piece; the usage is recorded before the last one is given."""
        async for piece in self._generation:
            self.text += piece.text
            self._usage.count(*self.counts)
            if piece.finish:
                self.finish = piece.finish
                self._keep(self.text)
                await self._usage.finish(*self.counts, piece.finish)
            yield piece

    async def whole(self, request: Request | None = None) -> list[Piece]:
        """Wait for the end, or until the client of `request` has left."""

        async def work() -> list[Piece]:
            try:
                return [piece async for piece in self.pieces()]
            finally:
                self.stop()

        return await (work() if request is None else unless_disconnected(request, work()))

    def stop(self) -> None:
        """End it if it still runs. Safe to call again."""
        self._generation.stop()
        self._usage.close()


class Answering:
    """Starts answers of one server's model."""

    def __init__(self, served: ServedModel, pool: Pool, answers: RecentAnswers, limits: Limits) -> None:
        self.served, self.limits = served, limits
        self._pool, self._answers = pool, answers

    def check(self, model: str) -> None:
        """Raises ApiError 404 for a model that is not served."""
        self.served.check(model)

    async def start(self, request: Request, asked: Question, account: Account | None = None) -> Answer:
        """Start an answer. Raises ApiError 400 for a prompt that is too long, 403 and 429 for limits.

        account: whose it is, without one the request's.
        """
        self.check(asked.model)
        prompt = await to_thread.run_sync(self.prompt, asked)
        engine = self.served.engine
        most = min(asked.max_tokens or self.limits.default_max_tokens, engine.context - len(prompt))
        usage = await request.app.state.accounts.begin(
            account or request.state.account,
            # Its own name counts, whatever name the client knows it by.
            model=self.served.id,
            endpoint=asked.endpoint,
            prompt_tokens=len(prompt),
            max_tokens=most,
            response=asked.id,
        )
        grammar = asked.grammar() if asked.grammar else None
        sampling = engine.sampling.changed(**asked.sampling)
        job = engine.job(prompt, sampling, most, top=asked.top_logprobs, grammar=grammar)
        decoder = engine.text(asked.stop)
        generation = self._pool.start(self.served.tokens, [job], [decoder])
        context = spoken(asked.messages, self.limits.context_characters)

        def keep(text: str) -> None:
            self._answers.keep(asked.id, TracedText(text, context))

        return Answer(generation, decoder, usage, keep)

    def prompt(self, asked: Question) -> list[int]:
        """The token ids of a question; with `shorten`, without its oldest turns if it is too long."""
        messages = list(asked.messages)
        while True:
            try:
                return self._rendered(messages, asked.param)
            except ApiError:
                dropped = next((i for i, m in enumerate(messages[:-1]) if m["role"] != "system"), None)
                if not asked.shorten or dropped is None:
                    raise
                # Half of what is there at a time: a long history costs few attempts.
                del messages[dropped : max(dropped + 1, len(messages) // 2)]

    def _rendered(self, messages: Sequence[Message], param: str) -> list[int]:
        size = sum(len(message["content"]) for message in messages)
        self.served.check_characters(size, self.limits, param)
        try:
            return self.served.engine.prompt(messages)
        except GlaswerkError as error:
            raise ApiError(400, str(error), param=param, code="context_length_exceeded") from error
