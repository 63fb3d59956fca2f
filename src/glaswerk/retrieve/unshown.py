"""The documents that no search may show: forgotten, deleted by their owners, or reserved by them."""

from __future__ import annotations

import threading

from glaswerk.data.removal.rights import reserved_ids
from glaswerk.lab import Lab
from glaswerk.trace.hidden_documents import HiddenDocuments


class Unshown:
    """Their ids, read again when the lab's marks or sources change. Safe for several threads."""

    def __init__(self, lab: Lab) -> None:
        self._lab, self._hidden = lab, HiddenDocuments(lab)
        self._lock = threading.Lock()
        self._seen: frozenset[str] | None = None
        self._ids: frozenset[str] = frozenset()

    def ids(self) -> frozenset[str]:
        """The ids; the same object until something changes."""
        forgotten = self._hidden.ids()
        with self._lock:
            if forgotten is not self._seen:
                self._ids = forgotten | frozenset(reserved_ids(self._lab))
                self._seen = forgotten
            return self._ids
