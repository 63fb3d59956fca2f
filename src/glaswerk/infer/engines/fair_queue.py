"""Which waiting job is next: the one whose owner has the fewest running, then the one that came first."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from glaswerk.infer.engines.job import Owner

Item = TypeVar("Item")


class FairQueue(Generic[Item]):
    """Waiting items by their owners, and how many run for each.

    An owner is a path, from the widest to the narrowest, such as (key, request): places are shared evenly
    between keys, then between the requests of a key.
    """

    def __init__(self) -> None:
        self._waiting: dict[Owner, deque[Item]] = {}
        self._running: Counter[Owner] = Counter()

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def __iter__(self) -> Iterator[Item]:
        return (item for items in self._waiting.values() for item in items)

    def put(self, owner: Owner, item: Item, *, first: bool = False) -> None:
        """Let an item wait behind those of its owner, or before them."""
        items = self._waiting.setdefault(owner, deque())
        if first:
            items.appendleft(item)
        else:
            items.append(item)

    def remove(self, owner: Owner, item: Item) -> None:
        """Take an item out, wherever it stands."""
        self._waiting[owner].remove(item)
        if not self._waiting[owner]:
            del self._waiting[owner]

    def next(self) -> Owner | None:
        """Whose turn it is; None if nothing waits."""
        return min(self._waiting, key=self._share, default=None)

    def head(self, owner: Owner) -> Item:
        """The first waiting item of an owner."""
        return self._waiting[owner][0]

    def started(self, owner: Owner) -> None:
        """An item of this owner runs."""
        self._running.update(_paths(owner))

    def ended(self, owner: Owner) -> None:
        """An item of this owner no longer runs."""
        for path in _paths(owner):
            self._running[path] -= 1
            if not self._running[path]:
                del self._running[path]

    def above(self, waiting: Owner, running: Iterable[Owner]) -> Owner | None:
        """Of the owners that run, the largest that should give a place to `waiting`; None if none should.

        One should if it still has no fewer than the other afterwards, so that no place is given back.
        """
        rich = [owner for owner in set(running) if self._owes(owner, waiting)]
        return max(rich, key=self._share, default=None)

    def _owes(self, one: Owner, other: Owner) -> bool:
        for a, b in zip(_paths(one), _paths(other), strict=False):
            if a != b:
                return self._running[a] >= self._running[b] + 2
        return False

    def _share(self, owner: Owner) -> tuple[int, ...]:
        return tuple(self._running[path] for path in _paths(owner))


def _paths(owner: Owner) -> list[Owner]:
    return [owner[: i + 1] for i in range(len(owner))]
