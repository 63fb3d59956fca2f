"""Best-fit packing: pieces of documents into rows of one length, nothing cropped.

Best-fit decreasing (Ding et al. 2024, "Fewer Truncations Improve Language Modeling") over the histogram of
lengths (Krell et al. 2021): the work grows with the number of different lengths, not of documents.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

Ids = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class Kind:
    """`count` rows with the same content: (length of a piece, how many of them), longest first."""

    count: int
    content: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Packed:
    """Pieces in the order of their rows: row r holds `pieces[ends[r - 1]:ends[r]]` (from 0 for r = 0)."""

    pieces: Ids
    ends: Ids

    def row(self, index: int) -> Ids:
        """The pieces of one row."""
        return self.pieces[self.ends[index - 1] if index else 0 : self.ends[index]]


def pack_rows(lengths: Ids, capacity: int, chance: np.random.Generator) -> Packed:
    """Put every piece (`lengths`, each 1 to `capacity`) into a row, with random neighbours.

    Rows come in random order, too. Padding is about 1 % of the tokens if pieces are much shorter than rows,
    more if many are longer than half a row.
    """
    shuffled = chance.permutation(len(lengths))
    by_length = shuffled[np.argsort(lengths[shuffled], kind="stable")]
    counts = np.bincount(lengths, minlength=capacity + 1)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    rows, sizes = [], []
    for kind in best_fit(counts, capacity):
        columns = []
        for length, many in kind.content:
            taken = by_length[first[length] : first[length] + kind.count * many]
            first[length] += len(taken)
            columns.append(taken.reshape(kind.count, many))
        block = np.concatenate(columns, axis=1)
        rows.append(block.ravel())
        sizes.append(np.full(kind.count, block.shape[1]))
    return _shuffled(np.concatenate(rows), np.concatenate(sizes), chance)


def best_fit(counts: Ids, capacity: int) -> list[Kind]:
    """Best-fit decreasing for `counts[n]` pieces of length n: each goes into the fullest row with room."""
    room: dict[int, list[Kind]] = defaultdict(list)
    free: list[int] = []  # the keys of `room` that hold rows, ascending
    for length in range(capacity, 0, -1):
        left = int(counts[length])
        while left:
            at = bisect_left(free, length)
            if at == len(free):
                space, kind = capacity, Kind(left, ())
            else:
                space = free[at]
                kind = room[space].pop()
                if not room[space]:
                    free.pop(at)
            many = min(space // length, left)
            rows = min(kind.count, left // many)
            if rows < kind.count and kind.content:
                _open(room, free, space, Kind(kind.count - rows, kind.content))
            left -= rows * many
            _open(room, free, space - length * many, Kind(rows, (*kind.content, (length, many))))
    return [kind for kinds in room.values() for kind in kinds]


def _open(room: dict[int, list[Kind]], free: list[int], space: int, kind: Kind) -> None:
    if not room[space]:
        at = bisect_left(free, space)
        free.insert(at, space)
    room[space].append(kind)


def _shuffled(pieces: Ids, sizes: Ids, chance: np.random.Generator) -> Packed:
    starts = np.cumsum(sizes) - sizes
    order = chance.permutation(len(sizes))
    sizes = sizes[order]
    ends = np.cumsum(sizes)
    # The index of each piece: the start of its row among the unshuffled ones, plus its index in the row.
    places = np.repeat(starts[order] - (ends - sizes), sizes) + np.arange(len(pieces))
    return Packed(pieces[places], ends)
