"""Measures this machine: the peak of its matrix products, and real training steps of a network."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from transformers import PreTrainedModel

from glaswerk.model.text_network import build
from glaswerk.plan.devices import CPU_UTILISATION, Device, recognised
from glaswerk.plan.estimate import Rate, Work
from glaswerk.train.batches.batches import Batch, Sampler
from glaswerk.train.loop import LoopConfig, Step
from glaswerk.train.machine.device import device_of_rank
from glaswerk.train.machine.precision import PRECISIONS
from glaswerk.train.objective.next_token import Network, next_token
from glaswerk.train.optim.optimizer import optimizers, set_precision
from glaswerk.train.parallel.world import World

# Wide enough that a product is bound by arithmetic, small enough for 20 ms on two cores and for a GPU's 1 ms.
_SIDE = {"cpu": 1024, "cuda": 8192}
_TRIES = 12
# The first steps select kernels and allocate memory, so they are not counted.
_WARMUP = 2


@dataclass(frozen=True, slots=True)
class Probe:
    """Real training steps: how many, and how fast."""

    steps: int
    tokens_per_second: float


@cache
def matmul_peak(precision: str) -> float:
    """FLOP/s of the fastest of some square products in `precision` on this machine's device.

    A measured substitute for a peak that no data sheet gives, for instance that of two shared cores.
    """
    device = device_of_rank().type
    side = _SIDE[device]
    left, right = (torch.ones(side, side, dtype=PRECISIONS[precision], device=device) for _ in range(2))
    best = float("inf")
    for _ in range(_TRIES):
        clock = time.perf_counter()
        left @ right
        _wait()
        best = min(best, time.perf_counter() - clock)
    return 2 * side**3 / best


def here(precision: str) -> Device:
    """This machine as a device: the table's entry for a known GPU; else its measured peak and its memory."""
    source = f"the fastest of {_TRIES} products in {precision}, measured now"
    if device_of_rank().type == "cuda":
        properties = torch.cuda.get_device_properties(0)
        known = recognised(properties.name)
        if known is not None:
            return known
        memory = float(properties.total_memory)
        return Device(properties.name, matmul_peak(precision) / 1e12, memory / 1e9, None, source)
    name = f"this CPU, {torch.get_num_threads()} threads"
    peak = matmul_peak(precision) / 1e12
    return Device(name, peak, _memory() / 1e9, None, source, CPU_UTILISATION, wide=1, layer_seconds=0.0)


def training_rate(work: Work, sampler: Sampler, *, peak: float, seconds: float) -> Rate:
    """The measured rate of this network: optimizer steps for `seconds` on the first batches of `sampler`."""
    model = build(work.shape, seed=0, end_id=0, turn_end_id=1)
    found = probe_steps(model, sampler.batch, precision=work.precision, seconds=seconds)
    basis = f"measured here: {found.steps} training steps of this network"
    return Rate(found.tokens_per_second, basis, peak, measured=True)


def probe_steps(
    model: PreTrainedModel, batch: Callable[[int], Batch], *, precision: str, seconds: float
) -> Probe:
    """Take optimizer steps for `seconds`, at least three, after two to warm up. Changes `model`."""
    config = LoopConfig(steps=1, learning_rate=1e-3, precision=precision)
    parts = optimizers(model, learning_rate=config.learning_rate, weight_decay=config.weight_decay)
    set_precision(parts, precision)
    step = Step(Network(model), parts, next_token, config, World.alone())
    times: list[float] = []
    tokens = 0.0
    while len(times) < _WARMUP + 3 or sum(times[_WARMUP:]) < seconds:
        clock = time.perf_counter()
        figures = step(batch(len(times)), 0)
        _wait()
        times.append(time.perf_counter() - clock)
        tokens += figures["tokens"] if len(times) > _WARMUP else 0
    return Probe(len(times) - _WARMUP, tokens / sum(times[_WARMUP:]))


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _memory() -> float:
    """Bytes of memory that this process may use: of the machine, or of its control group if that is less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    try:
        return float(min(total, int(limit.read_text())))
    except (OSError, ValueError):  # no control group, or "max"
        return float(total)
