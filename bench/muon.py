"""One step of Muon, ours against `torch.optim.Muon`, on the hidden matrices of networks of the size dial.

    python -m bench.muon

One thread, iterations in bf16 as in torch, the same gradients; both step in turn, medians of CPU time. A test
of our Muon checks that both give the same weights.
"""

from __future__ import annotations

import copy
import statistics
import time

import click
import torch
from torch.optim import Muon as Theirs
from torch.optim import Optimizer

from glaswerk.model import build
from glaswerk.plan.shape import at_depth
from glaswerk.train.optim.muon import Muon
from glaswerk.train.optim.optimizer import by_kind

DEPTHS = (2, 3, 4, 6)
ROUNDS, SETTLING = 15, 3
SETTINGS = {"lr": 0.01, "weight_decay": 0.01}


def pair(depth: int) -> tuple[int, Optimizer, Optimizer]:
    """(parameters, ours, torch's) over equal matrices with equal gradients."""
    matrices, _, _ = by_kind(build(at_depth(depth, 4096, 256), seed=0, end_id=0, turn_end_id=1))
    for matrix in matrices:
        matrix.grad = torch.randn(matrix.shape, generator=torch.Generator().manual_seed(depth))
    others = copy.deepcopy(matrices)
    for matrix, other in zip(matrices, others, strict=True):
        assert matrix.grad is not None
        other.grad = matrix.grad.clone()
    theirs = Theirs(others, adjust_lr_fn="match_rms_adamw", nesterov=True, **SETTINGS)
    ours = Muon([{"params": matrices, "ratio": 1.0}], dtype=torch.bfloat16, **SETTINGS)
    return sum(matrix.numel() for matrix in matrices), ours, theirs


def step(optimizer: Optimizer) -> float:
    """CPU milliseconds."""
    clock = time.process_time()
    optimizer.step()
    return 1000 * (time.process_time() - clock)


@click.command(help=__doc__)
def main() -> None:
    torch.set_num_threads(1)
    for depth in DEPTHS:
        parameters, ours, theirs = pair(depth)
        times = [(step(ours), step(theirs)) for _ in range(ROUNDS + SETTLING)][SETTLING:]
        mine, other = (statistics.median(column) for column in zip(*times, strict=True))
        click.echo(
            f"{parameters:12,} parameters in matrices: ours {mine:.1f} ms, torch.optim.Muon {other:.1f} ms, "
            f"{other / mine:.2f} ×"
        )


if __name__ == "__main__":
    main()
