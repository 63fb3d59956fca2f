"""Which server processes use a lab's stored things: a lock tells, which the kernel releases with them."""

from __future__ import annotations

import fcntl
import os
import weakref
from pathlib import Path


class Presence:
    """This process is there until `leave`, or its end, however it ends.

    `first`: nobody else was there when it came, so whatever is unfinished was left by a process that is gone.
    Where no lock can be written, as in a lab that may only be read, everybody is first.
    """

    def __init__(self, path: Path) -> None:
        self.first = True
        self._leave: weakref.finalize[[int], Presence] | None = None
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.first = False
        # Of the first one, too: from now on there are others beside it.
        fcntl.flock(handle, fcntl.LOCK_SH)
        self._leave = weakref.finalize(self, os.close, handle)

    def leave(self) -> None:
        """No longer there."""
        if self._leave is not None:
            self._leave()
