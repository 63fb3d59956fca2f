"""Degrees are parsed, filled in and refused with what would fit."""

from __future__ import annotations

import math
from dataclasses import astuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.train.parallel.degrees import Parallel

DEGREE = st.integers(1, 8)


@given(DEGREE, DEGREE, DEGREE, DEGREE)
@settings(deadline=None)
def test_what_is_written_is_parsed_again(replicate: int, shard: int, context: int, tensor: int) -> None:
    degrees = Parallel(replicate, shard, context, tensor)
    parsed = Parallel.parse(str(degrees))
    ranks = math.prod(astuple(degrees))
    assert parsed.fitted(ranks) == degrees


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Parallel()),
        ("shard=4", Parallel(shard=4)),
        ("tensor=2,replicate=3", Parallel(replicate=3, tensor=2)),
        (",,context=2,", Parallel(context=2)),
    ],
)
def test_a_degree_that_is_not_named_keeps_its_default(text: str, expected: Parallel) -> None:
    assert Parallel.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("shards=2", "shards=2"),
        ("shard=2,shard=4", "shard=4"),
        ("shard=-1", "shard=-1"),
        ("shard=1.5", "shard=1.5"),
        ("shard=", "shard="),
        ("tensor", "tensor"),
        ("shard = 2", "shard = 2"),
        ("SHARD=2", "SHARD=2"),
    ],
)
def test_text_that_names_no_degree_is_quoted_in_the_error(text: str, part: str) -> None:
    with pytest.raises(GlaswerkError) as refused:
        Parallel.parse(text)
    assert f"found {part!r}" in str(refused.value)
    assert "--parallel replicate=2,shard=4" in str(refused.value.hint)


@given(st.integers(1, 64))
@settings(deadline=None)
def test_without_degrees_all_ranks_shard(ranks: int) -> None:
    fitted = Parallel().fitted(ranks)
    assert fitted == Parallel(shard=ranks)
    assert fitted.data_ranks == ranks
    assert fitted.whole_layers


@pytest.mark.parametrize(
    ("degrees", "ranks", "shard"),
    [(Parallel(tensor=2), 8, 4), (Parallel(replicate=2, context=2), 8, 2), (Parallel(tensor=8), 8, 1)],
)
def test_the_ranks_that_are_left_shard(degrees: Parallel, ranks: int, shard: int) -> None:
    assert degrees.fitted(ranks).shard == shard


@given(DEGREE, DEGREE, DEGREE, DEGREE, st.integers(1, 64))
@settings(deadline=None)
def test_degrees_either_make_the_ranks_or_are_refused(
    replicate: int, shard: int, context: int, tensor: int, ranks: int
) -> None:
    degrees = Parallel(replicate, shard, context, tensor)
    if math.prod(astuple(degrees)) == ranks:
        assert degrees.fitted(ranks) == degrees
        return
    with pytest.raises(GlaswerkError, match=f"does not make {ranks} rank") as refused:
        degrees.fitted(ranks)
    assert "torchrun --nproc-per-node=" in str(refused.value.hint)


@pytest.mark.parametrize("degrees", [Parallel(replicate=0), Parallel(tensor=0), Parallel(context=0)])
def test_a_degree_of_zero_is_refused(degrees: Parallel) -> None:
    with pytest.raises(GlaswerkError, match="does not make 4 ranks"):
        degrees.fitted(4)


@pytest.mark.parametrize(
    ("degrees", "whole"),
    [(Parallel(2, 2), True), (Parallel(1, 2, 2), False), (Parallel(1, 2, 1, 2), False)],
)
def test_layers_are_whole_without_context_and_tensor_parallelism(degrees: Parallel, whole: bool) -> None:
    assert degrees.whole_layers is whole


@given(st.integers(1, 100), st.integers(1, 16), st.integers(1, 64))
@settings(deadline=None)
def test_rows_are_shared_equally_or_refused_with_batches_that_can_be(
    rows: int, ranks: int, length: int
) -> None:
    degrees = Parallel(shard=ranks)
    if rows % ranks == 0:
        degrees.check_rows(rows, length)
        return
    with pytest.raises(GlaswerkError) as refused:
        degrees.check_rows(rows, length)
    sizes = str(refused.value.hint).removeprefix("--batch-tokens ").split(" or ")
    assert all(int(size) % (ranks * length) == 0 and int(size) > 0 for size in sizes)
