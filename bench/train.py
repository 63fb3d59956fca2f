"""One training step of a 2 M Qwen3, ours beside the way most scripts write it, in turn in one process.

Peer: the loop of a plain PyTorch script on the same network and batches: `model(input_ids, labels)` of
transformers for the loss, AdamW. Ours: the loss in cache-sized pieces, Muon + AdamW.
    python -m bench.train
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import click
import numpy as np
import torch

from glaswerk.model import build
from glaswerk.plan import shape_for
from glaswerk.train.loop import LoopConfig, Step
from glaswerk.train.memory import keep_freed_memory
from glaswerk.train.objective import next_token
from glaswerk.train.optimizer import optimizers, set_precision
from glaswerk.train.precision import resolve
from glaswerk.train.sampler import PackedSampler
from glaswerk.train.stream import Stream

ROUNDS, SEQUENCES, LENGTH = 9, 16, 256


def ours(sampler: PackedSampler) -> Callable[[int], None]:
    model = build(shape_for(2_000_000, 4096, LENGTH), seed=0, end_id=0, turn_end_id=1)
    parts = optimizers(model, learning_rate=1e-3, weight_decay=0.0)
    config = LoopConfig(steps=100, learning_rate=1e-3, precision=resolve("auto"))
    set_precision(parts, config.precision)
    step_of = Step(model, parts, next_token, config)
    return lambda step: step_of(sampler.batch(step), step) and None


def plain(sampler: PackedSampler) -> Callable[[int], None]:
    model = build(shape_for(2_000_000, 4096, LENGTH), seed=0, end_id=0, turn_end_id=1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    def step(number: int) -> None:
        batch = sampler.batch(number)
        loss = model(input_ids=batch.inputs, labels=batch.inputs).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    return step


def main() -> None:
    tokens = np.random.default_rng(0).integers(0, 4000, 400_000).astype(np.uint16)
    ends = np.arange(63, 400_000, 64)
    stream = Stream("train", [str(end) for end in ends], tokens, ends - 63, ends, end_id=0)
    sampler = PackedSampler(stream, length=LENGTH, rows=SEQUENCES, seed=0)
    peer = measure({"plain": plain(sampler)})["plain"]
    keep_freed_memory()
    own = measure({"ours": ours(sampler), "plain again": plain(sampler)})
    rate = SEQUENCES * LENGTH
    click.echo(f"plain transformers + AdamW     {rate / peer:8,.0f} tokens/s")
    click.echo(f"  the same, with kept memory   {rate / own['plain again']:8,.0f} tokens/s")
    click.echo(f"ours                           {rate / own['ours']:8,.0f} tokens/s")
    click.echo(f"ratio ours / plain             {peer / own['ours']:8.2f}")


def measure(steps: dict[str, Callable[[int], None]]) -> dict[str, float]:
    """Median seconds a step, the candidates taking turns."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(ROUNDS + 1):
        for name, step in steps.items():
            clock = time.perf_counter()
            step(number)
            if number:
                times[name].append(time.perf_counter() - clock)
    return {name: statistics.median(values) for name, values in times.items()}


if __name__ == "__main__":
    main()
