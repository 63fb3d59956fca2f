"""What a model writes after it read the output of a tool, made harmless while it is streamed.

Whoever wrote that output may have told the model to show a picture of theirs, whose address carries what was
said, or to repeat the system message. Whatever the model does, here no Markdown acts on its text, and eight
words of the system message in a row are left out unless the user or a tool said them, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from glaswerk.core.document import Message
from glaswerk.serve.grounded.wording import harmless

LEFT_OUT = "[left out: words of the system message]"
_RUN = 8
_WORD = re.compile(r"\w+")
# A word with what stands around it, once white space follows.
_WHOLE = re.compile(r"\S*\s+")


class Guarded:
    """One answer's text. messages: all that the model has read, the system message among them."""

    def __init__(self, messages: Iterable[Message]) -> None:
        every = list(messages)
        self._secret = _words("\n".join(m["content"] for m in every if m["role"] == "system"))
        said = (m["content"] for m in every if m["role"] in ("user", "tool"))
        self._said = " ".join(_words("\n".join(said)))
        self._held, self._run = "", list[str]()
        # Where in the system message the words of the run end.
        self._places: set[int] = set()

    def feed(self, text: str) -> str:
        """The next piece; what it may already be shown of."""
        self._held += text
        shown = ""
        while found := _WHOLE.match(self._held):
            shown += self._taken(found[0])
            self._held = self._held[found.end() :]
        return harmless(shown)

    def end(self) -> str:
        """What was held back."""
        shown = self._taken(self._held) if self._held else ""
        self._held = ""
        return harmless(shown + self._released())

    def _taken(self, word: str) -> str:
        shown = ""
        for part in _words(word) or [""]:
            places = {i + 1 for i in self._places if self._secret[i + 1 : i + 2] == [part]} if part else set()
            if part and not places:
                shown += self._released()
                places = {i for i, one in enumerate(self._secret) if one == part}
            self._places = places or (self._places if not part else set())
        if not self._places:
            return shown + self._released() + word
        self._run.append(word)
        return shown

    def _released(self) -> str:
        run, self._run, self._places = self._run, [], set()
        text = "".join(run)
        words = _words(text)
        if len(words) < _RUN or " ".join(words) in self._said:
            return text
        return LEFT_OUT + (text[len(text.rstrip()) :] or " ")


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
