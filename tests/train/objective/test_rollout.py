"""Advantages and the clipped loss, against their formulas."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.train.objective.rollout import advantages_of, grpo_losses

REWARDS = st.lists(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=4, max_size=4), min_size=1, max_size=4)
LOGS = st.floats(-3, 0)


@given(REWARDS)
@settings(deadline=None)
def test_advantages_of_a_group_have_mean_zero_and_at_most_unit_spread(rewards: list[list[float]]) -> None:
    found = advantages_of(torch.tensor(rewards))
    assert found.mean(1).abs().max() < 1e-5
    assert found.std(1).max() <= 1


@given(REWARDS)
@settings(deadline=None)
def test_a_better_completion_never_has_a_lower_advantage(rewards: list[list[float]]) -> None:
    for row, found in zip(rewards, advantages_of(torch.tensor(rewards)).tolist(), strict=True):
        assert [a for _, a in sorted(zip(row, found, strict=True))] == sorted(found)


def test_a_group_does_not_depend_on_the_others() -> None:
    group = [1.0, 0.0, 0.0, 1.0]
    alone = advantages_of(torch.tensor([group]))
    assert torch.equal(advantages_of(torch.tensor([group, [0.0, 1.0, 1.0, 1.0]]))[:1], alone)


@given(st.lists(st.tuples(LOGS, LOGS, LOGS, st.floats(-2, 2)), min_size=1, max_size=8), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_losses_are_those_of_the_formula(rows: list[tuple[float, float, float, float]], kl: float) -> None:
    policy, old, reference, advantages = (
        torch.tensor(column, dtype=torch.float64) for column in zip(*rows, strict=True)
    )
    losses, _ = grpo_losses(policy, old, reference, advantages, clip=0.2, kl=kl)
    for (p, o, r, a), loss in zip(rows, losses.tolist(), strict=True):
        ratio = math.exp(p - o)
        clipped = min(max(ratio, 0.8), 1.2)
        divergence = ratio * (math.exp(r - p) - (r - p) - 1)
        assert loss == pytest.approx(-min(ratio * a, clipped * a) + kl * divergence, abs=1e-9)


def test_the_first_update_of_a_rollout_is_the_plain_policy_gradient() -> None:
    policy = torch.tensor([-1.0, -2.0], requires_grad=True)
    advantages = torch.tensor([0.5, -1.5])
    losses, figures = grpo_losses(policy, policy.detach(), torch.zeros(2), advantages, clip=0.2, kl=0.0)
    losses.sum().backward()
    assert policy.grad is not None
    torch.testing.assert_close(policy.grad, -advantages)
    assert figures["clipped"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("shift", "advantage", "clipped"),
    [(0.5, 1.0, True), (0.5, -1.0, False), (-0.5, -1.0, True), (-0.5, 1.0, False), (0.1, 1.0, False)],
)
def test_the_clip_holds_only_steps_that_went_too_far_in_the_right_direction(
    shift: float, advantage: float, clipped: bool
) -> None:
    policy = torch.tensor([shift], requires_grad=True)
    losses, figures = grpo_losses(
        policy, torch.zeros(1), torch.zeros(1), torch.tensor([advantage]), clip=0.2, kl=0.0
    )
    losses.sum().backward()
    assert policy.grad is not None
    assert (policy.grad.item() == 0) is clipped
    assert bool(figures["clipped"].item()) is clipped


@given(st.lists(st.tuples(LOGS, LOGS), min_size=1, max_size=8))
@settings(deadline=None)
def test_the_divergence_is_never_negative_and_zero_at_the_reference(pairs: list[tuple[float, float]]) -> None:
    policy, reference = (torch.tensor(column, dtype=torch.float64) for column in zip(*pairs, strict=True))
    nothing = torch.zeros_like(policy)
    _, figures = grpo_losses(policy, policy, reference, nothing, clip=0.2, kl=0.1)
    assert figures["divergence"].min() >= 0
    _, same = grpo_losses(policy, policy, policy, nothing, clip=0.2, kl=0.1)
    assert same["divergence"].abs().max() == 0


def test_without_a_penalty_no_divergence_is_reported() -> None:
    one = torch.zeros(1)
    _, figures = grpo_losses(one, one, one, one, clip=0.2, kl=0.0)
    assert set(figures) == {"clipped"}
