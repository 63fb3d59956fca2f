"""The documents that a trace must not show: marked to be forgotten, or deleted by their owners."""

from __future__ import annotations

import threading
from pathlib import Path

from glaswerk.core.artifact_files import FORGOTTEN_MARKS
from glaswerk.data.removal.reach import forgotten_ids
from glaswerk.lab import Lab


class HiddenDocuments:
    """Ids of a lab's hidden documents, reread when its marks or sources change. Safe for several threads."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._lock = threading.Lock()
        self._seen: object = None
        self._ids: frozenset[str] = frozenset()

    def ids(self) -> frozenset[str]:
        """The ids; the same object until something changes. Costs two `stat` calls if nothing has."""
        with self._lock:
            now = tuple(_state(self._lab.root / name) for name in (FORGOTTEN_MARKS, "sources"))
            if now != self._seen:
                self._ids = frozenset(forgotten_ids(self._lab))
                self._seen = now
            return self._ids


def _state(path: Path) -> tuple[int, int, int] | None:
    """Inode, time and size: marks are written as a new file, so a change alters at least one of them."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
