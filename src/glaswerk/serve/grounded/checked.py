"""What a model says below quotes, checked sentence by sentence against them while it is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from glaswerk.retrieve import Grounds
from glaswerk.retrieve.sentences import Span, sentences
from glaswerk.retrieve.support import Claim, claims
from glaswerk.serve.grounded.wording import Wording

# Where a sentence of a model may end; and the characters that such a place has at most.
_END, _MARKS = re.compile(r"[.!?…][\"'”’»)\]]*\s|[。！？\n]"), 8


@dataclass(slots=True)
class Checked:
    """The sentences of a model, each with what the quotes say to it.

    strict: leave out what is not borne out. The methods are slow: not for an event loop.
    """

    grounds: Grounds
    strict: bool
    claims: list[Claim] = field(default_factory=list)
    _said: str = ""
    _read: int = 0

    def feed(self, text: str) -> bool:
        """Take what the model added; whether a sentence may have ended with it."""
        before = len(self._said)
        self._said += text
        # Only what is new is looked at: a model that ends no sentence costs no more than another.
        return _END.search(self._said, max(self._read, before - _MARKS)) is not None

    def whole(self) -> list[str]:
        """Those of the model's new sentences that may be shown, each as it is shown."""
        return self._shown(_but_the_last)

    def rest(self) -> list[str]:
        """The same of what is left when the model has ended."""
        return self._shown(list)

    def _shown(self, which: Callable[[list[Span]], list[Span]]) -> list[str]:
        whole = which(sentences(self._said[self._read :]))
        wording = Wording(self.grounds.question)
        passages = [quote.hit.text for quote in self.grounds.quotes]
        shown: list[str] = []
        for start, stop in whole:
            sentence = self._said[self._read + start : self._read + stop]
            for one in claims(sentence, self.grounds.question, passages):
                self.claims.append(one)
                if one.passage is not None or not self.strict:
                    shown.append("\n\n" + wording.said(one.text, one.passage, one.reason))
        self._read += whole[-1][1] if whole else 0
        return shown

    def to_json(self) -> dict[str, Any]:
        """Quotes, verdict and the claims so far: the field `grounded` of an answer."""
        said = [
            {"text": one.text, "mark": one.mark, "quote": one.passage, "reason": one.reason}
            for one in self.claims
        ]
        return self.grounds.to_json() | {"strict": self.strict, "claims": said}


def _but_the_last(spans: list[Span]) -> list[Span]:
    """The sentences of a text that goes on."""
    return spans[:-1]
