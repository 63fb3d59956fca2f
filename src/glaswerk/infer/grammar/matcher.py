"""One answer and the grammar that it follows."""

from __future__ import annotations

import torch
from llguidance import LLMatcher
from torch import Tensor

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.grammar.source import GrammarSource


class Matcher:
    """Restricts one answer, token by token; the `Grammar` of a `Job`.

    It raises nothing: an answer that passes the library's limits ends, with the reason in `error`.
    """

    def __init__(self, source: GrammarSource, matcher: LLMatcher, ends: Tensor) -> None:
        self.source = source
        self.error: GlaswerkError | None = None
        self._matcher, self._ends = matcher, ends

    def allowed(self) -> Tensor:
        """Boolean tensor (vocabulary,): the tokens that may come next; the end tokens after a failure."""
        mask = torch.frombuffer(bytearray(self._matcher.compute_logit_bias()), dtype=torch.uint8) != 0
        if self._failed() or not bool(mask.any()):
            return self._ends
        return mask

    def accept(self, token: int) -> bool:
        """Add a token; false once nothing may follow the answer, and after a failure."""
        if self.error is not None:
            return False
        self._matcher.consume_token(token)
        return not self._failed() and not self._matcher.is_stopped()

    @property
    def complete(self) -> bool:
        """Whether the answer so far is a whole text of the grammar."""
        return self.error is None and self._matcher.is_accepting()

    def _failed(self) -> bool:
        if self.error is None and self._matcher.is_error():
            self.error = GlaswerkError(
                f"the answer passed a limit of its {self.source.kind}: "
                f"{first_line(self._matcher.get_error())}",
                hint="take a simpler schema: shorter patterns, fewer alternatives",
            )
        return self.error is not None


def first_line(message: str) -> str:
    """The first line of a library's message, within 200 characters."""
    return (message.strip().splitlines() or ["no reason given"])[0][:200]
