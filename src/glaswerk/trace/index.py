"""One suffix-array segment: every place where a run of tokens occurs, found in logarithmic time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from pydivsufsort import divsufsort

Integers = np.ndarray[Any, np.dtype[np.int64]]
Tokens = np.ndarray[Any, np.dtype[Any]]
_BLOCK = 1 << 24
# Tokens compared at once: most comparisons end within the first few, long ones double their step.
_NARROW, _WIDE = 4, 1024
# No token is below zero; the end of the query sorts before the end of the text, that before every token.
_TEXT_END, _QUERY_END = -1, -2


@dataclass(frozen=True, slots=True)
class Probe:
    """Queries that share one text. Query i is the token `lead[i]` and then `text[start[i]:]`.

    text: int64 (n,) without its end; start, lead: int64 (queries,).
    """

    text: Integers
    start: Integers
    lead: Integers

    def only(self, which: Integers) -> Probe:
        return Probe(self.text, self.start[which], self.lead[which])


def suffix_order(tokens: Tokens) -> Tokens:
    """Positions of `tokens` (uint16 or uint32) sorted by the suffix that begins there; int32 below 2^31.

    libdivsufsort sorts the bytes of the big-endian tokens, which orders the tokens too; a shorter
    suffix comes before every longer one that it begins. Memory at the peak, measured: 17 bytes a token of
    two bytes, 24 of four, as the order of the bytes is thinned out where it lies.
    """
    size = tokens.dtype.itemsize
    order: Tokens = divsufsort(tokens.astype(f">u{size}").view(np.uint8))
    kept = 0
    for start in range(0, len(order), _BLOCK):
        block = order[start : start + _BLOCK]
        block = block[block & (size - 1) == 0] // size
        order[kept : kept + len(block)] = block
        kept += len(block)
    return order[:kept].astype(np.int32 if kept < 1 << 31 else np.int64, copy=False)


def first_token_bounds(tokens: Tokens, vocab_size: int) -> Integers:
    """Where the suffixes that begin with each token start in the order; shape (vocab_size + 1,)."""
    counts = np.zeros(vocab_size, np.int64)
    # bincount makes int64 of all it is given: in blocks, it stays below the memory of the sort.
    for start in range(0, len(tokens), _BLOCK):
        counts += np.bincount(tokens[start : start + _BLOCK], minlength=vocab_size)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


class Segment:
    """Tokens with their suffix order; both may be memory-mapped, neither is ever changed."""

    def __init__(self, tokens: Tokens, order: Tokens, bounds: Integers) -> None:
        self.tokens, self.order, self.bounds = tokens, order, bounds

    @classmethod
    def of(cls, tokens: Tokens, vocab_size: int) -> Segment:
        """A segment built in memory."""
        return cls(tokens, suffix_order(tokens), first_token_bounds(tokens, vocab_size))

    def longest(self, probe: Probe, most: int = 1 << 40) -> tuple[Integers, Integers]:
        """For every query (a rank where it would stand, tokens behind its lead that occur after it).

        No more than `most` of its tokens are looked at.

        One binary search for all queries at once, so that numpy does the searching; the neighbours of a
        query share the most tokens with it. What both ends of a range share with the query is not
        compared again (Manber and Myers, 1993).
        """
        text = _ended(probe.text)
        low, high = self.bounds[probe.lead].astype(np.int64), self.bounds[probe.lead + 1].astype(np.int64)
        shared_low, shared_high = np.zeros_like(low), np.zeros_like(low)
        read = np.minimum(len(probe.text) - probe.start, most)
        which = np.flatnonzero(low < high)
        while len(which):
            middle = (low[which] + high[which]) >> 1
            known = np.minimum(shared_low[which], shared_high[which])
            shared, below = self._compare(text, probe.start[which], middle, known, read[which])
            up, down = which[below], which[~below]
            low[up], shared_low[up] = middle[below] + 1, shared[below]
            high[down], shared_high[down] = middle[~below], shared[~below]
            which = which[low[which] < high[which]]
        return low, np.maximum(shared_low, shared_high)

    def occurs(self, probe: Probe) -> Tokens:
        """Whether each query stands anywhere, to its end."""
        there = self.bounds[probe.lead] < self.bounds[probe.lead + 1]
        found: Tokens = there & (self.longest(probe)[1] >= len(probe.text) - probe.start)
        return found

    def ranges(self, probe: Probe, lengths: Integers, near: Integers) -> tuple[Integers, Integers]:
        """Ranks `low` to `high` of the suffixes that begin with the lead and `lengths` tokens of each query.

        near: a rank inside or at the end of that range, as `longest` gives it.
        """
        text, count = _ended(probe.text), len(lengths)
        start, most = np.tile(probe.start, 2), np.tile(lengths, 2)
        left = np.concatenate([self.bounds[probe.lead], near]).astype(np.int64)
        right = np.concatenate([near, self.bounds[probe.lead + 1]]).astype(np.int64)
        is_upper = np.arange(2 * count) >= count
        which = np.flatnonzero(left < right)
        step = 1
        while len(which):
            middle = self._next(left[which], right[which], is_upper[which], step)
            shared, below = self._compare(text, start[which], middle, np.zeros_like(middle), most[which])
            # The upper end lies behind every suffix that has the whole run.
            below |= is_upper[which] & (shared >= most[which])
            left[which[below]] = middle[below] + 1
            right[which[~below]] = middle[~below]
            which = which[left[which] < right[which]]
            step *= 4
        return left[:count], left[count:]

    @staticmethod
    def _next(left: Integers, right: Integers, is_upper: Tokens, step: int) -> Integers:
        """Where to look: the middle, but near the known rank as long as the steps from it are small.

        Most runs stand in few places, so their ends lie near; a step four times as long finds wide ranges.
        """
        gallop = np.where(is_upper, left + step - 1, right - step)
        middle: Integers = (left + right) >> 1
        return np.where(is_upper, np.minimum(gallop, middle), np.maximum(gallop, middle))

    def _compare(
        self, text: Integers, start: Integers, rank: Integers, known: Integers, most: Integers
    ) -> tuple[Integers, Tokens]:
        """Tokens behind the lead that suffix and query share, `most` at most; whether the suffix is below.

        known: so many are shared for certain.
        """
        shared = known.copy()
        below = np.zeros(len(rank), bool)
        place = self.order[rank].astype(np.int64) + 1
        open_ = np.flatnonzero(shared < most)
        width = _NARROW
        while len(open_):
            steps = np.arange(width)
            ours = self._tokens_at((place[open_] + shared[open_])[:, None] + steps)
            asked = text[np.minimum((start[open_] + shared[open_])[:, None] + steps, len(text) - 1)]
            differs = ours != asked
            first = differs.argmax(axis=1)
            rows = np.arange(len(open_))
            ended = differs[rows, first]
            below[open_] = ended & (ours[rows, first] < asked[rows, first])
            shared[open_] += np.where(ended, first, width)
            open_ = open_[~ended & (shared[open_] < most[open_])]
            width = min(2 * width, _WIDE)
        whole = shared >= most
        return np.minimum(shared, most), below & ~whole

    def _tokens_at(self, place: Integers) -> Integers:
        """Tokens at these places; _TEXT_END behind the last."""
        found = self.tokens.take(place, mode="clip").astype(np.int64)
        if place[:, -1].max(initial=0) >= len(self.tokens):
            found[place >= len(self.tokens)] = _TEXT_END
        return found


def _ended(text: Integers) -> Integers:
    return np.append(text, _QUERY_END)
