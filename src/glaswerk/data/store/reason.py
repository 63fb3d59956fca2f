"""A named reason for which content is left out or changed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence on what the reason means, and one on how to change the outcome."""

    meaning: str
    change: str
