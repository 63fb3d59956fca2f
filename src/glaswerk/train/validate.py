"""What numbers a run can be made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glaswerk.core.errors import GlaswerkError

# Beyond these a number is a slip: steps would no longer fit into an integer, nor rows into memory.
_MOST = {"epochs": 1e5, "context": 1 << 20, "depth": 1e3, "batch_tokens": 1 << 32}


def check_ranges(config: Any, least: Mapping[str, float]) -> None:
    """Raises GlaswerkError, naming the option, where a field is too small or absurd."""
    for name, low in least.items():
        value, most = getattr(config, name), _MOST.get(name, 1e18)
        if not low <= value <= most:
            raise GlaswerkError(f"--{name.replace('_', '-')} takes {low:g} to {most:g}, found {value}")
