"""Cut a text into passages, and rank passages for a question by BM25 (Robertson and Zaragoza 2009)."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence

# The constants of Lucene.
_K1, _B = 1.2, 0.75
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


def terms(text: str) -> Counter[str]:
    """How often each word occurs, in small letters."""
    return Counter(word.casefold() for word in _WORD.findall(text))


def rank(question: str, found: Sequence[Counter[str]]) -> list[float]:
    """A score from 0 to below 1 for each passage; 0 for one without any word of the question."""
    asked = set(terms(question))
    sizes = [sum(one.values()) for one in found]
    mean = max(1e-9, sum(sizes) / max(1, len(sizes)))
    weights = {word: _rarity(sum(word in one for one in found), len(found)) for word in asked}
    most = sum(weights.values()) * (_K1 + 1) or 1.0
    return [_score(one, size / mean, weights) / most for one, size in zip(found, sizes, strict=True)]


def _rarity(count: int, total: int) -> float:
    return math.log(1 + (total - count + 0.5) / (count + 0.5))


def _score(one: Counter[str], length: float, weights: dict[str, float]) -> float:
    return sum(
        weight * one[word] * (_K1 + 1) / (one[word] + _K1 * (1 - _B + _B * length))
        for word, weight in weights.items()
        if one[word]
    )
