"""What training refuses, and what it survives."""

from __future__ import annotations

import math

import pytest
import torch

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.tokenizer import Shards
from glaswerk.train import TrainConfig
from glaswerk.train.batches.batches import IGNORED
from glaswerk.train.objective.loss import linear_cross_entropy
from glaswerk.train.plan import plan


@pytest.mark.parametrize(
    "wrong",
    [{"epochs": math.nan}, {"epochs": -1.0}, {"seed": -1}, {"learning_rate": math.inf}, {"batch_tokens": -5}],
)
def test_settings_out_of_range_are_refused_by_name(lab: Lab, wrong: dict[str, float]) -> None:
    shards = Shards.open(lab.path("shards", "main.main"))
    with pytest.raises(GlaswerkError, match="--" + next(iter(wrong)).replace("_", "-")):
        plan(shards, TrainConfig(**wrong))  # type: ignore[arg-type]


def test_a_batch_without_a_labelled_token_has_a_finite_loss_and_no_gradient() -> None:
    hidden, weight = torch.randn(4, 8, requires_grad=True), torch.randn(30, 8, requires_grad=True)
    _, total = linear_cross_entropy(hidden, weight, torch.full((4,), IGNORED))
    total.backward()
    assert total.item() == 0
    assert weight.grad is not None
    assert not weight.grad.any()
