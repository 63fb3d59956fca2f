"""One dial: every size has a shape near it, and its count is that of the network."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.plan.shape import HEAD, Shape, at_depth, parse_size, shape_for


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1.8M", 1_800_000),
        ("350m", 350_000_000),
        (" 2 B ", 2_000_000_000),
        ("100K", 100_000),
        ("7", 7),
        ("0.5k", 500),
    ],
)
def test_a_size_is_read_with_its_unit(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "M", "0", "0.0M", "-1M", "1e6", "1,5M", "1T", "nan", "1M2", "٣M ok"])
def test_what_is_no_size_is_refused_with_what_was_found(text: str) -> None:
    with pytest.raises(GlaswerkError, match="--size takes a number of parameters") as error:
        parse_size(text)
    assert repr(text) in error.value.message


@settings(max_examples=40, deadline=None)
@given(st.integers(100_000, 3_000_000_000), st.sampled_from([256, 4096, 32768]))
def test_no_other_shape_of_the_dial_is_nearer_to_the_size_asked_for(size: int, vocabulary: int) -> None:
    shape = shape_for(size, vocabulary, 256)
    off = abs(shape.parameters - size)
    for depth in (shape.layers - 1, shape.layers + 1):
        if 1 <= depth <= 80:
            assert abs(at_depth(depth, vocabulary, 256).parameters - size) >= off


@given(st.integers(1, 80))
def test_the_dial_makes_the_width_64_a_layer_in_whole_heads(depth: int) -> None:
    shape = at_depth(depth, 1024, 128)
    assert (shape.layers, shape.width, shape.heads) == (depth, HEAD * depth, depth)
    assert shape.feed_forward % HEAD == 0
    assert shape.feed_forward >= shape.width * 8 / 3
    assert shape == shape_for(shape.parameters, 1024, 128)


def test_more_layers_are_more_parameters() -> None:
    sizes = [at_depth(depth, 1024, 128).parameters for depth in range(1, 81)]
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize("depth", [1, 3, 12])
def test_a_wished_depth_is_kept_and_the_width_makes_up_the_size(depth: int) -> None:
    shape = shape_for(5_000_000, 1024, 128, depth=depth)
    assert shape.layers == depth
    assert abs(shape.parameters - 5_000_000) / 5_000_000 < 0.6


def test_an_untied_table_adds_its_size_and_the_context_adds_nothing() -> None:
    shape = Shape(1024, 2, 128, 2, 384, 128)
    assert replace(shape, tied=False).parameters == shape.parameters + 1024 * 128
    assert replace(shape, context=4096).parameters == shape.parameters


@pytest.mark.parametrize(("size", "layers"), [(1, 1), (10**14, 80)])
def test_sizes_beyond_the_dial_end_at_its_ends(size: int, layers: int) -> None:
    assert shape_for(size, 256, 64).layers == layers
