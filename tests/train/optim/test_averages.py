"""Averages of weights: their values, swapping them in, and their place in checkpoints."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim import SGD

from glaswerk.train.checkpoint.state import places_for, state_of
from glaswerk.train.optim.averages import Averages, averaged, exchange


def _trained(steps: int) -> tuple[nn.Linear, list[torch.optim.Optimizer]]:
    torch.manual_seed(0)
    layer = nn.Linear(3, 2, bias=False)
    parts: list[torch.optim.Optimizer] = [
        SGD(layer.parameters(), lr=0.1, momentum=0.9),
        Averages(layer.parameters(), decay=0.9),
    ]
    for _ in range(steps):
        layer(torch.ones(1, 3)).square().sum().backward()
        for part in parts:
            part.step()
            part.zero_grad()
    return layer, parts


def test_the_average_moves_by_less_and_less_of_the_way() -> None:
    layer = nn.Linear(1, 1, bias=False)
    averages = Averages(layer.parameters(), decay=0.5)
    values = []
    for value in (0.0, 1.0, 1.0, 1.0):
        layer.weight.data.fill_(value)
        averages.step()
        values.append(averages.state[layer.weight]["average"].item())
    # Kept: 0.1, 2/11, 3/12, 4/13 of the average.
    expected, average = [], 0.0
    for count, value in enumerate((0.0, 1.0, 1.0, 1.0)):
        decay = min(0.5, (1 + count) / (10 + count))
        average = decay * average + (1 - decay) * value
        expected.append(average)
    assert torch.allclose(torch.tensor(values), torch.tensor(expected))


def test_averages_are_swapped_in_and_back() -> None:
    layer, parts = _trained(5)
    before = layer.weight.detach().clone()
    with averaged(parts):
        inside = layer.weight.detach().clone()
    assert not torch.equal(before, inside)
    assert torch.equal(layer.weight, before)
    exchange(parts)
    assert torch.equal(layer.weight, inside)


def test_a_checkpoint_gives_each_optimizer_its_own_state_back() -> None:
    layer, parts = _trained(5)
    stored = {name: tensor.clone() for name, tensor in state_of(layer, parts).items()}
    assert {name.rpartition("/")[2] for name in stored} == {
        "model.weight",
        "momentum_buffer",
        "average",
        "averaged_steps",
    }
    other, fresh = _trained(0)
    places = places_for({name: (t.shape, t.dtype) for name, t in stored.items()}, other, fresh)
    for name, place in places.items():
        place.copy_(stored[name])
    assert set(fresh[0].state[other.weight]) == {"momentum_buffer"}
    assert set(fresh[1].state[other.weight]) == {"average", "averaged_steps"}
    assert torch.equal(fresh[1].state[other.weight]["average"], stored["optimizer.weight/average"])
