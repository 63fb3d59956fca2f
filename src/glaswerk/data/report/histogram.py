"""The lengths of many documents in one array of counts, for quantiles and plots in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

# 256 bins per octave, so that every length below 512 has its own: quantiles of posts are exact, others
# within 1/512. No text has 2**40 characters. A histogram takes 64 kB.
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
    """Counts of integers from 0 to 2**40 - 1 in bins that widen with the value, like those of HDR Histogram.

    Larger values count as 2**40 - 1.
    """

    counts: NDArray[np.int64] = field(default_factory=_empty)

    def add(self, values: NDArray[Any]) -> None:
        """Count every value of an array of integers."""
        self.counts += np.bincount(_bins(values), minlength=_BINS)

    def merge(self, other: Histogram) -> None:
        """Add the counts of another histogram."""
        self.counts += other.counts

    def quantile(self, share: float) -> int:
        """The smallest value that at least `share` of all values do not exceed.

        Exact below 512, else within 1/512.
        """
        rank = max(int(np.ceil(share * int(self.counts.sum()))), 1)
        place = int(np.searchsorted(np.cumsum(self.counts), rank))
        low, end = _low(place), _low(place + 1)
        return low + (end - low) // 2

    def bars(self) -> list[tuple[int, int, int]]:
        """(low, end, count) of the quarter octaves from the first to the last that are not empty."""
        found = list(self._quarters())
        filled = [place for place, (_, _, count) in enumerate(found) if count]
        return found[filled[0] : filled[-1] + 1] if filled else []

    def _quarters(self) -> Iterator[tuple[int, int, int]]:
        edges = [0, *_EDGES]
        # Edges move down to those of the fine bins (by less than 1/256), so that no bin is divided.
        places = [*_bins(np.array(edges[:-1], np.int64)).tolist(), _BINS]
        for first, last in pairwise(places):
            yield _low(first), _low(last), int(self.counts[first:last].sum())


def _bins(values: NDArray[Any]) -> NDArray[np.int64]:
    wide = np.minimum(values.astype(np.int64), (1 << _LARGEST) - 1)
    octaves = np.maximum(np.frexp(wide.astype(np.float64))[1].astype(np.int64) - 1 - _BITS, 0)
    return (octaves << _BITS) + (wide >> octaves)


def _low(place: int) -> int:
    """The smallest value in a bin."""
    octave = max((place >> _BITS) - 1, 0)
    return (place - (octave << _BITS)) << octave
