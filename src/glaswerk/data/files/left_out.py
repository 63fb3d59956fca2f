"""The exception for input that is left out under a named reason."""

from __future__ import annotations


class LeftOut(ValueError):
    """A file, or the rest of one, that is left out; `reason` is a name from `data.store.adding_reasons`."""

    def __init__(self, reason: str, found: str = "") -> None:
        super().__init__(found or reason)
        self.reason = reason
