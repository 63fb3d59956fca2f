"""Report pages and progress bars."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.page import interval_chart, page, table
from glaswerk.core.progress import track


def test_reports_escape_what_comes_from_data() -> None:
    hostile = "<script>alert(1)</script>"
    text = page(hostile, [table([hostile], [[hostile]]), interval_chart([(hostile, 0.5, 0.4, 0.6, None)])])
    assert "<script" not in text


@given(items=st.lists(st.integers()))
def test_a_bar_passes_every_item_on_in_order(items: list[int]) -> None:
    assert list(track(items, "counting")) == items
