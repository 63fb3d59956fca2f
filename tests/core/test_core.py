"""Progress bars."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.progress import track


@given(items=st.lists(st.integers()))
def test_a_bar_passes_every_item_on_in_order(items: list[int]) -> None:
    assert list(track(items, "counting")) == items
