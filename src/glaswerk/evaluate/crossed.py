"""Means over topics crossed with frames, both of which are samples: a two-way bootstrap."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from glaswerk.core.statistics import LEVEL, RESAMPLES

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Crossed:
    """A mean with its 95 % percentile interval over `clusters` topics and `frames` frames."""

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


def crossed_mean(table: Floats, *, seed: int) -> Crossed:
    """Mean of a table (topics, frames), with topics and frames drawn independently, with replacement.

    Conservative: the interval covers at least its level (Owen 2007, The pigeonhole bootstrap).
    """
    dice = np.random.default_rng(seed)
    topics, frames = table.shape
    rows = _weights(dice, topics)
    columns = _weights(dice, frames)
    means = np.einsum("rt,tf,rf->r", rows, table, columns, optimize=True)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Crossed(float(table.mean()), float(low), float(high), table.size, topics, frames)


def _weights(dice: np.random.Generator, size: int) -> Floats:
    """How often each is drawn in each resample, as shares: (resamples, size)."""
    drawn = dice.multinomial(size, np.full(size, 1 / size), RESAMPLES)
    shares: Floats = drawn / size
    return shares
