"""An answer that an engine of this server writes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any

from glaswerk.infer.answer_text import AnswerText
from glaswerk.infer.engines import Token
from glaswerk.serve import chat_response
from glaswerk.serve.accounts.account import Usage
from glaswerk.serve.answering.answer import NOTHING_OURS, Step
from glaswerk.serve.answering.parts import Part, Parts
from glaswerk.serve.chat_parts.choice import Choice
from glaswerk.serve.generation import Generation


class LocalAnswer:
    """See `Answer`. keep: remembers its text; spell: the bytes of a token if log-probabilities are wanted."""

    extra: Mapping[str, Any] = NOTHING_OURS

    def __init__(
        self,
        generation: Generation,
        decoder: AnswerText,
        choice: Choice,
        usage: Usage,
        keep: Callable[[str], None],
        spell: Callable[[int], bytes] | None,
    ) -> None:
        self._generation, self._decoder, self._usage, self._keep = generation, decoder, usage, keep
        self._choice, self._parts, self._spell = choice, Parts(), spell
        self.thought = 0
        self.finish: str | None = None

    @property
    def parts(self) -> Sequence[Part]:
        """See `Answer`."""
        return self._parts.found

    @property
    def called(self) -> bool:
        """See `Answer`."""
        return self._choice.finish == "tool_calls"

    @property
    def counts(self) -> tuple[int, int, int]:
        """See `Answer`."""
        found = self._generation
        return found.prompt_tokens, found.cached_tokens, found.completion_tokens

    @property
    def stopped_by(self) -> str | None:
        """See `Answer`."""
        return self._decoder.stopped_by

    async def steps(self) -> AsyncIterator[Step]:
        """See `Answer`."""
        async for piece in self._generation:
            before = self._choice.thinking
            added = self._added(self._choice.feed(piece.text, piece.finish))
            self.thought += len(piece.tokens) if before or self._choice.thinking else 0
            self._usage.count(*self.counts)
            if piece.finish:
                self.finish = piece.finish
                self._keep(self._choice.text)
                await self._usage.finish(*self.counts, self._choice.finish or piece.finish)
            yield Step(added, self._logprobs(piece.tokens))

    def _added(self, deltas: Iterable[Mapping[str, Any]]) -> list[tuple[Part, str]]:
        return [self._parts.feed(delta) for delta in deltas]

    def _logprobs(self, tokens: Sequence[Token]) -> Sequence[Mapping[str, Any]]:
        if self._spell is None:
            return ()
        found: list[dict[str, Any]] = chat_response.logprobs(tokens, self._spell)["content"]
        return found

    def stop(self) -> None:
        """See `Answer`."""
        self._generation.stop()
        self._usage.close()
