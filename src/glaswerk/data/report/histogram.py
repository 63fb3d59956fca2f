"""Lengths of many documents in one array of counts: quantiles and a plot without a list of lengths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

# 256 bins an octave, so that every length below 512 has its own: a post's quantiles are exact, and
# others within 1/512. Texts end below 2**40 characters. 64 kB of counts for each histogram.
_BITS = 8
_EXACT = 2 << _BITS
_LARGEST = 40
_BINS = _EXACT + (_LARGEST - _BITS - 1 << _BITS)
# The plot's bins: four an octave.
_EDGES = sorted({round(2 ** (quarter / 4)) for quarter in range(4 * _LARGEST + 1)})


def _empty() -> NDArray[np.int64]:
    return np.zeros(_BINS, np.int64)


@dataclass(slots=True)
class Histogram:
    """Counts of whole numbers from 0 to 2**40 - 1 in bins that widen with them (as HDR Histogram's)."""

    counts: NDArray[np.int64] = field(default_factory=_empty)

    def add(self, values: NDArray[Any]) -> None:
        """Count every value of an array of integers."""
        self.counts += np.bincount(_bins(values), minlength=_BINS)

    def merge(self, other: Histogram) -> None:
        """Take in what another histogram counted."""
        self.counts += other.counts

    def quantile(self, share: float) -> int:
        """The least value that `share` of all values do not exceed: exact below 512, else within 1/512."""
        rank = max(int(np.ceil(share * int(self.counts.sum()))), 1)
        place = int(np.searchsorted(np.cumsum(self.counts), rank))
        low, end = _low(place), _low(place + 1)
        return low + (end - low) // 2

    def bars(self) -> list[tuple[int, int, int]]:
        """(low, end, count) of the quarter octaves from the first that is not empty to the last."""
        found = list(self._quarters())
        filled = [place for place, (_, _, count) in enumerate(found) if count]
        return found[filled[0] : filled[-1] + 1] if filled else []

    def _quarters(self) -> Iterator[tuple[int, int, int]]:
        edges = [0, *_EDGES]
        # Edges move down to those of the fine bins (by less than 1/256), so that each bin has one place.
        places = [*_bins(np.array(edges[:-1], np.int64)).tolist(), _BINS]
        for first, last in pairwise(places):
            yield _low(first), _low(last), int(self.counts[first:last].sum())


def _bins(values: NDArray[Any]) -> NDArray[np.int64]:
    wide = np.minimum(values.astype(np.int64), (1 << _LARGEST) - 1)
    octaves = np.maximum(np.frexp(wide.astype(np.float64))[1].astype(np.int64) - 1 - _BITS, 0)
    return (octaves << _BITS) + (wide >> octaves)


def _low(place: int) -> int:
    """The least value of a bin."""
    octave = max((place >> _BITS) - 1, 0)
    return (place - (octave << _BITS)) << octave
