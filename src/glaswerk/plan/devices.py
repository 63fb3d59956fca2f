"""Training devices: the figures of their makers, and the utilisation that we assume."""

from __future__ import annotations

import re
from dataclasses import dataclass

from glaswerk.core.errors import GlaswerkError


@dataclass(frozen=True, slots=True)
class Device:
    """One device. `teraflops`: peak of dense products, in bf16 unless the name says otherwise.

    `gigabytes`: memory. `utilisation`: the share of the peak that a training step is ASSUMED to reach (MFU)
    without a probe, for networks of width `wide` or more; proportionally less below. `layer_seconds`: the
    minimum time of a step per layer, also ASSUMED: about 60 kernel launches, forward and backward. `watts`:
    the device alone at full load, None if not published.
    """

    name: str
    teraflops: float
    gigabytes: float
    watts: float | None
    source: str
    utilisation: float = 0.4
    wide: int = 768
    layer_seconds: float = 3e-4


# 40 % is between the figures of small networks and the 50 to 60 % of well-tuned large ones.
DEVICES = {
    "h200": Device("H200 SXM", 989, 141, 700, "NVIDIA H200 datasheet (dense: half of the sparse figure)"),
    "h100": Device("H100 SXM", 989, 80, 700, "NVIDIA H100 datasheet (dense: half of the sparse figure)"),
    "a100": Device("A100 SXM 80 GB", 312, 80, 400, "NVIDIA A100 datasheet"),
    "l40s": Device("L40S", 362, 48, 350, "NVIDIA L40S datasheet"),
    "rtx4090": Device("RTX 4090", 165.2, 24, 450, "NVIDIA Ada whitepaper, appendix A (fp32 accumulation)"),
    "a10": Device("A10", 125, 24, 150, "NVIDIA A10 datasheet"),
}
# ASSUMED share of the peak of a large matrix product.
CPU_UTILISATION = 0.5


def device_named(name: str) -> Device:
    """The device of that name in the table. Raises GlaswerkError with the known names."""
    found = DEVICES.get(name.casefold().replace(" ", "").replace("-", ""))
    if found is None:
        raise GlaswerkError(
            f"--device takes here, {', '.join(DEVICES)}, found {name!r}",
            hint="run glaswerk plan --probe on the device itself to measure it",
        )
    return found


def recognised(name: str) -> Device | None:
    """The entry of the table for a name reported by a driver ("NVIDIA H200"), or None.

    A suffix means another device ("H100 PCIe", "RTX 4090 Laptop GPU"), except the memory that the driver
    appends to an SXM module ("H100 80GB HBM3").
    """
    plain = "".join(name.casefold().split())
    suffix = r"(?:(?![a-z\d])|(?=\d+gbhbm))"
    return next((device for key, device in DEVICES.items() if re.search(key + suffix, plain)), None)
