"""The number format of matrix products in training, chosen by a probe of the machine."""

from __future__ import annotations

import time
from functools import cache

import torch

from glaswerk.core.errors import GlaswerkError

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}
_CPU = torch.device("cpu")
# Casting has a cost, too: a small gain in the products alone would be no gain in a step.
_GAIN = 1.2
_TRIES = 15


def resolve(precision: str) -> str:
    """`fp32` and `bf16` unchanged; `auto` by the probe. Raises GlaswerkError for any other word.

    Weights, sums, softmax and optimizer stay in fp32 either way (mixed precision, Micikevicius et al. 2018).
    """
    if precision == "auto":
        return "bf16" if bf16_gain() > _GAIN else "fp32"
    if precision not in PRECISIONS:
        raise GlaswerkError(
            f"--precision takes auto, {' or '.join(PRECISIONS)}, found {precision!r}",
            hint="auto measures which of the two this machine multiplies faster",
        )
    return precision


def autocast(precision: str, device: torch.device = _CPU) -> torch.autocast:
    """The autocast context for a forward pass; the backward pass needs none."""
    kind = PRECISIONS[resolve(precision)]
    return torch.autocast(device.type, kind, enabled=kind is not torch.float32)


@cache
def bf16_gain() -> float:
    """How many times faster this machine multiplies matrices in bf16 than in fp32.

    2 to 3 on an AVX512-BF16 processor, busy or not; 0.5 to 0.7 on one without bf16 instructions: so far
    apart that noise does not change the choice. The best of all tries.
    """
    left, right = torch.ones(1024, 256), torch.ones(256, 1024)
    factors = {kind: (left.to(kind), right.to(kind)) for kind in PRECISIONS.values()}
    best = dict.fromkeys(factors, float("inf"))
    for _ in range(_TRIES):
        for kind, (a, b) in factors.items():
            clock = time.perf_counter()
            a @ b
            best[kind] = min(best[kind], time.perf_counter() - clock)
    return best[torch.float32] / best[torch.bfloat16]
