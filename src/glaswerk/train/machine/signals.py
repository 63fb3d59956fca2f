"""Ctrl-C and SIGTERM during a run: noted, so that the run can save its state before it stops."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def stop_signals() -> Iterator[Callable[[], bool]]:
    """Turn the first SIGINT or SIGTERM into a flag, which the yielded function reads; a second acts as usual.

    Outside the main thread, which alone gets signals, nothing changes.
    """
    arrived = []
    before: dict[int, Any] = {}

    def note(number: int, frame: FrameType | None) -> None:
        arrived.append(number)
        signal.signal(number, before[number])

    try:
        for wanted in (signal.SIGINT, signal.SIGTERM):
            before[wanted] = signal.signal(wanted, note)
    except ValueError:  # not the main thread, which alone gets signals: nothing was changed
        before = {}
    try:
        yield lambda: bool(arrived)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
