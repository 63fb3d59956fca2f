"""Tokenise an answer word by word, so that word boundaries are token boundaries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from glaswerk.trace.suffix_array import Integers

# Letters and digits; an apostrophe between them belongs to the word ("don't", "l’eau").
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_ANCHOR = "a"
_CONTINUATION = range(0x80, 0xC0)  # UTF-8 bytes that never begin a character


@dataclass(frozen=True, slots=True)
class WordTokens:
    """A text as words and tokens: `words` are character spans, `tokens` the ids after the first word.

    Word i (i > 0) together with the text between it and word i - 1 is `tokens[borders[i - 1]:borders[i]]`.
    """

    text: str
    words: tuple[tuple[int, int], ...]
    tokens: Integers
    borders: Integers

    def span(self, first: int, end: int) -> str:
        """The text from word `first` up to word `end` (exclusive)."""
        return self.text[self.words[first][0] : self.words[end - 1][1]]


def tokenize_words(text: str, encode: Callable[[str], Sequence[int]]) -> WordTokens:
    """Tokenise `text` so that every word boundary is a token boundary.

    Qwen2's split pattern always ends a piece where letters or digits end, whatever comes before or after. So
    the text that follows the end of a word has the same tokens everywhere. The *beginning* of a word has not:
    " word", "(word" and "word" at the start of a document are different tokens. The first word of a span is
    therefore compared as bytes (see `word_boundaries`), and only the rest as tokens.
    """
    words = tuple(match.span() for match in _WORD.finditer(text))
    # Encoded after a word of one letter, as some adopted tokenizers encode the start of a text differently.
    before = len(encode(_ANCHOR))
    pieces = [list(encode(_ANCHOR + text[a:b]))[before:] for (_, a), (_, b) in pairwise(words)]
    lengths = [len(piece) for piece in pieces]
    tokens = [token for piece in pieces for token in piece]
    return WordTokens(text, words, np.array(tokens, np.int64), np.cumsum([0, *lengths], dtype=np.int64))


def occurrences(text: str, span: str) -> Iterator[int]:
    """Every position of `span` in `text` with no letter or digit directly before or after it."""
    place = text.find(span)
    while place >= 0:
        end = place + len(span)
        if not text[place - 1 : place].isalnum() and not text[end : end + 1].isalnum():
            yield place
        place = text.find(span, place + 1)


def ends_in_word(data: bytes) -> bool | None:
    """Whether the last character of UTF-8 `data` is a letter or digit; None if it is incomplete."""
    for size in range(1, 5):
        if size > len(data):
            return None
        if data[-size] not in _CONTINUATION:
            return data[-size:].decode("utf-8", "ignore").isalnum()
    return False


def begins_in_word(data: bytes) -> bool | None:
    """Whether the first character of UTF-8 `data` is a letter or digit; None if it is incomplete."""
    for size in range(1, min(len(data), 4) + 1):
        try:
            return data[:size].decode().isalnum()
        except UnicodeDecodeError:
            continue
    return None if 0 < len(data) < 4 else False
