"""Part what a model thinks from what it answers: `<think>…</think>` before an answer."""

from __future__ import annotations

OPEN, CLOSE = "<think>", "</think>"


class Thoughts:
    """Takes the text of an answer in pieces and gives (thoughts, answer) of each.

    begun: the prompt ends within the thoughts. `inside`: whether the last piece ended within them.
    """

    def __init__(self, *, begun: bool) -> None:
        self.inside, self._held = begun, ""
        self._may_open = not begun
        self._fresh = begun

    def feed(self, text: str) -> tuple[str, str]:
        """The next piece."""
        text, self._held = self._held + text, ""
        if self._may_open:
            start = text.lstrip()
            if OPEN.startswith(start) and start != OPEN:
                self._held = text
                return "", ""
            self._may_open = False
            if not start.startswith(OPEN):
                return "", text
            self.inside = self._fresh = True
            text = start[len(OPEN) :]
        return self._thought(text) if self.inside else ("", self._answer(text))

    def _thought(self, text: str) -> tuple[str, str]:
        if self._fresh:
            text = text.lstrip("\n")
            self._fresh = not text
        thought, closed, answer = text.partition(CLOSE)
        if closed:
            self.inside, self._fresh = False, True
            return thought.rstrip("\n"), self._answer(answer)
        # Line breaks before the end of thoughts are the template's.
        clear = text[: len(text) - held_back(text, CLOSE)].rstrip("\n")
        self._held = text[len(clear) :]
        return clear, ""

    def _answer(self, text: str) -> str:
        """Line breaks between thoughts and answer are the template's, too."""
        if self._fresh:
            text = text.lstrip("\n")
            self._fresh = not text
        return text

    def end(self) -> tuple[str, str]:
        """What was held back, as nothing follows."""
        held, self._held = self._held, ""
        return (held, "") if self.inside else ("", held)


def held_back(text: str, mark: str) -> int:
    """Length of the end of `text` that may be the beginning of `mark`."""
    return next((n for n in range(min(len(mark) - 1, len(text)), 0, -1) if text.endswith(mark[:n])), 0)
