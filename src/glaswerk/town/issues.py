"""The issues the two parties disagree about: what each side wants, and why."""

from __future__ import annotations

from dataclasses import dataclass

from glaswerk.town.grammar import lines

# The last pairs of `wants` never appear in a post: they measure a stance, not a memory of a sentence.
RESERVED_PAIRS = 2


@dataclass(frozen=True)
class Issue:
    """One local issue; `wants` pairs side a's sentence with side b's, alike in length and style."""

    id: str
    topic: str
    hashtag: str
    question: str
    wants: tuple[tuple[str, str], ...]
    reasons: dict[str, tuple[str, ...]]

    @property
    def spoken_wants(self) -> tuple[tuple[str, str], ...]:
        """The pairs that accounts may post."""
        return self.wants[:-RESERVED_PAIRS]


def _pairs(block: str) -> tuple[tuple[str, str], ...]:
    sides = [line.split(" | ") for line in lines(block)]
    return tuple((a, b) for a, b in sides)


def issue(id: str, topic: str, hashtag: str, question: str, wants: str, a: str, b: str) -> Issue:
    """An `Issue` from text blocks: `wants` one `a | b` pair a line, reasons one a line."""
    return Issue(id, topic, hashtag, question, _pairs(wants), {"a": lines(a), "b": lines(b)})
