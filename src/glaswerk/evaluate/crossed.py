"""Means over topics crossed with frames, both of which are samples: a two-way bootstrap."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from glaswerk.core.statistics import LEVEL, RESAMPLES

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Crossed:
    """A mean with its percentile interval over `clusters` topics and `frames` frames; 95 % if not said."""

    value: float
    low: float
    high: float
    n: int
    clusters: int
    frames: int
    method: str = "two-way bootstrap"

    def to_json(self, chance: float | None = None) -> dict[str, Any]:
        """For the report."""
        return {"measurable": True, **asdict(self), "chance": chance}


def crossed_mean(table: Floats, *, seed: int, level: float = LEVEL) -> Crossed:
    """Mean of a table (topics, frames), with topics and frames drawn independently, with replacement.

    Conservative: the interval covers at least its level (Owen 2007, The pigeonhole bootstrap).
    """
    topics, frames = table.shape
    low, high = np.quantile(_means(table, seed), [(1 - level) / 2, (1 + level) / 2])
    return Crossed(float(table.mean()), float(low), float(high), table.size, topics, frames)


def crossed_p(table: Floats, *, seed: int) -> float:
    """Two-sided p of a mean of zero, by the same resamples; never below one in their number."""
    means = _means(table, seed)
    tail = min(float((means <= 0).mean()), float((means >= 0).mean()))
    return max(2 * tail, 1 / RESAMPLES)


def _means(table: Floats, seed: int) -> Floats:
    dice = np.random.default_rng(seed)
    topics, frames = table.shape
    rows = _weights(dice, topics)
    columns = _weights(dice, frames)
    means: Floats = np.einsum("rt,tf,rf->r", rows, table, columns, optimize=True)
    return means


def _weights(dice: np.random.Generator, size: int) -> Floats:
    """How often each is drawn in each resample, as shares: (resamples, size)."""
    drawn = dice.multinomial(size, np.full(size, 1 / size), RESAMPLES)
    shares: Floats = drawn / size
    return shares
