"""Counting names in bounded memory: exact up to a number of names, with a stated error beyond it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# About 10 MB of names. The authors of a large platform exceed this and are counted with a stated error.
CAP = 65_536


@dataclass(slots=True)
class HeavyHitters:
    """How often each name occurs. A count may be too low by at most `missed`, which is 0 while exact.

    These are mergeable Misra-Gries summaries (Agarwal et al., "Mergeable Summaries", PODS 2012): beyond
    twice `cap` names, all counts are reduced by the count of the (`cap` + 1)-th most frequent name, and
    names that reach 0 are dropped. So `missed` is at most `total` / (`cap` + 1), however the names were
    divided among the counters that were merged.
    """

    cap: int = CAP
    total: int = 0
    missed: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, counts: Mapping[str, int]) -> None:
        """Add the counts by name."""
        self.total += sum(counts.values())
        self._add(counts)

    def merge(self, other: HeavyHitters) -> None:
        """Add the counts of another counter."""
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
        """The `most` most frequent names with their counts; ties are ordered by name."""
        return sorted(self.counts.items(), key=lambda entry: (-entry[1], entry[0]))[:most]

    def figures(self, most: int) -> dict[str, Any]:
        """`total`, number of `distinct` names (a lower bound if `missed` is above 0), `missed` and `top`."""
        return {
            "total": self.total,
            "distinct": len(self.counts),
            "missed": self.missed,
            "top": [{"name": name, "count": count} for name, count in self.top(most)],
        }
