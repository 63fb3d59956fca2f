"""What a rule of masking is: a kind, a cheap check, a pattern, and a check of what the pattern matches."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

Span = tuple[int, int]


def always(match: re.Match[str]) -> bool:
    """For patterns that need no further check."""
    return True


def whole(match: re.Match[str]) -> Span:
    """The complete match, as most rules mask it."""
    return match.span()


class Masks(Protocol):
    """What `masking` needs of a rule: its kind, and where a text has it."""

    @property
    def kind(self) -> str:
        """The name between the brackets of the mask."""

    def spans(self, text: str) -> list[Span]:
        """Where to mask: (start, end) in order and without overlap."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Masks what `pattern` matches and `confirms` confirms, or the part of it that `part` gives.

    `likely` is a cheap check of the text: the pattern is searched only if it returns true.
    """

    kind: str
    likely: Callable[[str], bool]
    pattern: re.Pattern[str]
    confirms: Callable[[re.Match[str]], bool] = always
    part: Callable[[re.Match[str]], Span] = whole

    def spans(self, text: str) -> list[Span]:
        """Where to mask: (start, end) of each confirmed match, in order and without overlap."""
        if not self.likely(text):
            return []
        return [self.part(match) for match in self.pattern.finditer(text) if self.confirms(match)]


def contains(sign: str) -> Callable[[str], bool]:
    """A check for a character or word that every match has."""
    return lambda text: sign in text


_DIGIT = re.compile(r"[0-9]")


def has_digit(text: str) -> bool:
    """Whether a digit occurs at all."""
    return _DIGIT.search(text) is not None


# Both begin with a literal sign, which the search finds fastest.
_POINT = re.compile(r"\.(?<=[0-9]\.)[0-9]")
_COLON = re.compile(r":(?<=[0-9a-fA-F]:)[0-9a-fA-F:]")


def has_decimal(text: str) -> bool:
    """Whether a point between digits occurs."""
    return _POINT.search(text) is not None


def has_hexadecimal(text: str) -> bool:
    """Whether a colon between hexadecimal digits, or after one and before a colon, occurs."""
    return _COLON.search(text) is not None
