"""How many tokens an answer of an upstream has: as it says, or estimated where it says nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

Counts = tuple[int, int, int]
# Characters a token: fewer than most texts have, so that estimates are rather too high.
_CHARACTERS = 3
# Tokens of a picture, as many models have them or fewer.
_SEEN = 1000
_PICTURE = re.compile(r"data:image/[a-z]{1,8};base64,[A-Za-z0-9+/=]+")


def estimate(body: object) -> int:
    """Tokens of a request, before anyone counted them. A picture has as many, however many bytes it has."""
    text, pictures = _PICTURE.subn("", json.dumps(body, ensure_ascii=False))
    return len(text) // _CHARACTERS + _SEEN * pictures


class Counting:
    """The counts of one answer while it is written. prompt: an estimate of its prompt.

    Until the upstream says its counts, and where it never does, they are estimates: limits must hold for it,
    too, and an answer that is cut has used something.
    """

    def __init__(self, prompt: int) -> None:
        self._prompt, self._characters = prompt, 0
        self._said: Counts | None = None
        self.thought = 0

    def wrote(self, text: str) -> None:
        """The answer has more text."""
        self._characters += len(text)

    def says(self, usage: object) -> None:
        """The field `usage` of one of its objects. What is no count is as if it had said nothing."""
        if not isinstance(usage, Mapping) or not usage:
            return
        prompt, completion = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
        if prompt is None or completion is None:
            return
        cached = _count(usage.get("prompt_tokens_details"), "cached_tokens") or 0
        thought = _count(usage.get("completion_tokens_details"), "reasoning_tokens") or 0
        self._said, self.thought = (prompt, min(prompt, cached), completion), min(completion, thought)

    @property
    def counts(self) -> Counts:
        """(prompt, cached, completion)."""
        return self._said or (self._prompt, 0, -(-self._characters // _CHARACTERS))


def _count(found: Any, name: str) -> int | None:
    """A count, 0 if it is left out; None for what is none."""
    value = found.get(name) if isinstance(found, Mapping) else None
    if value is None:
        return 0
    return value if type(value) is int and 0 <= value < 2**40 else None
