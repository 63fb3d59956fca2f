"""Runs without a border (letters without spaces, base64, one sign repeated), cut for training.

The split rule makes one pre-token of such a run, and the trainer passes through it once for every merge: one
run of 400,000 letters takes minutes, the same letters in pieces of LONGEST a second and a half. Only training
cuts: encoding takes linear time, and ids decode to the same text whatever the tokenizer learned from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# The longest words of German, Thai sentences without spaces and lines of Chinese verse are shorter.
LONGEST = 256
_RUN = re.compile(rf"(?:[^\W\d_]{{{LONGEST}}}|\s{{{LONGEST}}}|(?:[^\w\s]|_){{{LONGEST}}})(?=\S|\s)")


class RunCutter:
    """Cuts texts where a run of letters, spaces or signs reaches LONGEST characters.

    `cut`: how many texts had such a run.
    """

    def __init__(self) -> None:
        self.cut = 0

    def pieces(self, text: str) -> Iterator[str]:
        """The parts of the text, whose concatenation is the text."""
        if len(text) <= LONGEST:
            yield text
            return
        start = 0
        for match in _RUN.finditer(text):
            yield text[start : match.end()]
            start = match.end()
        self.cut += start > 0
        if start < len(text):
            yield text[start:]
