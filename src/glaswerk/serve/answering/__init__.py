"""An answer of the model to messages, for every endpoint that is not chat completions itself.

Checks the model and the prompt's size, admits the answer with the accounts, starts the engine's job, and
records what was used. `parts.py` has what an answer is made of: thoughts, text, calls.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from anyio import to_thread
from starlette.requests import Request

from glaswerk.core.document import Message
from glaswerk.infer.answer_text import AnswerText
from glaswerk.infer.engines import Token
from glaswerk.infer.grammar import GrammarSource
from glaswerk.serve.accounts.account import Account, Usage
from glaswerk.serve.answering.parts import Part, Parts
from glaswerk.serve.chat_parts.choice import Choice
from glaswerk.serve.chat_parts.keeping import Keeping, reading
from glaswerk.serve.chat_parts.prompt import ChatPrompt, Places, Wishes, characters, chat_prompt
from glaswerk.serve.chat_parts.tools import NO_TOOLS, Tools
from glaswerk.serve.errors import ApiError
from glaswerk.serve.generation import Generation
from glaswerk.serve.limits import Limits
from glaswerk.serve.pool import Pool, unless_disconnected
from glaswerk.serve.recent_answers import RecentAnswers, TracedText, spoken
from glaswerk.serve.served_model import ServedModel

_PLACES = Places("input", "text.format")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: `sampling` by the names of `Sampling`; None of `max_tokens`: the server's own number.

    tools, form: what the answer may or must call, and the grammar of its text. places: the fields of the
    request, for errors.
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
    tools: Tools = NO_TOOLS
    form: GrammarSource | None = None
    places: Places = _PLACES


@dataclass(frozen=True, slots=True)
class Step:
    """What was added to an answer: pieces of its parts, and the tokens that they are from."""

    pieces: Sequence[tuple[Part, str]]
    tokens: Sequence[Token]


class Answer:
    """One answer as it is written. `steps` ends when it is whole; `stop` ends it early."""

    def __init__(
        self,
        generation: Generation,
        decoder: AnswerText,
        choice: Choice,
        usage: Usage,
        keep: Callable[[str], None],
    ) -> None:
        self._generation, self._decoder, self._usage, self._keep = generation, decoder, usage, keep
        self._choice, self._parts = choice, Parts()
        self.thought = 0
        self.finish: str | None = None

    @property
    def parts(self) -> Sequence[Part]:
        """What it is made of so far."""
        return self._parts.found

    @property
    def called(self) -> bool:
        """Whether it ended with calls, which wait for what the tools answer."""
        return self._choice.finish == "tool_calls"

    @property
    def counts(self) -> tuple[int, int, int]:
        """Tokens of the prompt, those of them that were known, and of the answer so far."""
        found = self._generation
        return found.prompt_tokens, found.cached_tokens, found.completion_tokens

    @property
    def stopped_by(self) -> str | None:
        """The stop string that ended it, if one did."""
        return self._decoder.stopped_by

    async def steps(self) -> AsyncIterator[Step]:
        """Every step; the usage is recorded before the last one is given."""
        async for piece in self._generation:
            before = self._choice.thinking
            added = self._added(self._choice.feed(piece.text, piece.finish))
            # Tokens of thoughts, among those of the answer.
            self.thought += len(piece.tokens) if before or self._choice.thinking else 0
            self._usage.count(*self.counts)
            if piece.finish:
                self.finish = piece.finish
                self._keep(self._choice.text)
                await self._usage.finish(*self.counts, self._choice.finish or piece.finish)
            yield Step(added, piece.tokens)

    def _added(self, deltas: Iterable[Mapping[str, Any]]) -> list[tuple[Part, str]]:
        return [self._parts.feed(delta) for delta in deltas]

    def stop(self) -> None:
        """End it if it still runs. Safe to call again."""
        self._generation.stop()
        self._usage.close()


async def read_through(events: AsyncIterator[Any], answer: Answer, request: Request | None) -> None:
    """Wait for the end of an answer's events, or until the client of `request` has left."""

    async def work() -> None:
        try:
            async for _ in events:
                pass
        finally:
            answer.stop()

    await (work() if request is None else unless_disconnected(request, work()))


class Answering:
    """Starts answers of one server's model."""

    def __init__(self, served: ServedModel, pool: Pool, answers: RecentAnswers, limits: Limits) -> None:
        self.served, self.limits, self.keeping = served, limits, Keeping(served)
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
        (grammar,) = await to_thread.run_sync(self.keeping.grammars, asked.tools, asked.form, 1, asked.places)
        engine = self.served.engine
        most = min(asked.max_tokens or self.limits.default_max_tokens, engine.context - len(prompt.ids))
        usage = await request.app.state.accounts.begin(
            account or request.state.account,
            # Its own name counts, whatever name the client knows it by.
            model=self.served.id,
            endpoint=asked.endpoint,
            prompt_tokens=len(prompt.ids),
            max_tokens=most,
            response=asked.id,
        )
        sampling = engine.sampling.changed(**asked.sampling)
        job = engine.job(prompt.ids, sampling, most, top=asked.top_logprobs, grammar=grammar)
        decoder = engine.text(asked.stop)
        generation = self._pool.start(self.served.tokens, [job], [decoder], usage.key)
        context = spoken(asked.messages, self.limits.context_characters)

        def keep(text: str) -> None:
            self._answers.keep(asked.id, TracedText(text, context))

        choice = reading(asked.tools, asked.form, prompt, grammar)
        return Answer(generation, decoder, choice, usage, keep)

    def prompt(self, asked: Question) -> ChatPrompt:
        """The prompt of a question; with `shorten`, without its oldest turns if it is too long."""
        messages = list(asked.messages)
        while True:
            try:
                return self._rendered(messages, asked)
            except ApiError:
                dropped = next((i for i, m in enumerate(messages[:-1]) if m["role"] != "system"), None)
                if not asked.shorten or dropped is None:
                    raise
                # Half of what is there at a time: a long history costs few attempts.
                del messages[dropped : max(dropped + 1, len(messages) // 2)]

    def _rendered(self, messages: Sequence[Message], asked: Question) -> ChatPrompt:
        where, engine = asked.places.messages, self.served.engine
        self.served.check_characters(characters(messages, asked.tools), self.limits, where)
        enforced = asked.form is not None or asked.tools.choice == "required"
        found = chat_prompt(
            engine.tokenizer, messages, asked.tools, Wishes(), enforced=enforced, places=asked.places
        )
        if len(found.ids) >= engine.context:
            message = (
                f"the prompt has {len(found.ids):,} tokens; this model's context is {engine.context:,}\n"
                "hint: shorten the messages or start a new conversation"
            )
            raise ApiError(400, message, param=where, code="context_length_exceeded")
        return found
