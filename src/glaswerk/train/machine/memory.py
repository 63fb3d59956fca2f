"""The memory of a training process: kept between steps, and how running out of it is detected."""

from __future__ import annotations

import ctypes
import sys

import torch

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def keep_freed_memory() -> bool:
    """Keep glibc from returning large blocks to the kernel; returns False if there is no glibc.

    Every fresh page costs a page fault: without this a 2 M model trained at 6.2k tokens/s instead of 7.2k
    on two cores.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):  # musl and others
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, 1 << 30) and mallopt(_M_TRIM_THRESHOLD, (1 << 31) - 1))


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether the error means that torch could not allocate a tensor, on a GPU or on the CPU."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)
