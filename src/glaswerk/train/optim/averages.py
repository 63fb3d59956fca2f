"""Averages of weights over the steps of a run: smoother than the last weights, and better to sample from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

# The keys of this optimizer's state; no other optimizer of the package has them.
AVERAGE, COUNT = "average", "averaged_steps"
_KEYS = (AVERAGE, COUNT)


class Averages(Optimizer):
    """Exponential moving averages of parameters (EMA), as an optimizer so that checkpoints hold them.

    It comes after those that change the parameters. Of the first steps less is kept: min(decay, (1 + n) /
    (10 + n)) after n steps.
    """

    def __init__(self, params: Iterable[Any], *, decay: float) -> None:
        super().__init__(params, {"ratio": 1.0, "decay": decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move the averages towards the parameters."""
        for group in self.param_groups:
            for parameter in group["params"]:
                state = self.state[parameter]
                if not state:
                    state[AVERAGE], state[COUNT] = parameter.detach().clone(), torch.zeros(())
                count = state[COUNT].item()
                state[COUNT] += 1
                decay = min(group["decay"], (1 + count) / (10 + count))
                state[AVERAGE].lerp_(parameter.detach(), 1 - decay)


def holds(optimizer: Optimizer, key: str) -> bool:
    """Whether `key` is one of the state of this optimizer rather than of another of the same parameters."""
    return isinstance(optimizer, Averages) == (key in _KEYS)


@torch.no_grad()
def exchange(parts: Sequence[Optimizer]) -> None:
    """Swap the parameters with their averages, where there are any; twice changes nothing."""
    for part in parts:
        if not isinstance(part, Averages):
            continue
        for parameter, state in part.state.items():
            average: Tensor = state[AVERAGE]
            kept = parameter.detach().clone()
            parameter.copy_(average)
            average.copy_(kept)


@contextmanager
def averaged(parts: Sequence[Optimizer]) -> Iterator[None]:
    """Inside this context, the parameters are their averages."""
    exchange(parts)
    try:
        yield
    finally:
        exchange(parts)
