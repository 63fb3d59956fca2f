"""Whether a text says something, by its words alone: a rule that anyone can check by reading."""

from __future__ import annotations

import unicodedata


def normalised(text: str) -> str:
    """Words only, in lower case, one space between: compatibility forms folded, the rest dropped."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in folded).split())


def contains_words(text: str, wanted: str) -> bool:
    """Whether `text` contains `wanted` as whole words, in whatever case and punctuation."""
    words = normalised(wanted)
    return bool(words) and f" {words} " in f" {normalised(text)} "
