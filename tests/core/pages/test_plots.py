"""Plots: marks that stand for their figures, text that cannot break out, colours that can be told apart."""

from __future__ import annotations

import re
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.pages.plots import (
    SERIES,
    Series,
    bars,
    columns,
    compact,
    histogram,
    percent,
    series_of,
    stacked_bars,
)

HOSTILE = '"><script>alert(1)</script>'
COUNTS = st.integers(0, 2**40)


def widths(svg: str) -> list[float]:
    return [float(found) for found in re.findall(r'class="s\d"[^>]* width="([\d.]+)%"', svg)]


def test_segments_are_as_wide_as_their_share_of_the_longest_bar() -> None:
    svg = stacked_bars([("a", [30, 10]), ("b", [5, 15])], [Series("x", 0), Series("y", 1)], title="t")
    assert widths(svg) == [75.0, 25.0, 12.5, 37.5]
    assert "<title>a: x 30</title>" in svg


def test_a_column_says_its_parts_and_empty_ones_are_there_too() -> None:
    svg = columns([("2020", [3, 1]), ("2021", [0, 0])], [Series("x", 1), Series("y", 2)], title="t")
    assert "<title>2020: 4\ny: 1\nx: 3</title>" in svg
    assert "<title>2021: 0</title>" in svg


def test_a_histograms_columns_have_areas_like_their_counts() -> None:
    svg = histogram([(8, 16, 10), (16, 64, 20)], title="t", unit="characters")
    heights = [float(h) for h in re.findall(r'class="s0"[^>]* height="([\d.]+)"', svg)]
    areas = [w * h for w, h in zip(widths(svg), heights, strict=True)]
    assert areas[1] / areas[0] == pytest.approx(2, rel=0.01)
    assert "<title>8 to 15 characters: 10</title>" in svg


def test_more_series_than_colours_end_in_other_and_empty_ones_keep_the_colours_of_the_rest() -> None:
    series, rows = series_of([f"s{i}" for i in range(12)], [[1] * 12, [2] * 12], first=1)
    assert [one.name for one in series] == [*(f"s{i}" for i in range(SERIES - 2)), "other"]
    assert [one.colour for one in series] == list(range(1, SERIES))
    assert [sum(row) for row in rows] == [12, 24]
    assert series_of(["a", "b", "c"], [[0, 0, 1], [1, 0, 1]])[0] == [Series("a", 0), Series("c", 2)]


def test_nothing_that_comes_from_data_is_markup() -> None:
    series = [Series(HOSTILE, 0), Series("y", 1)]
    parts = [
        stacked_bars([(HOSTILE, [1, 2])], series, title=HOSTILE),
        bars([(HOSTILE, 1)], title=HOSTILE),
        columns([(HOSTILE, [1, 2])], series, title=HOSTILE),
        histogram([(1, 2, 1)], title=HOSTILE, unit=HOSTILE),
    ]
    for part in parts:
        assert "<script" not in part
        assert '""' not in part


@given(
    st.lists(st.tuples(st.text(), st.lists(COUNTS, min_size=2, max_size=2)), max_size=9),
    st.lists(st.tuples(st.integers(0, 2**20), st.integers(1, 2**20), COUNTS), max_size=9),
)
def test_any_counts_make_a_plot_within_its_frame(
    rows: list[tuple[str, list[int]]], sizes: list[tuple[int, int, int]]
) -> None:
    series = [Series("x", 0), Series("y", 1)]
    bins = [(low, low + size, count) for low, size, count in sizes[:1]]
    plots = [stacked_bars(rows, series, title="t"), columns(rows, series, title="t")]
    for svg in (*plots, histogram(bins, title="t", unit="u")):
        assert all(0 <= width <= 100 for width in widths(svg))
        heights = [float(found) for found in re.findall(r'class="s\d"[^>]* height="([\d.]+)"', svg)]
        assert all(height <= 180 for height in heights)


def test_shares_that_are_there_never_read_as_nothing() -> None:
    assert percent(1, 100_000) == "<0.1%"
    assert percent(0, 10) == percent(0, 0) == "0.0%"
    assert [compact(value) for value in (0, 999, 1500, 2_000_000)] == ["0", "999", "1.5k", "2M"]


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_stand_out_from_the_page_as_wcag_asks(theme: str) -> None:
    style = resources.files("glaswerk.core.pages").joinpath("page.css").read_text()
    light, dark = style.split("@media (prefers-color-scheme: dark)", 1)
    colours = {"#fff": "#ffffff"}
    found = re.findall(r"--([\w-]+): (#\w+)", light if theme == "light" else dark.split("\n}")[0])
    named = {name: colours.get(value, value) for name, value in found}
    for paper in (named["paper"], named["card"]):
        assert _contrast(named["ink"], paper) >= 7
        assert _contrast(named["soft"], paper) >= 4.5
    assert _contrast(named["ink"], named["mark"]) >= 7
    assert _contrast(named["glass"], named["paper"]) >= 4.5
    for i in range(SERIES):
        assert _contrast(named[f"s{i}"], named["paper"]) >= 3
