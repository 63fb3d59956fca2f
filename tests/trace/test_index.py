"""The suffix-array segment finds exactly what a scan finds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.trace.index import Segment, suffix_order

tokens_of = st.lists(st.integers(0, 3), min_size=1, max_size=60)


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


@given(tokens_of, st.lists(st.integers(0, 4), min_size=1, max_size=6))
def test_find_gives_every_place_of_a_query_and_no_other(tokens: list[int], query: list[int]) -> None:
    segment = Segment.of(np.array(tokens, np.uint16), 5)
    low, high = segment.find(np.array(query))
    assert sorted(segment.order[low:high].tolist()) == scan(tokens, query)


@given(tokens_of, st.lists(st.integers(0, 4), min_size=1, max_size=12), st.data())
def test_reaches_give_the_range_at_every_border_up_to_the_longest_match(
    tokens: list[int], query: list[int], data: st.DataObject
) -> None:
    borders = sorted(data.draw(st.sets(st.integers(1, len(query)), min_size=1)))
    segment = Segment.of(np.array(tokens, np.uint16), 5)
    starts = np.arange(len(query) + 1)
    found = segment.reaches(np.array(query), starts, np.array(borders))
    for start in starts.tolist():
        for border in (b for b in borders if b > start):
            reach = next((r for r in found[start] if r.border >= border), None)
            places = [] if reach is None else segment.order[reach.low : reach.high].tolist()
            assert sorted(places) == scan(tokens, query[start:border])
