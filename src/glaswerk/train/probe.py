"""What this machine does: the peak of its matrix products, and real training steps of a network."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

from glaswerk.model.text import build
from glaswerk.plan.devices import CPU_UTILISATION, Device, recognised
from glaswerk.plan.estimate import Rate
from glaswerk.plan.shape import Shape
from glaswerk.train.batches import Batch
from glaswerk.train.loop import losses
from glaswerk.train.optimizer import optimizers
from glaswerk.train.precision import PRECISIONS, autocast

# Wide enough that a product is bound by arithmetic, small enough for 20 ms on two cores and for a GPU's 1 ms.
_SIDE = {"cpu": 1024, "cuda": 8192}
_TRIES = 12
# Kernels are chosen, memory is got: the first steps tell nothing.
_WARMUP = 2


@dataclass(frozen=True, slots=True)
class Probe:
    """Real training steps: how many, how fast, and the most memory that tensors took on a GPU (else 0)."""

    steps: int
    tokens_per_second: float
    peak_bytes: int


def this_device() -> str:
    """ "cuda" where a GPU can be used, else "cpu"."""
    return "cuda" if torch.cuda.is_available() else "cpu"


@cache
def matmul_peak(precision: str) -> float:
    """FLOP/s of the fastest of some square products in `precision` on this machine's device.

    A measured stand-in for a peak that no data sheet gives: of two cores that others use, too, for instance.
    """
    device = this_device()
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
    """This machine as a device: the table's entry for a known GPU, else its measured peak and its memory."""
    source = f"the fastest of {_TRIES} products in {precision}, measured now"
    if this_device() == "cuda":
        properties = torch.cuda.get_device_properties(0)
        known = recognised(properties.name)
        if known is not None:
            return known
        memory = float(properties.total_memory)
        return Device(properties.name, matmul_peak(precision) / 1e12, memory / 1e9, None, source)
    name = f"this CPU, {torch.get_num_threads()} threads"
    peak = matmul_peak(precision) / 1e12
    return Device(name, peak, _memory() / 1e9, None, source, CPU_UTILISATION, wide=1, layer_seconds=0.0)


def training_rate(
    shape: Shape, *, micro_tokens: int, precision: str, peak: float, seconds: float = 10.0
) -> Rate:
    """Rate of this very network, by optimizer steps over random tokens for `seconds` after two to warm up."""
    found = probe_steps(shape, micro_tokens=micro_tokens, precision=precision, seconds=seconds)
    basis = f"measured here: {found.steps} training steps of this network"
    return Rate(found.tokens_per_second, basis, peak, measured=True)


def probe_steps(shape: Shape, *, micro_tokens: int, precision: str, seconds: float) -> Probe:
    """At least three optimizer steps of a fresh network; the machine's random state stays as it was."""
    device = this_device()
    rows = max(1, micro_tokens // shape.context)
    with torch.random.fork_rng():
        model = build(shape, seed=0, end_id=0, turn_end_id=1).to(device)
        parts = optimizers(model, learning_rate=1e-3, weight_decay=0.0)
        ids = torch.randint(0, shape.vocab_size, (rows, shape.context + 1), device=device)
        batch = Batch(ids[:, :-1].contiguous(), ids[:, 1:].contiguous())
        if device == "cuda":
            torch.cuda.reset_peak_memory_stats()
        times: list[float] = []
        while len(times) < _WARMUP + 3 or sum(times[_WARMUP:]) < seconds:
            clock = time.perf_counter()
            with autocast(precision):
                _, total = losses(model, batch)
            total.backward()  # type: ignore[no-untyped-call]
            for part in parts:
                part.step()
                part.zero_grad(set_to_none=True)
            _wait()
            times.append(time.perf_counter() - clock)
    counted = times[_WARMUP:]
    memory = torch.cuda.max_memory_allocated() if device == "cuda" else 0
    return Probe(len(counted), rows * shape.context * len(counted) / sum(counted), memory)


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _memory() -> float:
    """Bytes of memory of this machine, or of the control group that this process may use."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    try:
        return float(min(total, int(limit.read_text())))
    except (OSError, ValueError):  # no control group, or "max"
        return float(total)
