"""Cut a text into passages, and rank passages for a question by the words that they share."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from glaswerk.trace.relevance import relevance

_WORD = re.compile(r"\w+")
# OpenAI's 800 tokens with 400 of overlap, in words.
WORDS, OVERLAP = 600, 300


def passages(text: str, words: int = WORDS, overlap: int = OVERLAP) -> Iterator[str]:
    """Pieces of `words` words, each beginning `overlap` words before the end of the last."""
    places = [match.span() for match in _WORD.finditer(text)]
    step = max(1, words - overlap)
    for first in range(0, len(places), step):
        last = min(first + words, len(places))
        end = places[last][0] if last < len(places) else len(text)
        yield text[0 if first == 0 else places[first][0] : end].strip()
        if last == len(places):
            return


def rank(question: str, texts: Sequence[str]) -> list[float]:
    """A score from 0 to below 1 for each text, s / (1 + s) of its BM25 score s; 0 without a common word."""
    words: defaultdict[str, int] = defaultdict(lambda: len(words))
    documents = [np.array([words[word] for word in _words(text)], np.int64) for text in texts]
    known = [words[word] for word in _words(question) if word in words]
    return [float(score / (1 + score)) for score in relevance(documents, known, len(words))]


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]
