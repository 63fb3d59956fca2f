"""The environment of a run: what decides how its sums are rounded."""

from __future__ import annotations

import platform

import torch


def environment(device: torch.device) -> dict[str, str | int]:
    """What two runs must share, besides their settings, to produce the same bits."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return {
        "torch": torch.__version__,
        "device": name,
        "cpu": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
    }
