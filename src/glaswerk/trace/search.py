"""Maximal spans: the longest whole-word match from every word of an answer, and all its occurrences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from glaswerk.trace.suffix_array import Integers, Queries, Segment, Segments
from glaswerk.trace.word_boundaries import Flags, WordBoundaries
from glaswerk.trace.word_tokens import WordTokens

# Positions checked at once; most candidates are decided by the first few.
_FEW, _MANY = 256, 1 << 18
# Matches of this many tokens are rare: longer ones are searched to their end one by one, when needed.
_SHORT = 48
_LOOKS = 16
_NOWHERE = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class SearchedSegment:
    """A segment, and a test for which of its positions may be shown; all may if `visible` is None."""

    segment: Segment
    visible: Callable[[Integers], Flags] | None = None


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Words `first` to `end` (exclusive) of an answer, and where they occur.

    `places`: per segment, the token positions right after the first word.
    """

    first: int
    end: int
    places: tuple[Integers, ...]

    @property
    def count(self) -> int:
        """Number of occurrences in all segments."""
        return sum(len(places) for places in self.places)


def maximal_spans(
    answer: WordTokens, segments: Sequence[SearchedSegment], borders: WordBoundaries, min_words: int
) -> list[Occurrences]:
    """Every occurring span of at least `min_words` (>= 2) words that is not part of a longer one."""
    firsts = range(len(answer.words) - min_words + 1)
    if not firsts:
        return []
    search = _Search(answer, segments, borders, firsts, min_words)
    spans: list[Occurrences] = []
    limit = 0
    for first in firsts:
        # Only a span that ends after all earlier ones is not contained in one of them.
        end = search.longest(first, max(limit + 1, first + min_words))
        if end:
            limit = end
            spans.append(Occurrences(first, end, search.places(first, end)))
    return spans


def find_all(answer: WordTokens, segments: Sequence[SearchedSegment], borders: WordBoundaries) -> Occurrences:
    """All occurrences of the complete text `answer`, which must have at least one word."""
    end = len(answer.words)
    return Occurrences(0, end, _Search(answer, segments, borders, range(1), end).places(0, end))


@dataclass(frozen=True, slots=True)
class _Row:
    """Occurrences in one segment of a query's lead and the words after it up to `end`: the ranks `low` to
    `high`. `near` is a rank in that range or at its end."""

    query: int
    segment: int
    end: int
    near: int
    low: int
    high: int


