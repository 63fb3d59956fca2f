"""Whether a text contains given words: a rule simple enough that anyone can check it by reading."""

from __future__ import annotations

import unicodedata


def normalised(text: str) -> str:
    """The words of a text in lower case with one space between them: NFKC, casefolded, no punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in folded).split())


def contains_words(text: str, wanted: str) -> bool:
    """Whether `text` contains `wanted` as whole words, regardless of case and punctuation.

    False if `wanted` has no letter or digit.
    """
    words = normalised(wanted)
    return bool(words) and f" {words} " in f" {normalised(text)} "
