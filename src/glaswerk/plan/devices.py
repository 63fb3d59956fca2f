"""Devices that training runs on: what their makers say they can do, and what we assume they reach."""

from __future__ import annotations

import re
from dataclasses import dataclass

from glaswerk.core.errors import GlaswerkError


@dataclass(frozen=True, slots=True)
class Device:
    """`teraflops`: peak of dense products, in bf16 unless the name says otherwise; `gigabytes`: its memory.

    `utilisation`: the share of the peak that a training step is ASSUMED to reach (MFU) where no probe was
    made, from a width of `wide` on and in proportion below. `layer_seconds`: the least that a step takes a
    layer, ASSUMED, too: some 60 kernels to start, forward and backward. `watts`: of the device alone, at full
    load; None where nobody says.
    """

    name: str
    teraflops: float
    gigabytes: float
    watts: float | None
    source: str
    utilisation: float = 0.4
    wide: int = 768
    layer_seconds: float = 3e-4


# 40 %: between what small networks reach and the 50 to 60 % of well-tuned large ones.
DEVICES = {
    "h200": Device("H200 SXM", 989, 141, 700, "NVIDIA H200 datasheet (dense: half of the sparse figure)"),
    "h100": Device("H100 SXM", 989, 80, 700, "NVIDIA H100 datasheet (dense: half of the sparse figure)"),
    "a100": Device("A100 SXM 80 GB", 312, 80, 400, "NVIDIA A100 datasheet"),
    "l40s": Device("L40S", 362, 48, 350, "NVIDIA L40S datasheet"),
    "rtx4090": Device("RTX 4090", 165.2, 24, 450, "NVIDIA Ada whitepaper, appendix A (fp32 accumulation)"),
    "a10": Device("A10", 125, 24, 150, "NVIDIA A10 datasheet"),
}
# ASSUMED: of the peak of a large product.
CPU_UTILISATION = 0.5


def device_named(name: str) -> Device:
    """The device of that name in the table. Raises GlaswerkError with the names there are."""
    found = DEVICES.get(name.casefold().replace(" ", "").replace("-", ""))
    if found is None:
        raise GlaswerkError(
            f"--device takes here, {', '.join(DEVICES)}, found {name!r}",
            hint="on the device itself, glaswerk plan --probe measures",
        )
    return found


def recognised(name: str) -> Device | None:
    """The table's entry for a name as a driver gives it ("NVIDIA H200"), or None."""
    plain = "".join(name.casefold().split())
    return next((device for key, device in DEVICES.items() if re.search(rf"{key}(?![a-z\d])", plain)), None)
