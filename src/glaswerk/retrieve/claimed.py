"""Quotes that say other things go before quotes that say the same again, so that sources that contradict each
other are seen side by side."""

from __future__ import annotations

from collections.abc import Sequence

from glaswerk.retrieve.answer import Answer
from glaswerk.retrieve.sentences import sentences
from glaswerk.retrieve.support import NEGATIONS
from glaswerk.retrieve.terms import is_common, stems, words

# Share of the smaller set of new words from which two quotes say the same; and where their numbers agree.
_SAME, _SAME_NUMBERS = 0.75, 0.5
_Claimed = tuple[frozenset[str], frozenset[str]]


def apart(quotes: Sequence[Answer], question: str) -> list[Answer]:
    """The same quotes: those that answer before those that may not, and within each kind, the first of those
    that say the same before the others."""
    asked = {stem for word in words(question) for stem in stems(word)}
    order: list[list[Answer]] = [[], [], [], []]
    seen: list[_Claimed] = []
    for quote in quotes:
        own = _claimed(quote, asked)
        again = any(_same(own, other) for other in seen)
        seen.append(own)
        order[(0 if quote.fits else 2) + again].append(quote)
    return [quote for part in order for quote in part]


def _claimed(quote: Answer, asked: set[str]) -> _Claimed:
    """What the answering sentence says that the question does not, and its numbers and negations."""
    start, end = next(iter(sentences(quote.text)), (0, len(quote.text)))
    found = words(quote.text[start:end])
    new = [word for word in found if not is_common(word) and asked.isdisjoint(stems(word))]
    hard = (
        word for word in found if word in NEGATIONS or word.endswith("n't") or any(map(str.isdigit, word))
    )
    return frozenset(stems(word)[0] for word in new), frozenset(hard)


def _same(one: _Claimed, other: _Claimed) -> bool:
    (new, hard), (known, other_hard) = one, other
    small = min(len(new), len(known))
    needed = _SAME_NUMBERS if any(word[0].isdigit() for word in hard) else _SAME
    return hard == other_hard and (len(new & known) >= needed * small if small else new == known)