class _Search:
    """Searches one answer in all segments, for spans of at least `least` words that begin at words in
    `firsts`.

    The first word is tokenised differently from place to place ("(word", " word"), so every token that it can
    end with leads a separate query. The words after it have the same tokens everywhere.
    """

    def __init__(
        self,
        answer: WordTokens,
        segments: Sequence[SearchedSegment],
        borders: WordBoundaries,
        firsts: Iterable[int],
        least: int,
    ) -> None:
        self._answer, self._borders, self._searched, self._least = answer, borders, segments, least
        self._index = Segments([searched.segment for searched in segments])
        # A word that the answer repeats is looked up once.
        leads = {word: borders.leads(word) for word in {answer.span(i, i + 1) for i in firsts}}
        queries = [(i, *lead) for i in firsts for lead in leads[answer.span(i, i + 1)]]
        table = np.array(queries, np.int64).reshape(-1, 3)
        self._queries = Queries.everywhere(
            answer.tokens, answer.borders[table[:, 0]], table[:, 1], len(segments)
        )
        # Per query and segment: the first word, and whether the lead alone shows that it is a whole word.
        self._word, self._certain = np.tile(table[:, 0], len(segments)), np.tile(table[:, 2], len(segments))
        self._rows: dict[int, list[_Row]] = {}
        self._long: dict[int, list[int]] = {}
        self._skip = (0, 0)
        near, lengths = self._index.longest(self._queries, _SHORT)
        is_long = (lengths == _SHORT) & (len(answer.tokens) - self._queries.start > _SHORT)
        for query in np.flatnonzero(is_long).tolist():
            self._long.setdefault(int(self._word[query]), []).append(query)
        self._keep(np.flatnonzero(~is_long), near[~is_long], lengths[~is_long])

    def longest(self, first: int, least: int) -> int:
        """The largest end >= `least` such that the words from `first` to it occur; 0 if there is none."""
        if least > len(self._answer.words):
            return 0
        if first in self._long:
            if first < self._next(first, least):
                return 0
            self._finish(first)
        best = 0
        for row in sorted(self._rows.get(first, ()), key=lambda row: -row.end):
            if row.end < max(least, best + 1):
                break
            best = max(best, self._reach(row, max(least, best + 1)))
        return best

    def places(self, first: int, end: int) -> tuple[Integers, ...]:
        """Per segment, the token positions after the first word of every whole-word occurrence, ascending."""
        if first in self._long:
            self._finish(first)
        found: list[list[Integers]] = [[] for _ in self._searched]
        rows = [row for row in self._rows.get(first, ()) if row.end >= end]
        exact = [row for row in rows if row.end == end]
        for row in exact + self._shorter([row for row in rows if row.end > end], end):
            found[row.segment] += [good[self._ended(row, good)] for good in self._started(row)]
        return tuple(np.sort(np.concatenate(part)) if part else _NOWHERE for part in found)

    def _keep(self, queries: Integers, near: Integers, lengths: Integers) -> None:
        """Record the queries that match for at least `least` words, each up to its last word boundary."""
        ends = np.searchsorted(self._answer.borders, self._queries.start[queries] + lengths, "right")
        kept = ends >= self._word[queries] + self._least
        for row in self._ranges(queries[kept], ends[kept], near[kept]):
            self._rows.setdefault(int(self._word[row.query]), []).append(row)

    def _finish(self, first: int) -> None:
        """Complete the searches that were stopped at _SHORT tokens."""
        queries = np.array(self._long.pop(first), np.int64)
        self._keep(queries, *self._index.longest(self._queries.only(queries)))

    def _next(self, first: int, end: int) -> int:
        """The first word >= `first` such that the words after it, up to `end`, occur.

        Every word of a long copy begins a match, but only the first one gives a new span. If the words from
        one word on occur, so do those from each later word, so a few probes find the first.
        """
        if self._skip[0] != end:
            low, high = first, end - 1
            while low < high:
                words = np.unique(np.linspace(low, high - 1, _LOOKS).astype(np.int64))
                starts = self._answer.borders[words]
                queries = Queries.everywhere(
                    self._answer.tokens[: self._answer.borders[end - 1]],
                    starts + 1,
                    self._answer.tokens[starts],
                    len(self._searched),
                )
                occurs = self._index.occurs(queries).reshape(-1, len(words)).any(axis=0)
                at = int(np.argmax(occurs)) if occurs.any() else len(words)
                low, high = (
                    int(words[at - 1]) + 1 if at else low,
                    int(words[at]) if at < len(words) else high,
                )
            self._skip = (end, low)
        return self._skip[1]

    def _reach(self, row: _Row, least: int) -> int:
        """The largest end from `least` to the row's end that an occurrence reaches; 0 if there is none."""
        if not self._any(row):
            shorter = self._longest_started(row, least)
            if shorter is None:
                return 0
            row = shorter
        if any(self._ended(row, good).any() for good in self._started(row)):
            return row.end
        # In all of these occurrences a longer word continues; without the last word they end at a boundary.
        return row.end - 1 if row.end > least else 0

    def _longest_started(self, row: _Row, least: int) -> _Row | None:
        """The row with the largest end from `least` to below its own that has an occurrence, or None."""
        best, low, high = None, least, row.end - 1
        end = least
        while low <= high:
            (each,) = self._shorter([row], end)
            if self._any(each):
                best, low = each, end + 1
            else:
                high = end - 1
            end = (low + high + 1) // 2
        return best

    def _any(self, row: _Row) -> bool:
        return any(len(good) for good in self._started(row))

    def _shorter(self, rows: Sequence[_Row], end: int) -> list[_Row]:
        found = sorted((row.query, row.near) for row in rows)
        queries, near = np.array(found, np.int64).reshape(-1, 2).T
        return self._ranges(queries, np.full(len(queries), end), near)

    def _ranges(self, queries: Integers, ends: Integers, near: Integers) -> list[_Row]:
        """Rows for the queries, which must be ascending."""
        lengths = self._answer.borders[ends - 1] - self._queries.start[queries]
        low, high = self._index.ranges(self._queries.only(queries), lengths, near)
        columns = (
            column.tolist() for column in (queries, self._queries.segment[queries], ends, near, low, high)
        )
        return [_Row(*values) for values in zip(*columns, strict=True)]

    def _started(self, row: _Row) -> Iterator[Integers]:
        """Token positions after the complete first word that may be shown, in blocks."""
        size, low = _FEW, row.low
        searched = self._searched[row.segment]
        while low < row.high:
            high = min(low + size, row.high)
            places = searched.segment.order[low:high].astype(np.int64) + 1
            if searched.visible is not None:
                places = places[searched.visible(places)]
            if not self._certain[row.query]:
                first = int(self._word[row.query])
                word = self._answer.span(first, first + 1)
                places = places[self._borders.starts_with(searched.segment.tokens, places, word)]
            yield places
            low, size = high, _MANY

    def _ended(self, row: _Row, places: Integers) -> Flags:
        length = self._answer.borders[row.end - 1] - self._queries.start[row.query]
        return self._borders.ends_whole(self._searched[row.segment].segment.tokens, places + length)
