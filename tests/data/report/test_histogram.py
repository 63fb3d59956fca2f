"""Histograms: every value in the right bin, quantiles as exact as they say."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.data.report.histogram import Histogram

LENGTHS = st.lists(st.one_of(st.integers(0, 600), st.integers(0, 2**40 - 1)), min_size=1, max_size=80)


def of(values: list[int]) -> Histogram:
    histogram = Histogram()
    histogram.add(np.array(values, np.int64))
    return histogram


@given(LENGTHS, st.sampled_from([0.05, 0.25, 0.5, 0.75, 0.95, 1.0]))
def test_quantiles_are_exact_below_512_and_near_above(values: list[int], share: float) -> None:
    truth = int(np.quantile(values, share, method="inverted_cdf"))
    found = of(values).quantile(share)
    assert found == truth if truth < 512 else found == pytest.approx(truth, rel=1 / 512)


@given(LENGTHS)
def test_bars_hold_every_value_once_and_join_without_gaps(values: list[int]) -> None:
    bars = of(values).bars()
    assert [sum(low <= value < end for value in values) for low, end, _ in bars] == [n for _, _, n in bars]
    assert sum(n for _, _, n in bars) == len(values)
    assert all(before[1] == after[0] for before, after in pairwise(bars))
    assert bars[0][2]
    assert bars[-1][2]


@given(LENGTHS, LENGTHS)
def test_merged_parts_equal_the_whole(ours: list[int], theirs: list[int]) -> None:
    merged = of(ours)
    merged.merge(of(theirs))
    assert np.array_equal(merged.counts, of(ours + theirs).counts)


def test_an_empty_histogram_has_no_bars() -> None:
    assert Histogram().bars() == []


def counted(*values: int) -> Histogram:
    histogram = Histogram()
    histogram.add(np.array(values, np.int64))
    return histogram


def test_zero_and_the_largest_length_have_their_place() -> None:
    histogram = counted(0, 2**40 - 1)
    assert histogram.quantile(0.5) == 0
    assert abs(histogram.quantile(1.0) / (2**40 - 1) - 1) <= 1 / 512
    assert sum(count for _, _, count in histogram.bars()) == 2


def test_longer_texts_than_there_can_be_count_as_the_longest() -> None:
    assert counted(2**50).bars() == counted(2**40 - 1).bars()


def test_one_value_is_every_quantile() -> None:
    histogram = counted(280)
    assert {histogram.quantile(share) for share in (0.0, 0.05, 0.5, 1.0)} == {280}
    ((low, end, count),) = histogram.bars()
    assert low <= 280 < end
    assert count == 1


@given(st.lists(st.integers(0, 2**40 - 1), min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_quantiles_rise_with_their_share(values: list[int], one: float, other: float) -> None:
    histogram = counted(*values)
    assert histogram.quantile(min(one, other)) <= histogram.quantile(max(one, other))


def test_bars_double_in_width_every_four() -> None:
    bars = counted(1000, 100_000).bars()
    widths = [end - low for low, end, _ in bars]
    assert all(1.9 < later / earlier < 2.1 for earlier, later in zip(widths, widths[4:], strict=False))
