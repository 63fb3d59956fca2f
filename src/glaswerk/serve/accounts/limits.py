"""Limits of a key: requests and tokens a minute, answers at once, spend a month. All are whole numbers.

A limit a minute is a token bucket: it holds a minute's worth and refills evenly. Its level is counted in
1/60,000 of a unit, because `limit` of these flow in every millisecond: nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from glaswerk.core.errors import GlaswerkError

UNIT = 60_000
_MOST = 10**12
_HINT = "glaswerk keys create laptop --limit requests=60 --limit chat:tokens=100000"


@dataclass(frozen=True, slots=True)
class KeyLimits:
    """Requests and tokens a minute, answers at once, spend in micro-units a month; None: no limit."""

    requests: int | None = None
    tokens: int | None = None
    concurrent: int | None = None
    spend: int | None = None

    def to_json(self) -> dict[str, int]:
        """The limits that are set."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in found.items() if value is not None}


KINDS = tuple(each.name for each in fields(KeyLimits))


def parse_limits(words: Iterable[str]) -> dict[str, KeyLimits]:
    """Limits by model from "requests=60" or "chat:tokens=100000". Raises GlaswerkError."""
    found: dict[str, dict[str, int]] = {}
    for word in words:
        left, _, number = word.partition("=")
        model, _, kind = left.rpartition(":")
        if kind not in KINDS or not _is_limit(number):
            raise GlaswerkError(
                f"expected a limit like requests=60 or MODEL:tokens=100000, of {', '.join(KINDS)} and a "
                f"whole number from 1, found {word!r:.80}",
                hint=_HINT,
            )
        found.setdefault(model, {})[kind] = int(number)
    return limits_from(found)


def limits_from(found: Mapping[str, Mapping[str, Any]]) -> dict[str, KeyLimits]:
    """Limits by model from what `to_json` gave."""
    return {model: KeyLimits(**limits) for model, limits in found.items()}


def _is_limit(number: str) -> bool:
    return number.isascii() and number.isdigit() and len(number) <= 13 and 1 <= int(number) <= _MOST


@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket: `limit` units a minute, `level` in 1/60,000 of a unit, at a time in milliseconds."""

    limit: int
    level: int
    at: int

    @classmethod
    def full(cls, limit: int, at: int) -> Bucket:
        """A bucket that nothing was taken from."""
        return cls(limit, limit * UNIT, at)

    def flowed(self, now: int) -> Bucket:
        """The bucket at a later time. A clock that was set back changes nothing."""
        full, passed = self.limit * UNIT, max(0, now - self.at)
        return Bucket(self.limit, min(full, self.level + passed * self.limit), max(now, self.at))

    def less(self, units: int) -> Bucket:
        """After taking `units`, or giving them back if negative. The level may fall below 0."""
        return Bucket(self.limit, min(self.limit * UNIT, self.level - units * UNIT), self.at)

    def wait(self, units: int) -> int:
        """Milliseconds until `units` are there."""
        return max(0, -(-(units * UNIT - self.level) // self.limit))

    @property
    def remaining(self) -> int:
        """Whole units that are there."""
        return max(0, self.level // UNIT)


def reset_words(milliseconds: int) -> str:
    """A time as OpenAI's headers have it: "120ms", "1.5s", "6m0s"."""
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds, 60_000)
    seconds = f"{rest / 1000:.3f}".rstrip("0").rstrip(".")
    return f"{minutes}m{seconds}s" if minutes else f"{seconds}s"
