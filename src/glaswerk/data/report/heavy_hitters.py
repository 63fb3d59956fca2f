"""Counts of names in bounded memory, exact until there are very many of them, and honest afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# About 10 MB of names; a platform's authors beyond that are counted with the error that is stated.
CAP = 65_536


@dataclass(slots=True)
class Tally:
    """How often each name occurs; `missed` is by how much a count can be too low, 0 while exact.

    Misra-Gries summaries, which merge (Agarwal et al., "Mergeable Summaries", PODS 2012): beyond twice
    `cap` names all are lowered by the count of the one after the `cap` most frequent, and what falls to
    0 goes. So `missed` is at most `total` / (`cap` + 1), however the names were split among tallies.
    """

    cap: int = CAP
    total: int = 0
    missed: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, counts: Mapping[str, int]) -> None:
        """Count each name so many times more."""
        self.total += sum(counts.values())
        self._add(counts)

    def merge(self, other: Tally) -> None:
        """Take in what another tally counted."""
        self.total += other.total
        self.missed += other.missed
        self._add(other.counts)

    def _add(self, counts: Mapping[str, int]) -> None:
        held = self.counts
        for name, count in counts.items():
            held[name] = held.get(name, 0) + count
        if len(held) > 2 * self.cap:
            self._lower()

    def _lower(self) -> None:
        values = np.fromiter(self.counts.values(), np.int64, len(self.counts))
        cut = int(np.partition(values, -self.cap - 1)[-self.cap - 1])
        self.counts = {name: count - cut for name, count in self.counts.items() if count > cut}
        self.missed += cut

    def top(self, most: int) -> list[tuple[str, int]]:
        """The `most` frequent names, equal ones by name."""
        return sorted(self.counts.items(), key=lambda entry: (-entry[1], entry[0]))[:most]

    def figures(self, most: int) -> dict[str, Any]:
        """`total` counted, `distinct` names (at least, where `missed` is above 0) and the `top`."""
        return {
            "total": self.total,
            "distinct": len(self.counts),
            "missed": self.missed,
            "top": [{"name": name, "count": count} for name, count in self.top(most)],
        }
