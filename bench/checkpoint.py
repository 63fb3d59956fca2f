"""What a checkpoint costs training: ours, written in the background, against one that training waits for.

Peer: what a plain script does, `safetensors.torch.save_file` of weights and optimizer state, flushed to disk.
Ours also writes checksums and a manifest. The stall is the time in the call, plus the time by which steps
exceed the median step until the files are on disk. One checkpoint every 100 steps.

    python -m bench.checkpoint
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from glaswerk.core.files import fsync_path
from glaswerk.model import build
from glaswerk.plan import shape_for
from glaswerk.train.checkpoint.file import Progress
from glaswerk.train.checkpoint.policy import Checkpoints, written_steps
from glaswerk.train.checkpoint.state import state_of
from glaswerk.train.machine.memory import keep_freed_memory
from glaswerk.train.optim.optimizer import optimizers

SAVES, BETWEEN, EVERY, ROWS, LENGTH = 3, 5, 100, 8, 128


def stepper(model: nn.Module, parts: list[torch.optim.Optimizer]) -> Callable[[], float]:
    """Take a training step; returns its seconds."""
    chance = np.random.default_rng(0)

    def step() -> float:
        clock = time.perf_counter()
        ids = torch.from_numpy(chance.integers(0, 4000, (ROWS, LENGTH)))
        model(input_ids=ids, labels=ids).loss.backward()
        for part in parts:
            part.step()
            part.zero_grad()
        return time.perf_counter() - clock

    return step


def main() -> None:
    keep_freed_memory()
    model = build(shape_for(5_000_000, 4096, LENGTH), seed=0, end_id=0, turn_end_id=1)
    parts = optimizers(model, learning_rate=1e-4, weight_decay=0.0)
    step = stepper(model, parts)
    step()
    size = sum(tensor.nbytes for tensor in state_of(model, parts).values())
    with tempfile.TemporaryDirectory() as folder, Checkpoints(Path(folder) / "ours") as checkpoints:
        usual, call, stall, plain = measure(step, model, parts, checkpoints, Path(folder))
    click.echo(f"checkpoint                       {size / 1e6:8.1f} MB; a step takes {usual * 1e3:,.0f} ms")
    click.echo(
        f"plain save_file, training waits  {plain * 1e3:8.1f} ms   {plain / (EVERY * usual):7.2%} of the time"
    )
    click.echo(f"ours, the call                   {call * 1e3:8.1f} ms   {call / (EVERY * usual):7.2%}")
    click.echo(f"ours, the call and slower steps  {stall * 1e3:8.1f} ms   {stall / (EVERY * usual):7.2%}")
    click.echo(f"ratio plain / ours               {plain / stall:8.2f}")


def measure(
    step: Callable[[], float],
    model: nn.Module,
    parts: list[torch.optim.Optimizer],
    checkpoints: Checkpoints,
    folder: Path,
) -> tuple[float, float, float, float]:
    """Median seconds of a step, and per checkpoint those of our call, our total stall and a plain save."""
    quiet: list[float] = []
    calls, busy, plains = [], [], []
    for number in range(1, SAVES + 1):
        quiet += [step() for _ in range(BETWEEN)]
        clock = time.perf_counter()
        save_file(state_of(model, parts), folder / "plain.safetensors")
        fsync_path(folder / "plain.safetensors")
        plains.append(time.perf_counter() - clock)
        quiet += [step() for _ in range(BETWEEN)]
        clock = time.perf_counter()
        checkpoints.save(model, parts, Progress(number))
        calls.append(time.perf_counter() - clock)
        steps = [step()]
        while number not in written_steps(checkpoints.folder):
            steps.append(step())
        checkpoints.wait()
        busy.append(steps)
    usual = statistics.median(quiet)
    slower = [sum(steps) - usual * len(steps) for steps in busy]
    stalls = [call + max(more, 0.0) for call, more in zip(calls, slower, strict=True)]
    return usual, statistics.median(calls), statistics.median(stalls), statistics.median(plains)


if __name__ == "__main__":
    main()
