"""The device of a rank: its own GPU, or the CPU if there is none."""

from __future__ import annotations

import os

import torch

from glaswerk.core.errors import GlaswerkError


def device_of_rank() -> torch.device:
    """`cuda:LOCAL_RANK` (0 without torchrun), set as the current device; `cpu` if there is no Nvidia GPU.

    Raises GlaswerkError if a host has fewer GPUs than ranks.
    """
    if not torch.cuda.is_available():
        return torch.device("cpu")
    local, gpus = int(os.environ.get("LOCAL_RANK", 0)), torch.cuda.device_count()
    if local >= gpus:
        raise GlaswerkError(
            f"rank {local} of this host has no GPU: the host has {gpus}",
            hint=f"torchrun --nproc-per-node={gpus} …",
        )
    torch.cuda.set_device(local)
    return torch.device("cuda", local)
