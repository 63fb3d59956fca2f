"""Stop strings in a stream: text that may be the beginning of one is held back."""

from __future__ import annotations

from collections.abc import Sequence


class StopFilter:
    """Feed pieces of text, get back what is safe to show.

    `hit` is true once a stop string has appeared; `first` is the one that did.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = [stop for stop in stops if stop]
        self._held = ""
        self.hit = False
        self.first = ""

    def feed(self, text: str) -> str:
        """Add text; return what can be shown now. A stop string and everything after it is dropped."""
        self._held += text
        found = [(i, stop) for i, stop in ((self._held.find(s), s) for s in self._stops) if i >= 0]
        if found:
            at, self.first = min(found)
            self.hit = True
            safe, self._held = self._held[:at], ""
            return safe
        keep = self._pending()
        safe, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return safe

    def rest(self) -> str:
        """The text still held back; call it when the stream has ended."""
        rest, self._held = self._held, ""
        return rest

    def _pending(self) -> int:
        """Length of the longest suffix of the held text that is a proper prefix of a stop string."""
        return max(
            (
                n
                for stop in self._stops
                for n in range(1, min(len(stop), len(self._held) + 1))
                if stop.startswith(self._held[-n:])
            ),
            default=0,
        )
