"""One suffix-array segment: every place where a run of tokens occurs, found in logarithmic time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydivsufsort import divsufsort

Integers = np.ndarray[Any, np.dtype[np.int64]]
Tokens = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Reach:
    """`order[low:high]` are the places of a query's first tokens, up to its word border `border`."""

    border: int
    low: int
    high: int


def suffix_order(tokens: Tokens) -> Tokens:
    """Positions of `tokens` (uint16 or uint32) sorted by the suffix that begins there; int32 or int64.

    libdivsufsort sorts the bytes of the big-endian tokens, which orders the tokens too; a shorter
    suffix comes before every longer one that it begins.
    """
    order: Tokens = divsufsort(np.ascontiguousarray(tokens))
    return order


def first_token_bounds(tokens: Tokens, vocab_size: int) -> Integers:
    """Where the suffixes that begin with each token start in the order; shape (vocab_size + 1,)."""
    counts = np.bincount(tokens, minlength=vocab_size)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


class Segment:
    """Tokens with their suffix order; both may be memory-mapped, neither is ever changed."""

    def __init__(self, tokens: Tokens, order: Tokens, bounds: Integers) -> None:
        self.tokens, self.order, self.bounds = tokens, order, bounds

    @classmethod
    def of(cls, tokens: Tokens, vocab_size: int) -> Segment:
        """A segment built in memory."""
        return cls(tokens, suffix_order(tokens), first_token_bounds(tokens, vocab_size))

    def find(self, query: Integers) -> tuple[int, int]:
        """Range in the order of all places of the whole (non-empty) query; empty where there is none."""
        found = self.reaches(query, np.array([0]), np.array([len(query)]))[0]
        return (found[-1].low, found[-1].high) if found else (0, 0)

    def reaches(self, query: Integers, starts: Integers, borders: Integers) -> list[list[Reach]]:
        """For every start, how far the query occurs from there, noted at the word borders on the way.

        query: int64 (n,); starts: positions in it; borders: ascending positions, 0 < border <= n.
        A list of reaches ascends in border; one whose range equals its successor's is left out, as the
        successor says more. All starts walk together, one token a step, so numpy does the searching.
        """
        found: list[list[Reach]] = [[] for _ in starts]
        is_border = np.zeros(len(query) + 1, bool)
        is_border[borders] = True
        for which, ends, low, high in self._walk(query, starts):
            at = np.flatnonzero(is_border[ends])
            rows = zip(
                which[at].tolist(), ends[at].tolist(), low[at].tolist(), high[at].tolist(), strict=True
            )
            for start, end, first, last in rows:
                _note(found[start], Reach(end, first, last))
        return found

    def _walk(
        self, query: Integers, starts: Integers
    ) -> Iterator[tuple[Integers, Integers, Integers, Integers]]:
        """After each token: (index into starts, end in the query, low, high) of the starts still found."""
        which = np.flatnonzero(starts < len(query))
        ends = starts[which].astype(np.int64)
        low, high = self.bounds[query[ends]], self.bounds[query[ends] + 1]
        depth = 0
        while True:
            keep = low < high
            which, low, high, ends = which[keep], low[keep], high[keep], ends[keep] + 1
            depth += 1
            if len(which) == 0:
                return
            yield which, ends, low, high
            more = ends < len(query)
            which, low, high, ends = which[more], low[more], high[more], ends[more]
            low, high = self._narrow(low, high, depth, query[ends])

    def _narrow(
        self, low: Integers, high: Integers, depth: int, wanted: Integers
    ) -> tuple[Integers, Integers]:
        """Within ranges that share `depth` tokens, the part whose next token is the wanted one."""
        left, right = np.concatenate([low, low]), np.concatenate([high, high])
        bar = np.concatenate([wanted, wanted + 1])
        width = int((high - low).max(initial=0))
        for _ in range(width.bit_length()):
            middle = (left + right) >> 1
            below = (self._token_at(middle, depth) < bar) & (left < right)
            left, right = np.where(below, middle + 1, left), np.where(below, right, middle)
        return left[: len(low)], left[len(low) :]

    def _token_at(self, rank: Integers, depth: int) -> Integers:
        """The token `depth` places into the suffix of that rank; -1 past the end of the tokens."""
        place = self.order[np.minimum(rank, len(self.order) - 1)].astype(np.int64) + depth
        token = self.tokens[np.minimum(place, len(self.tokens) - 1)].astype(np.int64)
        return np.where(place < len(self.tokens), token, -1)


def _note(reaches: list[Reach], reach: Reach) -> None:
    if reaches and (reaches[-1].low, reaches[-1].high) == (reach.low, reach.high):
        reaches.pop()
    reaches.append(reach)
