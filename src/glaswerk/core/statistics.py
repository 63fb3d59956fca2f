"""Shares and ratios with 95 % bootstrap intervals, resampled by cluster."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

RESAMPLES = 2000
LEVEL = 0.95
LEAST = 5
_NORMAL = NormalDist()
_BLOCK = 1 << 22  # cells of the resampling table held at once: 32 MB
Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval. `n` counts items, `clusters` the resampled units.

    `chance` is the result of guessing, None if unknown; `method` is "bca", "exact" or "wilson".
    """

    value: float
    low: float
    high: float
    n: int
    clusters: int
    method: str
    chance: float | None = None

    def to_json(self) -> dict[str, Any]:
        """For the report; a figure with too few items for an interval is replaced by the reason."""
        if not self.sound:
            return unmeasurable(f"an interval needs {LEAST} independent items, found {self.clusters}")
        return {"measurable": True, **asdict(self)}

    @property
    def sound(self) -> bool:
        """Whether there are enough clusters to resample: two have only three distinct resamples."""
        return self.method == "exact" or self.clusters >= LEAST


def share(
    values: Sequence[float], clusters: Sequence[Hashable], *, seed: int, chance: float | None = None
) -> Estimate:
    """Mean of values in 0..1 (1 right, 0 wrong, ½ a tie), with its interval.

    If all values are 0 or all are 1, every resample is the same and a bootstrap interval would claim
    certainty. The Clopper–Pearson bound over clusters is used instead: (α/2)^(1/clusters).
    """
    estimate = ratio(values, np.ones(len(values)), clusters, seed=seed, chance=chance)
    if estimate.value not in (0.0, 1.0):
        return estimate
    reach = ((1 - LEVEL) / 2) ** (1 / estimate.clusters)
    low, high = (reach, 1.0) if estimate.value == 1.0 else (0.0, 1 - reach)
    return Estimate(estimate.value, low, high, estimate.n, estimate.clusters, "exact", chance)


def ratio(
    numerators: Sequence[float] | Floats,
    denominators: Sequence[float] | Floats,
    clusters: Sequence[Hashable],
    *,
    seed: int,
    chance: float | None = None,
) -> Estimate:
    """Sum over sum, with a bias-corrected and accelerated (BCa) bootstrap interval over clusters.

    Items of one cluster are drawn together, because they are not independent evidence (three questions
    about one person). Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapter 14.
    """
    top, bottom = _by_cluster(np.asarray(numerators, float), np.asarray(denominators, float), clusters)
    value = float(top.sum() / bottom.sum())
    low, high = value, value
    if len(top) > 1:
        low, high = _bca(value, _resampled(top, bottom, seed), _left_out(top, bottom))
    return Estimate(value, low, high, len(clusters), len(top), "bca", chance)


def _by_cluster(top: Floats, bottom: Floats, clusters: Sequence[Hashable]) -> tuple[Floats, Floats]:
    number: dict[Hashable, int] = {}
    which = np.array([number.setdefault(cluster, len(number)) for cluster in clusters], np.int64)
    sums = [np.bincount(which, weights=w, minlength=len(number)).astype(float) for w in (top, bottom)]
    return sums[0], sums[1]


def _resampled(top: Floats, bottom: Floats, seed: int) -> Floats:
    dice = np.random.default_rng(seed)
    size = len(top)
    rows = max(1, _BLOCK // size)
    parts = []
    for start in range(0, RESAMPLES, rows):
        drawn = dice.integers(0, size, (min(rows, RESAMPLES - start), size))
        parts.append(top[drawn].sum(1) / bottom[drawn].sum(1))
    return np.concatenate(parts)


def _left_out(top: Floats, bottom: Floats) -> Floats:
    """The ratio with each cluster left out in turn (the jackknife)."""
    jackknife: Floats = (top.sum() - top) / (bottom.sum() - bottom)
    return jackknife


def _bca(value: float, resampled: Floats, left_out: Floats) -> tuple[float, float]:
    # Half of the ties count: with few distinct values the bias would otherwise be overstated.
    below = float(np.mean(resampled < value) + np.mean(resampled == value) / 2)
    if not 0 < below < 1:
        return float(resampled.min()), float(resampled.max())
    bias = _NORMAL.inv_cdf(below)
    spread = left_out.mean() - left_out
    scale = float((spread**2).sum()) ** 1.5
    acceleration = float((spread**3).sum()) / (6 * scale) if scale else 0.0

    def quantile(level: float) -> float:
        z = bias + _NORMAL.inv_cdf(level)
        return float(np.quantile(resampled, _NORMAL.cdf(bias + z / (1 - acceleration * z))))

    return quantile((1 - LEVEL) / 2), quantile((1 + LEVEL) / 2)


def wilson(successes: int, n: int) -> Estimate:
    """Share of independent trials that succeeded, with Wilson's score interval (Wilson 1927).

    Raises ZeroDivisionError without a trial.
    """
    z = _NORMAL.inv_cdf((1 + LEVEL) / 2)
    centre = (successes + z * z / 2) / (n + z * z)
    reach = z / (n + z * z) * math.sqrt(successes * (n - successes) / n + z * z / 4)
    return Estimate(successes / n, max(0.0, centre - reach), min(1.0, centre + reach), n, n, "wilson")


def unmeasurable(reason: str) -> dict[str, Any]:
    """The entry of a report in place of a figure that cannot be measured."""
    return {"measurable": False, "reason": reason}
