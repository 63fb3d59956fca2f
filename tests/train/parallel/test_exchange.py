"""Matrices are shared out by their cost, on every rank in the same way."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.train.parallel.exchange import shared_out
from glaswerk.train.parallel.ranks import Ranks

SHAPES = st.lists(st.tuples(st.integers(1, 64), st.integers(1, 64)), max_size=30)


def _cost(shape: tuple[int, int]) -> int:
    return min(shape) ** 2 * max(shape)


@given(SHAPES, st.integers(1, 8))
@settings(deadline=None)
def test_no_rank_has_more_than_the_average_and_one_matrix(shapes: list[tuple[int, int]], ranks: int) -> None:
    owners = shared_out([torch.Size(shape) for shape in shapes], ranks)
    assert len(owners) == len(shapes)
    assert all(0 <= owner < ranks for owner in owners)
    costs = [_cost(shape) for shape in shapes]
    loads = [sum(c for c, owner in zip(costs, owners, strict=True) if owner == rank) for rank in range(ranks)]
    assert max(loads) <= sum(costs) / ranks + max(costs, default=0)


@given(SHAPES)
@settings(deadline=None)
def test_one_rank_owns_everything(shapes: list[tuple[int, int]]) -> None:
    assert shared_out([torch.Size(shape) for shape in shapes], 1) == [0] * len(shapes)


def test_equal_matrices_are_dealt_in_turn() -> None:
    assert sorted(shared_out([torch.Size((8, 8))] * 6, 3)) == [0, 0, 1, 1, 2, 2]


def test_a_process_alone_agrees_with_itself() -> None:
    alone = Ranks()
    assert alone.first
    assert alone.gather("a") == ["a"]
    assert alone.of_first({"b": 1}) == {"b": 1}
    assert not Ranks(rank=1, size=2).first
