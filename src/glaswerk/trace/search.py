"""Maximal spans: the longest whole-word match from every word on, and every place where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from glaswerk.trace.borders import Borders, Flags
from glaswerk.trace.index import Integers, Reach, Segment
from glaswerk.trace.words import Cut


@dataclass(frozen=True, slots=True)
class Found:
    """Words `first` to `end` (exclusive); per segment the token positions just behind the first word."""

    first: int
    end: int
    places: tuple[Integers, ...]

    @property
    def count(self) -> int:
        return sum(len(places) for places in self.places)


def maximal_spans(cut: Cut, segments: Sequence[Segment], borders: Borders, min_words: int) -> list[Found]:
    """Every span of at least `min_words` (>= 2) words that occurs and lies in no longer one that occurs."""
    searches = [_Search(cut, segment, borders) for segment in segments]
    spans: list[Found] = []
    limit = 0
    for first in range(len(cut.words)):
        # Only a span that ends behind all earlier ones is contained in none of them.
        least = max(limit + 1, first + min_words)
        if least > len(cut.words):
            break
        end = max((search.longest(first, least) for search in searches), default=0)
        if end:
            limit = end
            spans.append(Found(first, end, tuple(search.places(first, end) for search in searches)))
    return spans


class _Search:
    """One answer against one segment."""

    def __init__(self, cut: Cut, segment: Segment, borders: Borders) -> None:
        self._cut, self._segment, self._borders = cut, segment, borders
        self._reaches = segment.reaches(cut.tokens, cut.borders, cut.borders[1:])

    def longest(self, first: int, least: int) -> int:
        """The largest end >= `least` such that the words from `first` to it occur; 0 where there is none."""
        reaches = self._from(first, least)
        if not reaches:
            return 0
        low = reaches[0].low
        started = self._started(first, reaches[0])
        for reach in reversed(reaches):
            good = np.flatnonzero(started[reach.low - low : reach.high - low]) + reach.low
            if len(good):
                end = int(np.searchsorted(self._cut.borders, reach.border)) + 1
                if self._ended(first, end, good).any():
                    return end
                # Each of these places goes on with the letters of a longer word: one word less is whole.
                return end - 1 if end > least else 0
        return 0

    def places(self, first: int, end: int) -> Integers:
        """Token positions behind the first word, for every whole-word occurrence; ascending."""
        reaches = self._from(first, end)
        if not reaches:
            return np.zeros(0, np.int64)
        reach = reaches[0]
        good = np.flatnonzero(self._started(first, reach)) + reach.low
        whole: Integers = np.sort(self._behind(good[self._ended(first, end, good)]))
        return whole

    def _from(self, first: int, end: int) -> list[Reach]:
        needed = self._cut.borders[end - 1]
        return [reach for reach in self._reaches[first] if reach.border >= needed]

    def _behind(self, ranks: Integers) -> Integers:
        places: Integers = self._segment.order[ranks].astype(np.int64)
        return places

    def _started(self, first: int, reach: Reach) -> Flags:
        start, end = self._cut.words[first]
        places = self._behind(np.arange(reach.low, reach.high))
        return self._borders.starts_with(self._segment.tokens, places, self._cut.text[start:end])

    def _ended(self, first: int, end: int, ranks: Integers) -> Flags:
        length = self._cut.borders[end - 1] - self._cut.borders[first]
        return self._borders.ends_whole(self._segment.tokens, self._behind(ranks) + length)
