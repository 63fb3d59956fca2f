"""Interval charts: marks where the shares are, on any width."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.pages.intervals import Interval, interval_chart

HOSTILE = '"><script>alert(1)</script>'
SHARES = st.floats(0, 1)


def test_dot_whisker_and_chance_are_at_their_shares() -> None:
    svg = interval_chart([Interval("a", 0.5, 0.4, 0.75, 0.25)], title="t")
    assert 'class="dot" cx="50.000%"' in svg
    assert 'class="whisker" x1="40.000%" x2="75.000%"' in svg
    assert 'class="chance" x1="25.000%" x2="25.000%"' in svg
    assert "a: 50.0%, 95 % interval 40.0% to 75.0%" in svg


def test_without_a_chance_level_no_line_is_drawn() -> None:
    assert 'class="chance"' not in interval_chart([Interval("a", 0.5, 0.4, 0.6)], title="t")


def test_labels_have_a_line_of_their_own_and_keep_their_size_on_a_phone() -> None:
    svg = interval_chart([Interval("a", 0.5, 0.4, 0.6)] * 3, title="t")
    assert "viewBox" not in svg
    assert re.findall(r'<text x="0" y="(\d+)">a</text>', svg) == ["16", "60", "104"]


@given(st.lists(st.tuples(SHARES, SHARES, SHARES), max_size=5))
def test_any_shares_stay_within_the_chart(rows: list[tuple[float, float, float]]) -> None:
    svg = interval_chart([Interval("a", value, low, high) for value, low, high in rows], title=HOSTILE)
    assert all(0 <= float(x) <= 100 for x in re.findall(r'x="([\d.]+)%"', svg))
    assert "<script" not in svg
