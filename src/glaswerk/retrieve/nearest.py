"""The sentences nearest to a question in meaning, over all vectors of the passages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from glaswerk.retrieve.embedder import embedder
from glaswerk.retrieve.postings import Numbers
from glaswerk.retrieve.terms import is_german
from glaswerk.retrieve.vectors import PLACES, SCALE, VECTORS

# Vectors that are widened to floats at once.
_BLOCK = 1 << 15
# Cosine from which a sentence may be shown. Of SQuAD's questions about other articles, the nearest sentence
# of 6 in 100 is that near, of those that are answered, of 86 (77 where they say it in other words).
NEAR = 0.55
# The same where the model does not know the language: it sees names and foreign words, and of XQuAD's German
# questions about other articles one in seven is as near as 0.55 to a sentence, one in twelve to 0.65.
NEAR_IN_GERMAN = 0.65


class Nearest:
    """Safe for several threads. Only what a question needs is read from the disk."""

    def __init__(self, folder: Path) -> None:
        self._vectors = np.load(folder / VECTORS, mmap_mode="r")
        self._places = np.load(folder / PLACES)

    def of(
        self, question: str, limit: int, passages: Numbers | None = None
    ) -> Iterator[tuple[int, int, int, float]]:
        """(passage, start and end in its text, cosine) of the nearest sentences, the nearest first.

        passages: numbers of those that are looked at; None for all.
        """
        scores = self._scores(embedder().of([question])[0])
        if passages is not None:
            scores[~np.isin(self._places[:, 0], passages)] = -1
        kept = np.flatnonzero(scores >= (NEAR_IN_GERMAN if is_german(question) else NEAR))
        for row in kept[np.argsort(-scores[kept], kind="stable")][:limit]:
            number, start, end = self._places[row].tolist()
            yield number, start, end, float(scores[row])

    def _scores(self, asked: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        found = np.empty(len(self._vectors), np.float32)
        for first in range(0, len(found), _BLOCK):
            block = self._vectors[first : first + _BLOCK]
            found[first : first + _BLOCK] = block.astype(np.float32) @ asked
        found /= SCALE
        return found
