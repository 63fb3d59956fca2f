"""The last answers of a server, so that they can be traced after they were given."""

from __future__ import annotations

import threading
from collections import OrderedDict

from glaswerk.serve.errors import ApiError


class Answers:
    """Texts by response id, in memory only, the oldest forgotten first. Safe for several threads.

    A server has no keys, so nobody can be told from another: an answer is its reader's because its id has 96
    random bits, which only the response tells.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, identifier: str, text: str) -> None:
        """Remember an answer, whole or as far as it came."""
        with self._lock:
            self._texts[identifier] = text
            while len(self._texts) > self._most:
                self._texts.popitem(last=False)

    def text(self, identifier: str) -> str:
        """The answer. Raises ApiError 404 for one that was never given or is forgotten."""
        with self._lock:
            found = self._texts.get(identifier)
        if found is None:
            message = (
                f"no answer {identifier[:80]!r} here: the server keeps its last {self._most:,} answers until "
                "it stops\nhint: POST the text to /v1/glaswerk/trace"
            )
            raise ApiError(404, message, param="response_id", code="answer_not_found")
        return found
