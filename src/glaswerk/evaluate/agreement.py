"""How far different ways of asking agree: whether their mean measures one thing at all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]
_MOST_FRAMES = 100


@dataclass(frozen=True, slots=True)
class Reliability:
    """`mean_correlation` between two ways of asking, and `of_mean`: the reliability of the mean over all."""

    mean_correlation: float
    of_mean: float


def reliability(table: Floats) -> Reliability:
    """Of a table (topics, frames). `of_mean` is Spearman-Brown's formula over the mean correlation.

    A frame that says the same of every topic correlates with nothing: it counts as 0. Spearman (1910),
    Brown (1910).
    """
    count = table.shape[1]
    if count < 2 or len(table) < 3:
        return Reliability(0.0, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        matrix: Floats = np.asarray(np.nan_to_num(np.corrcoef(table.T)))
    mean = float(matrix[~np.eye(count, dtype=bool)].mean())
    return Reliability(mean, spearman_brown(mean, count))


def spearman_brown(correlation: float, count: int) -> float:
    """Reliability of the mean of `count` measures that correlate so; 0 where they do not agree at all."""
    if correlation <= 0:
        return 0.0
    return count * correlation / (1 + (count - 1) * correlation)


def frames_needed(correlation: float, wanted: float) -> int | None:
    """How many such measures would reach the reliability; None for more than a hundred, or never."""
    if correlation <= 0:
        return None
    needed = math.ceil(wanted * (1 - correlation) / (correlation * (1 - wanted)) - 1e-9)
    return needed if needed <= _MOST_FRAMES else None
