"""A section of the trust report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of the report, and the single items behind them."""

    figures: dict[str, Any]
    items: list[dict[str, Any]] = field(default_factory=list)
