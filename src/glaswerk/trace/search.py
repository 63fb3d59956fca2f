"""Maximal spans: the longest whole-word match from every word on, and every place where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from glaswerk.trace.borders import Borders, Flags
from glaswerk.trace.index import Integers, Probe, Segment
from glaswerk.trace.words import Cut

# Places looked at together; most runs are decided by the first few.
_FEW, _MANY = 256, 1 << 18


@dataclass(frozen=True, slots=True)
class Searched:
    """A segment, and which of its places may be shown: all of them where `visible` is None."""

    segment: Segment
    visible: Callable[[Integers], Flags] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Words `first` to `end` (exclusive); per segment the token positions just behind the first word."""

    first: int
    end: int
    places: tuple[Integers, ...]

    @property
    def count(self) -> int:
        return sum(len(places) for places in self.places)


def maximal_spans(cut: Cut, segments: Sequence[Searched], borders: Borders, min_words: int) -> list[Found]:
    """Every span of at least `min_words` (>= 2) words that occurs and lies in no longer one that occurs."""
    firsts = range(len(cut.words) - min_words + 1)
    searches = [_Search(cut, searched, borders, firsts, min_words) for searched in segments]
    spans: list[Found] = []
    limit = 0
    for first in firsts:
        # Only a span that ends behind all earlier ones is contained in none of them.
        least = max(limit + 1, first + min_words)
        end = 0
        for search in searches:
            end = max(end, search.longest(first, max(least, end + 1)))
        if end:
            limit = end
            spans.append(Found(first, end, tuple(search.places(first, end) for search in searches)))
    return spans


def whole(cut: Cut, segments: Sequence[Searched], borders: Borders) -> Found:
    """Every place of all the words of `cut` (at least one)."""
    end = len(cut.words)
    searches = [_Search(cut, searched, borders, range(1), end) for searched in segments]
    return Found(0, end, tuple(search.places(0, end) for search in searches))


@dataclass(frozen=True, slots=True)
class _Row:
    """Places of a lead token and the words behind it up to `end`: ranks `low` to `high`, near rank `near`.

    `sure`: the lead says that the first word is whole.
    """

    query: int
    sure: bool
    end: int
    near: int
    low: int
    high: int


class _Search:
    """One answer against one segment, for spans of at least `least` words that begin at the words `firsts`.

    What stands before and in the first word differs from place to place ("(word", " word"), so every
    token that the word can end with leads a query of its own; the words behind have the same tokens
    everywhere.
    """

    def __init__(self, cut: Cut, searched: Searched, borders: Borders, firsts: Iterable[int], least: int):
        self._cut, self._borders = cut, borders
        self._segment, self._visible = searched.segment, searched.visible
        # Of the words that the answer repeats, each is looked up once.
        leads = {word: borders.leads(word) for word in {cut.span(i, i + 1) for i in firsts}}
        queries = [(i, *lead) for i in firsts for lead in leads[cut.span(i, i + 1)]]
        table = np.array(queries, np.int64).reshape(-1, 3)
        self._probe = Probe(cut.tokens, cut.borders[table[:, 0]], table[:, 1])
        near, lengths = self._segment.longest(self._probe)
        ends = np.searchsorted(cut.borders, self._probe.start + lengths, "right")
        kept = np.flatnonzero(ends >= table[:, 0] + least)
        self._rows: dict[int, list[_Row]] = {}
        for row in self._ranges(kept, ends[kept], near[kept], table[kept, 2]):
            self._rows.setdefault(int(table[row.query, 0]), []).append(row)

    def longest(self, first: int, least: int) -> int:
        """The largest end >= `least` such that the words from `first` to it occur; 0 where there is none."""
        best = 0
        for row in sorted(self._rows.get(first, ()), key=lambda row: -row.end):
            if row.end < max(least, best + 1):
                break
            best = max(best, self._reach(first, row, max(least, best + 1)))
        return best

    def places(self, first: int, end: int) -> Integers:
        """Token positions behind the first word, for every whole-word occurrence; ascending."""
        rows = [row for row in self._rows.get(first, ()) if row.end >= end]
        exact = [row if row.end == end else self._shorter(row, [end])[0] for row in rows]
        found = [places for row in exact for places in self._whole(first, row)]
        return np.sort(np.concatenate([np.zeros(0, np.int64), *found]))

    def _reach(self, first: int, row: _Row, least: int) -> int:
        """The largest end from `least` to the row's that one of its places has; 0 where there is none."""
        # Beyond its own end a row has no place, so shorter ends are looked at only where it fails.
        shorter = self._shorter(row, range(row.end - 1, least - 1, -1)) if self._fails(first, row) else []
        for each in [row, *shorter]:
            started = False
            for good in self._started(first, each):
                if self._ended(first, each.end, good).any():
                    return each.end
                started = started or len(good) > 0
            if started:
                # Each of these places goes on with the letters of a longer word: one word less is whole.
                return each.end - 1 if each.end > least else 0
        return 0

    def _fails(self, first: int, row: _Row) -> bool:
        return not any(len(good) for good in self._started(first, row))

    def _shorter(self, row: _Row, ends: Sequence[int]) -> list[_Row]:
        count = len(ends)
        return self._ranges(
            np.full(count, row.query), np.array(ends, np.int64), np.full(count, row.near),
            np.full(count, int(row.sure)),
        )  # fmt: skip

    def _ranges(self, queries: Integers, ends: Integers, near: Integers, sure: Integers) -> list[_Row]:
        lengths = self._cut.borders[ends - 1] - self._probe.start[queries]
        low, high = self._segment.ranges(self._probe.only(queries), lengths, near)
        columns = (column.tolist() for column in (queries, sure, ends, near, low, high))
        return [
            _Row(query, bool(certain), end, at, first, last)
            for query, certain, end, at, first, last in zip(*columns, strict=True)
        ]

    def _whole(self, first: int, row: _Row) -> Iterator[Integers]:
        """Places that begin and end at word borders, in blocks."""
        for good in self._started(first, row):
            yield good[self._ended(first, row.end, good)]

    def _started(self, first: int, row: _Row) -> Iterator[Integers]:
        """Token positions behind the whole first word, those that may be shown, in blocks."""
        size, low = _FEW, row.low
        while low < row.high:
            high = min(low + size, row.high)
            places = self._segment.order[low:high].astype(np.int64) + 1
            if self._visible is not None:
                places = places[self._visible(places)]
            if not row.sure:
                word = self._cut.span(first, first + 1)
                places = places[self._borders.starts_with(self._segment.tokens, places, word)]
            yield places
            low, size = high, _MANY

    def _ended(self, first: int, end: int, places: Integers) -> Flags:
        length = self._cut.borders[end - 1] - self._cut.borders[first]
        return self._borders.ends_whole(self._segment.tokens, places + length)
