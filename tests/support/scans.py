"""What a trace must find, by plain scanning: every span, every occurrence, no index."""

from __future__ import annotations

import re
from collections.abc import Sequence

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def count(texts: Sequence[str], span: str) -> int:
    """Occurrences of `span` as whole words, overlapping ones too."""
    pattern = re.compile(rf"(?=(?<![^\W_]){re.escape(span)}(?![^\W_]))")
    return sum(len(pattern.findall(text)) for text in texts if span in text)


def brute_force(texts: Sequence[str], answer: str, least: int) -> list[tuple[int, int, int]]:
    """(start, end, count) of every maximal span, by trying every pair of words."""
    words = [m.span() for m in WORD.finditer(answer)]
    found, limit = [], 0
    for first in range(len(words)):
        for end in range(len(words), max(limit, first + least - 1), -1):
            start, stop = words[first][0], words[end - 1][1]
            if number := count(texts, answer[start:stop]):
                found.append((start, stop, number))
                limit = end
                break
    return found
