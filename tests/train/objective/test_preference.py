"""The loss of preference pairs, against its formula."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.train.batches.batches import IGNORED
from glaswerk.train.objective.preference import PairBatch, dpo_losses

LOGS = st.floats(-20, 0)
PAIRS = st.lists(st.tuples(LOGS, LOGS, LOGS, LOGS), min_size=1, max_size=6)


def _columns(pairs: list[tuple[float, ...]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Policy and reference, the chosen answers of all pairs before the rejected ones."""
    table = torch.tensor(pairs, dtype=torch.float64)
    return table[:, :2].T.flatten(), table[:, 2:].T.flatten()


@given(PAIRS, st.floats(0.01, 2.0))
@settings(deadline=None)
def test_losses_and_rewards_are_those_of_the_formula(pairs: list[tuple[float, ...]], beta: float) -> None:
    policy, reference = _columns(pairs)
    losses, rewards = dpo_losses(policy, reference, beta)
    for i, (chosen, rejected, before, other) in enumerate(pairs):
        margin = beta * ((chosen - before) - (rejected - other))
        assert losses[i].item() == pytest.approx(math.log1p(math.exp(-margin)), rel=1e-6, abs=1e-9)
        assert (rewards[0, i] - rewards[1, i]).item() == pytest.approx(margin, abs=1e-9)


@given(PAIRS)
@settings(deadline=None)
def test_at_the_reference_every_loss_is_the_logarithm_of_two(pairs: list[tuple[float, ...]]) -> None:
    policy, _ = _columns(pairs)
    losses, rewards = dpo_losses(policy, policy, 0.1)
    assert losses.tolist() == pytest.approx([math.log(2)] * len(pairs))
    assert not rewards.any()


@given(PAIRS, st.floats(0.01, 2.0))
@settings(deadline=None)
def test_exchanging_both_answers_turns_the_margin(pairs: list[tuple[float, ...]], beta: float) -> None:
    swapped = [(b, a, d, c) for a, b, c, d in pairs]
    _, one = dpo_losses(*_columns(pairs), beta)
    _, other = dpo_losses(*_columns(swapped), beta)
    torch.testing.assert_close(one[0] - one[1], other[1] - other[0])


def test_the_gradient_raises_the_chosen_and_lowers_the_rejected_answer() -> None:
    policy = torch.tensor([-5.0, -5.0], requires_grad=True)
    losses, rewards = dpo_losses(policy, torch.tensor([-5.0, -5.0]), 0.1)
    losses.sum().backward()
    assert policy.grad is not None
    assert policy.grad.tolist() == pytest.approx([-0.05, 0.05])
    assert not rewards.requires_grad


def _batch(pairs: int) -> PairBatch:
    rows = 2 * pairs
    ids = torch.arange(rows)[:, None].repeat(1, 3)
    return PairBatch(ids, ids.clone(), ids.clone(), torch.full((rows,), 3), torch.arange(rows) / 10)


@given(st.integers(1, 9), st.integers(1, 12), st.integers(1, 4))
@settings(deadline=None)
def test_a_pair_is_never_parted_by_micro_batches_or_ranks(pairs: int, rows: int, ranks: int) -> None:
    batch = _batch(pairs)
    assert batch.pairs == batch.counted() == pairs
    seen = []
    for part in (part for rank in range(ranks) for part in batch.part(rank, ranks).micro(rows)):
        assert len(part.inputs) <= max(rows, 2)
        chosen, rejected = part.inputs[: part.pairs, 0], part.inputs[part.pairs :, 0]
        assert (rejected - chosen == pairs).all()
        torch.testing.assert_close(part.reference * 10, part.inputs[:, 0].float())
        seen += chosen.tolist()
    assert sorted(seen) == list(range(pairs))
    assert IGNORED not in seen
