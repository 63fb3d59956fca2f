"""What a generation tells of its times and tokens."""

from __future__ import annotations

from typing import Protocol


class Meter(Protocol):
    """Hears of answers; from the engine's thread, so it must be quick and safe for several threads."""

    def first_token(self, seconds: float) -> None:
        """A choice has its first token, so many seconds after its start."""

    def next_tokens(self, seconds: float, count: int) -> None:
        """`count` more tokens, so many seconds after the one before."""

    def ended(self, prompt: int, cached: int, completion: int, *, cut: bool) -> None:
        """An answer ended. cut: its client had left."""


class _Silent:
    def first_token(self, seconds: float) -> None:
        return

    def next_tokens(self, seconds: float, count: int) -> None:
        return

    def ended(self, prompt: int, cached: int, completion: int, *, cut: bool) -> None:
        return


SILENT: Meter = _Silent()
