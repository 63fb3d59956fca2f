"""Validation of the numbers that a user may choose for a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glaswerk.core.errors import GlaswerkError

# A larger number is a typing error: steps would not fit into an integer, or rows into memory.
_MOST = {"epochs": 1e5, "context": 1 << 20, "depth": 1e3, "batch_tokens": 1 << 32}


def check_ranges(config: Any, least: Mapping[str, float]) -> None:
    """Check fields of `config` against `least` (field → smallest value) and fixed upper limits.

    Raises GlaswerkError, naming the option, if a field is too small, too large or not a number (NaN).
    """
    for name, low in least.items():
        value, most = getattr(config, name), _MOST.get(name, 1e18)
        if not low <= value <= most:
            raise GlaswerkError(f"--{name.replace('_', '-')} takes {low:g} to {most:g}, found {value}")
