"""Each kind of parameter has its optimizer and its share of the learning rate."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from glaswerk.train.optim.muon import Muon
from glaswerk.train.optim.optimizer import by_kind, optimizers, set_precision, set_rate


class Net(nn.Module):
    """One parameter of every kind, under the names that models have."""

    def __init__(self) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(10, 4)
        self.q_proj = nn.Linear(4, 4, bias=False)
        self.lora_A = nn.Linear(4, 2, bias=False)
        self.norm = nn.LayerNorm(4)
        self.lm_head = nn.Linear(4, 10, bias=False)


def _rates(parts: list[torch.optim.Optimizer], model: Net) -> dict[str, float]:
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return {
        names[id(parameter)]: group["lr"]
        for part in parts
        for group in part.param_groups
        for parameter in group["params"]
    }


def test_every_trainable_parameter_is_of_one_kind() -> None:
    model = Net()
    matrices, tables, norms = by_kind(model)
    assert [parameter.shape for parameter in matrices] == [(4, 4)]
    assert len(tables) == 3
    assert len(norms) == 2
    model.q_proj.weight.requires_grad_(False)
    assert by_kind(model)[0] == []


@given(st.floats(1e-6, 1.0), st.floats(0.1, 20), st.floats(0.1, 20))
@settings(deadline=None)
def test_rates_are_that_of_the_matrices_times_their_ratio(
    rate: float, embedding: float, inputs: float
) -> None:
    model = Net()
    parts = optimizers(
        model, learning_rate=rate, weight_decay=0.1, embedding_ratio=embedding, input_ratio=inputs
    )
    found = _rates(parts, model)
    assert found["q_proj.weight"] == found["norm.weight"] == found["norm.bias"] == rate
    assert found["lm_head.weight"] == found["lora_A.weight"] == pytest.approx(rate * embedding)
    assert found["embed_tokens.weight"] == pytest.approx(rate * embedding * inputs)
    set_rate(parts[1], 2 * rate)
    assert _rates(parts, model)["lm_head.weight"] == pytest.approx(2 * rate * embedding)
    assert set(found) == {name for name, _ in model.named_parameters()}


def test_a_frozen_output_gives_the_embedding_the_rate_of_tables() -> None:
    model = Net()
    model.lm_head.weight.requires_grad_(False)
    found = _rates(optimizers(model, learning_rate=1.0, weight_decay=0.0, input_ratio=4.0), model)
    assert found["embed_tokens.weight"] == 1.0
    assert "lm_head.weight" not in found


def test_only_matrices_decay() -> None:
    parts = optimizers(Net(), learning_rate=1.0, weight_decay=0.3)
    decays = [group["weight_decay"] for part in parts for group in part.param_groups]
    assert decays[0] == 0.3
    assert not any(decays[1:])


@pytest.mark.parametrize(("precision", "kind"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_the_precision_is_that_of_muons_products_alone(precision: str, kind: torch.dtype) -> None:
    parts = optimizers(Net(), learning_rate=1.0, weight_decay=0.0)
    set_precision(parts, precision)
    muon, adamw = parts
    assert isinstance(muon, Muon)
    assert muon.dtype is kind
    assert not hasattr(adamw, "dtype")
