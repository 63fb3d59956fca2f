"""Sizes by name."""

from __future__ import annotations

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.town.truth.sizes import SIZES, town_size


@pytest.mark.parametrize("name", list(SIZES))
def test_a_size_is_found_by_its_name(name: str) -> None:
    assert town_size(name) is SIZES[name]


@pytest.mark.parametrize("name", ["", "Tiny", "huge", "demo "])
def test_another_name_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(GlaswerkError) as caught:
        town_size(name)
    assert caught.value.message == f"expected a town size (tiny, demo, large), found {name!r}"
    assert caught.value.hint == "glaswerk town FOLDER --size demo"


def test_sizes_grow_in_order() -> None:
    tiny, demo, large = (SIZES[name] for name in ("tiny", "demo", "large"))
    for count in ("people", "places", "events", "chatter", "politics", "pictures"):
        assert getattr(tiny, count) < getattr(demo, count) < getattr(large, count)
