"""A batch: rows of pieces with labels and positions, its mask, and its parts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.train.batches.batches import IGNORED, Batch, Visits


def _piece(*ids: int) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    numbers = np.array(ids, np.int64)
    return numbers[:-1], numbers[1:]


ROWS = [[_piece(1, 2, 3), _piece(4, 5)], [_piece(6, 7, 8, 9)], []]


def test_pieces_stand_one_after_the_other_then_padding() -> None:
    batch = Batch.filled(ROWS, 5, pad=0)
    assert batch.inputs.tolist() == [[1, 2, 4, 0, 0], [6, 7, 8, 0, 0], [0, 0, 0, 0, 0]]
    no = IGNORED
    assert batch.labels.tolist() == [[2, 3, 5, no, no], [7, 8, 9, no, no], [no] * 5]
    assert batch.positions.tolist() == [[0, 1, 0, 0, 0], [0, 1, 2, 0, 0], [0] * 5]
    assert batch.sizes.tolist() == [3, 3, 0]
    assert (batch.tokens, batch.counted()) == (6, 6)


def test_a_row_without_padding_has_loss_on_all_of_it() -> None:
    ids = torch.arange(12).view(3, 4)
    batch = Batch.of(ids)
    assert batch.inputs.tolist() == ids[:, :3].tolist()
    assert batch.labels.tolist() == ids[:, 1:].tolist()
    assert batch.positions.tolist() == [[0, 1, 2]] * 3
    assert batch.counted() == batch.tokens == 9


def test_a_query_attends_to_earlier_keys_of_its_own_piece_alone() -> None:
    mask = Batch.filled(ROWS, 5, pad=0).mask()
    assert mask is not None
    assert mask.shape == (3, 1, 5, 5)
    first = mask[0, 0].int().tolist()
    assert first == [
        [1, 0, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [0, 0, 1, 0, 0],
        [0, 0, 0, 1, 0],
        [0, 0, 0, 0, 1],
    ]


@given(st.lists(st.lists(st.integers(1, 6), min_size=1, max_size=4), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_the_mask_is_that_of_positions_counted_by_hand(lengths: list[list[int]]) -> None:
    rows = [[_piece(*range(n + 1)) for n in row] for row in lengths]
    size = max(sum(row) for row in lengths)
    mask = Batch.filled(rows, size, pad=0).mask()
    assert mask is not None
    for row, pieces in enumerate(lengths):
        owner = [i for i, n in enumerate(pieces) for _ in range(n)]
        for query in range(len(owner)):
            seen = [key for key in range(size) if mask[row, 0, query, key]]
            assert seen == [key for key in range(query + 1) if owner[key] == owner[query]]


@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_ranks_and_micro_batches_have_every_row_once(rows: int, ranks: int, micro: int) -> None:
    batch = Batch.of(torch.arange(rows * 3).view(rows, 3))
    parts = [part for rank in range(ranks) for part in batch.part(rank, ranks).micro(micro)]
    assert sorted(int(part.inputs[i, 0]) for part in parts for i in range(len(part.inputs))) == [
        3 * row for row in range(rows)
    ]
    assert all(len(part.inputs) <= micro for part in parts)
    assert sum(part.counted() for part in parts) == batch.counted()


def test_ranks_have_as_many_rows_as_each_other_or_one_fewer() -> None:
    batch = Batch.of(torch.arange(33).view(11, 3))
    sizes = [len(batch.part(rank, 4).inputs) for rank in range(4)]
    assert sizes == [3, 3, 3, 2]


def test_moving_a_batch_keeps_its_values() -> None:
    batch = Batch.filled(ROWS, 5, pad=0)
    moved = batch.to(torch.device("cpu"))
    for name in ("inputs", "labels", "positions", "sizes"):
        assert torch.equal(getattr(moved, name), getattr(batch, name))


@pytest.mark.parametrize("chosen", [[True, False, True], [False] * 3, [True] * 3])
def test_visits_are_selected_together(chosen: list[bool]) -> None:
    visits = Visits(np.array([5, 6, 7]), np.array([0, 1, 2]), np.array([10, 20, 30]))
    kept = visits.only(np.array(chosen))
    places = [i for i, one in enumerate(chosen) if one]
    assert kept.document.tolist() == [5 + i for i in places]
    assert kept.step.tolist() == places
    assert kept.tokens.tolist() == [10 * (i + 1) for i in places]
