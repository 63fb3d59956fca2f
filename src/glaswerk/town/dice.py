"""Independent random streams, so that a change in one area leaves the others as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


def dice(seed: int, area: str) -> Random:
    """A generator that depends only on the seed and the name of the area."""
    digest = hashlib.blake2b(f"{seed}:{area}".encode(), digest_size=8).digest()
    return Random(int.from_bytes(digest, "big"))


class Deck:
    """Deals items in random order and reshuffles when empty: variety without early repeats."""

    def __init__(self, items: Sequence[str], rng: Random) -> None:
        self._items = list(items)
        self._rng = rng
        self._left: list[str] = []

    def deal(self) -> str:
        """The next item."""
        if not self._left:
            self._left = self._items[:]
            self._rng.shuffle(self._left)
        return self._left.pop()


def spread(items: Sequence[T], count: int, rng: Random) -> list[T]:
    """`count` items in random order; how often two of them are used differs by one at most."""
    full, rest = divmod(count, len(items))
    drawn = list(items) * full + rng.sample(list(items), rest)
    rng.shuffle(drawn)
    return drawn
