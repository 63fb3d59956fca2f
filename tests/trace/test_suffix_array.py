"""The suffix-array segment finds exactly what a scan finds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.trace.suffix_array import Queries, Segment, Segments, first_token_bounds, suffix_order

tokens_of = st.lists(st.integers(0, 3), min_size=1, max_size=60)
texts_of = st.lists(tokens_of, min_size=1, max_size=4)


def every_suffix(query: list[int], segments: int = 1) -> Queries:
    """For each token of `query` the query that it leads."""
    tokens = np.array(query, np.int64)
    return Queries.everywhere(tokens, np.arange(len(query)) + 1, tokens, segments)


def segments_of(texts: list[list[int]]) -> list[Segment]:
    return [Segment.of(np.array(text, np.uint16), 5) for text in texts]


def scan(tokens: list[int], query: list[int]) -> list[int]:
    return [i for i in range(len(tokens)) if tokens[i : i + len(query)] == query]


@given(tokens_of, st.sampled_from([np.uint16, np.uint32]))
def test_order_is_the_sorted_order_of_all_suffixes(tokens: list[int], dtype: type) -> None:
    expected = sorted(range(len(tokens)), key=lambda i: tokens[i:])
    assert suffix_order(np.array(tokens, dtype)).tolist() == expected


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32])
def test_order_compares_whole_tokens_and_not_their_bytes(dtype: type) -> None:
    tokens = [0x0102, 0x0201, 0x0001, 0x0100]
    assert suffix_order(np.array(tokens, dtype)).tolist() == [2, 3, 0, 1]


queries_of = st.lists(st.integers(0, 4), min_size=1, max_size=12)


@given(texts_of, queries_of)
def test_the_longest_match_of_every_query_is_as_long_as_a_scan_finds(
    texts: list[list[int]], query: list[int]
) -> None:
    found = Segments(segments_of(texts)).longest(every_suffix(query, len(texts)))[1]
    for text, lengths in zip(texts, found.reshape(len(texts), -1).tolist(), strict=True):
        for start, length in enumerate(lengths):
            there = [n for n in range(len(query) - start) if scan(text, query[start : start + 1 + n])]
            assert length == max(there, default=0)


@given(texts_of, queries_of)
def test_a_query_occurs_where_a_scan_finds_it_to_its_end(texts: list[list[int]], query: list[int]) -> None:
    found = Segments(segments_of(texts)).occurs(every_suffix(query, len(texts)))
    for text, there in zip(texts, found.reshape(len(texts), -1).tolist(), strict=True):
        assert there == [bool(scan(text, query[start:])) for start in range(len(query))]


@given(texts_of, queries_of)
def test_ranges_give_every_place_of_every_run_and_no_other(texts: list[list[int]], query: list[int]) -> None:
    segments, queries = segments_of(texts), every_suffix(query, len(texts))
    near, lengths = Segments(segments).longest(queries)
    for shorter in range(3):
        wanted = np.maximum(lengths - shorter, 0)
        low, high = Segments(segments).ranges(queries, wanted, near)
        for i, (first, last, length) in enumerate(zip(low, high, wanted.tolist(), strict=True)):
            start, number = i % len(query), i // len(query)
            places = sorted(segments[number].order[first:last].tolist())
            assert places == scan(texts[number], query[start : start + 1 + length])


def test_a_long_run_of_equal_tokens_is_found_whole() -> None:
    segments = Segments([Segment.of(np.array([1] * 500 + [0], np.uint16), 2)])
    near, lengths = segments.longest(every_suffix([1] * 400))
    assert lengths.tolist() == list(range(399, -1, -1))
    low, high = segments.ranges(every_suffix([1] * 400), lengths, near)
    assert (high - low).tolist() == list(range(101, 501))


def test_tokens_are_counted_by_their_bounds() -> None:
    assert first_token_bounds(np.array([3, 0, 3, 1], np.uint16), 5).tolist() == [0, 1, 2, 2, 4, 4]
