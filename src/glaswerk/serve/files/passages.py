"""Cut a text into passages, and rank passages for a question: both as `retrieve` reads texts.

Passages are neighbouring whole sentences. Words are compared by their stems, German compounds by their halves
too; common words of a question count only where it has no others.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from glaswerk.retrieve import sentences
from glaswerk.retrieve.terms import Terms, halves, is_common, is_german, stems, words
from glaswerk.trace.relevance import relevance

# A German word must be known by more than one misprint to be half of a compound.
_KNOWN = 2


def passages(text: str) -> Iterator[str]:
    """Pieces of about 120 words, as far as whole sentences allow."""
    for spans in sentences.passages(text):
        yield text[spans[0][0] : spans[-1][1]]


class PassageIndex:
    """Passages in memory, ready to be searched. Never changes once it is made."""

    def __init__(self, texts: Iterable[str]) -> None:
        every = [(words(text), "de" if is_german(text) else "en") for text in texts]
        counts = Counter(word for found, language in every if language == "de" for word in found)
        self._known = {word for word, count in counts.items() if count >= _KNOWN and len(word) > 2}
        terms = Terms(self._known.__contains__)
        numbers: defaultdict[str, int] = defaultdict(lambda: len(numbers))
        self._passages = [
            np.array([numbers[term] for term in terms.of(found, language)], np.int64)
            for found, language in every
        ]
        self._numbers = dict(numbers)

    def rank(self, question: str) -> list[float]:
        """A score from 0 to below 1 for each passage, s / (1 + s) of its BM25 score s; 0 for a stranger."""
        asked = [self._numbers[term] for term in self._asked(question) if term in self._numbers]
        scores = relevance(self._passages, asked, len(self._numbers))
        return [float(score / (1 + score)) for score in scores]

    def _asked(self, question: str) -> Iterator[str]:
        found = words(question)
        for word in [word for word in found if not is_common(word)] or found:
            # What language a short question is in, nobody knows.
            for part in (word, *(halves(word, self._known.__contains__) or ())):
                yield from stems(part)


def rank(question: str, texts: Sequence[str]) -> list[float]:
    """The scores of a few texts: see `PassageIndex.rank`."""
    return PassageIndex(texts).rank(question)
