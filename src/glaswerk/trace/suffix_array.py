"""Suffix arrays over tokens: find every occurrence of a token sequence in logarithmic time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from pydivsufsort import divsufsort

Integers = np.ndarray[Any, np.dtype[np.int64]]
Tokens = np.ndarray[Any, np.dtype[Any]]
_BLOCK = 1 << 24
# Tokens compared at once: most comparisons end within the first few; the step doubles for long ones.
_NARROW, _WIDE = 4, 1024
# Tokens are not negative. The query's end sorts before the text's end, which sorts before every token.
_TEXT_END, _QUERY_END = -1, -2


@dataclass(frozen=True, slots=True)
class Queries:
    """Queries that share one text. Query i searches segment `segment[i]` for the token `lead[i]` followed by
    `text[start[i]:]`.

    text: int64 (n,) without an end mark; start, lead, segment: int64 (queries,), segment ascending.
    """

    text: Integers
    start: Integers
    lead: Integers
    segment: Integers

    @classmethod
    def everywhere(cls, text: Integers, start: Integers, lead: Integers, segments: int) -> Queries:
        """Every query in every segment, one segment after the other."""
        numbers = np.repeat(np.arange(segments), len(start))
        return cls(text, np.tile(start, segments), np.tile(lead, segments), numbers)

    def only(self, which: Integers) -> Queries:
        """A subset of the queries; `which` has their indices, ascending."""
        return Queries(self.text, self.start[which], self.lead[which], self.segment[which])


def suffix_order(tokens: Tokens) -> Tokens:
    """The suffix array: positions of `tokens` (uint16 or uint32) sorted by the suffix that begins there.

    The result is int32 below 2^31 tokens. libdivsufsort sorts the bytes of big-endian tokens, which sorts the
    tokens too; a suffix comes before every longer suffix that begins with it. Measured peak memory: 12 bytes
    per token of two bytes, 23 per token of four, as the byte order is reduced to the token order in place.
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
    """The rank of the first suffix that begins with each token, shape (vocab_size + 1,)."""
    counts = np.zeros(vocab_size, np.int64)
    # bincount converts its input to int64; in blocks it needs less memory than the sort.
    for start in range(0, len(tokens), _BLOCK):
        counts += np.bincount(tokens[start : start + _BLOCK], minlength=vocab_size)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Tokens, their suffix array `order`, and `bounds` by first token; never modified."""

    tokens: Tokens
    order: Tokens
    bounds: Integers

    @classmethod
    def of(cls, tokens: Tokens, vocab_size: int) -> Segment:
        """Build a segment in memory."""
        return cls(tokens, suffix_order(tokens), first_token_bounds(tokens, vocab_size))


class Segments:
    """Segments searched together: each step of numpy handles all queries in all segments.

    Searching sixteen segments one by one took 2.6 times as long, mostly in the overhead of numpy calls.
    """

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = tuple(segments)

    def longest(self, queries: Queries, most: int = 1 << 40) -> tuple[Integers, Integers]:
        """For every query: (the rank at which it would be inserted, the length of its longest match).

        The length counts tokens after the lead; at most `most` are compared. One vectorised binary search
        serves all queries. The neighbours of the insertion rank share the most tokens with the query. Tokens
        that both ends of a range share with the query are not compared again (Manber and Myers, 1993).
        """
        text = _ended(queries.text)
        low, high = self._bounds(queries)
        shared_low, shared_high = np.zeros_like(low), np.zeros_like(low)
        read = np.minimum(len(queries.text) - queries.start, most)
        which = np.flatnonzero(low < high)
        while len(which):
            middle = (low[which] + high[which]) >> 1
            known = np.minimum(shared_low[which], shared_high[which])
            asked = queries.only(which)
            shared, below = self._compare(text, asked, middle, known, read[which])
            up, down = which[below], which[~below]
            low[up], shared_low[up] = middle[below] + 1, shared[below]
            high[down], shared_high[down] = middle[~below], shared[~below]
            which = which[low[which] < high[which]]
        return low, np.maximum(shared_low, shared_high)

    def occurs(self, queries: Queries) -> Tokens:
        """Whether each query occurs completely, shape (queries,)."""
        low, high = self._bounds(queries)
        found: Tokens = (low < high) & (self.longest(queries)[1] >= len(queries.text) - queries.start)
        return found

    def ranges(self, queries: Queries, lengths: Integers, near: Integers) -> tuple[Integers, Integers]:
        """The ranks, from `low` to `high` (exclusive), of suffixes that begin with the lead and the first
        `lengths` tokens of each query.

        near: a rank inside that range or at its end, as `longest` returns it.
        """
        text, both = _ended(queries.text), np.repeat(np.arange(len(lengths)), 2)
        # Each query twice in succession, for the lower and the upper end.
        twice, most = queries.only(both), lengths[both]
        is_upper = np.arange(len(both)) % 2 == 1
        first, behind = self._bounds(twice)
        left, right = np.where(is_upper, near[both], first), np.where(is_upper, behind, near[both])
        which = np.flatnonzero(left < right)
        step = 1
        while len(which):
            middle = self._next(left[which], right[which], is_upper[which], step)
            shared, below = self._compare(text, twice.only(which), middle, np.zeros_like(middle), most[which])
            # The upper end comes after every suffix that begins with the sequence.
            below |= is_upper[which] & (shared >= most[which])
            left[which[below]] = middle[below] + 1
            right[which[~below]] = middle[~below]
            which = which[left[which] < right[which]]
            step *= 4
        return left[::2], left[1::2]

    @staticmethod
    def _next(left: Integers, right: Integers, is_upper: Tokens, step: int) -> Integers:
        """The next rank to compare: galloping from the known rank, or the middle if that is nearer.

        Most sequences occur in few places, so the ends are near; steps that quadruple find wide ranges.
        """
        gallop = np.where(is_upper, left + step - 1, right - step)
        middle: Integers = (left + right) >> 1
        return np.where(is_upper, np.minimum(gallop, middle), np.maximum(gallop, middle))

    def _compare(
        self, text: Integers, queries: Queries, rank: Integers, known: Integers, most: Integers
    ) -> tuple[Integers, Tokens]:
        """(common tokens after the lead, up to `most`; whether the suffix sorts before the query).

        known: this many tokens are known to be common.
        """
        shared = known.copy()
        below = np.zeros(len(rank), bool)
        place = self._places(queries.segment, rank) + 1
        open_ = np.flatnonzero(shared < most)
        width = _NARROW
        while len(open_):
            steps = np.arange(width)
            ours = self._tokens_at(queries.segment[open_], (place[open_] + shared[open_])[:, None] + steps)
            asked = text.take((queries.start[open_] + shared[open_])[:, None] + steps, mode="clip")
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

    def _bounds(self, queries: Queries) -> tuple[Integers, Integers]:
        """The range of ranks whose suffixes begin with each query's lead."""
        low, high = np.empty_like(queries.lead), np.empty_like(queries.lead)
        for segment, part in self._parts(queries.segment):
            low[part] = segment.bounds[queries.lead[part]]
            high[part] = segment.bounds[queries.lead[part] + 1]
        return low, high

    def _places(self, numbers: Integers, rank: Integers) -> Integers:
        found = np.empty_like(rank)
        for segment, part in self._parts(numbers):
            found[part] = segment.order[rank[part]]
        return found

    def _tokens_at(self, numbers: Integers, place: Integers) -> Integers:
        """Tokens at these positions of segments; _TEXT_END after a segment's last token."""
        found = np.empty_like(place)
        for segment, part in self._parts(numbers):
            found[part] = segment.tokens.take(place[part], mode="clip")
            if place[part, -1].max() >= len(segment.tokens):
                found[part][place[part] >= len(segment.tokens)] = _TEXT_END
        return found

    def _parts(self, numbers: Integers) -> Iterator[tuple[Segment, slice]]:
        """Each segment in `numbers` (ascending), with its slice of them."""
        edges = np.searchsorted(numbers, np.arange(len(self._segments) + 1)).tolist()
        for segment, (start, end) in zip(self._segments, pairwise(edges), strict=True):
            if start < end:
                yield segment, slice(start, end)


def _ended(text: Integers) -> Integers:
    return np.append(text, _QUERY_END)
