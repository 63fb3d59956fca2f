"""Curves: points where their figures are, text that cannot break out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.core.pages.curves import Curve, curves

HOSTILE = '"><script>alert(1)</script>'
VALUES = st.floats(1e-6, 1e9, allow_nan=False)


@settings(deadline=None)
@given(st.lists(VALUES, min_size=2, max_size=30), st.booleans())
def test_every_point_lies_in_the_plot_whatever_the_values(values: list[float], from_zero: bool) -> None:
    points = [(float(i + 1), value) for i, value in enumerate(values)]
    plot = curves([Curve("a", points)], title="t", unit="x", from_zero=from_zero)
    found = re.findall(r'<circle cx="([\d.]+)%" cy="([\d.-]+)"', plot)
    assert len(found) == len(values)
    assert all(0 <= float(x) <= 100 and -0.1 <= float(y) <= 180.1 for x, y in found)
    assert 1 <= plot.count('class="grid"') <= 13


def test_a_larger_value_stands_higher_and_its_title_says_it() -> None:
    plot = curves([Curve("loss", [(10, 2.0), (20, 4.0)], [(10, 1.5, 2.5)])], title="t", unit="tokens")
    first, second = re.findall(r'cy="([\d.]+)"', plot)
    assert float(second) < float(first)
    assert "loss, 10 tokens: 2 (1.5 to 2.5)" in plot


@pytest.mark.parametrize("points", [[], [(1.0, 2.0)]])
def test_fewer_than_two_points_are_no_curve(points: list[tuple[float, float]]) -> None:
    assert curves([Curve("a", points)], title="t", unit="x") == ""


def test_names_are_escaped() -> None:
    plot = curves([Curve(HOSTILE, [(1, 1), (2, 2)])], title=HOSTILE, unit=HOSTILE)
    assert "<script>" not in plot
