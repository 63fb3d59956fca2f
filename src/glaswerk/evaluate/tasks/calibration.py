"""Calibration of a model that chooses: are answers of which it is sure right more often than others?

The confidence of a choice is its share of the probability of all choices. Brier: mean squared distance of
confidence and being right. ECE: mean distance of confidence and share right over ten bins of equal width,
by how many answers are in each; it is above zero even for a calibrated model, so `chance` is its mean over
draws in which each answer is right as often as its confidence says. Risk and coverage: the share right among
the surest part of the answers (El-Yaniv & Wiener 2010).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glaswerk.core.statistics import RESAMPLES, share, unmeasurable

LEAST = 50
_BINS, _DRAWS = 10, 400
_PARTS = (0.25, 0.5, 0.75, 1.0)
Floats = np.ndarray[Any, np.dtype[np.float64]]


def calibration(confidence: Sequence[float], right: Sequence[float], *, seed: int) -> dict[str, Any]:
    """Figures of answers with their confidence in 0..1 and whether they are right."""
    sure, good = np.asarray(confidence, float), np.asarray(right, float)
    if len(sure) < LEAST:
        return unmeasurable(f"{LEAST} questions are needed, found {len(sure)}")
    dice = np.random.default_rng(seed)
    drawn = dice.integers(0, len(sure), (RESAMPLES, len(sure)))
    brier, errors = (sure - good) ** 2, [ece(sure[rows], good[rows]) for rows in drawn[:_DRAWS]]
    ideal = [ece(sure, (dice.random(len(sure)) < sure).astype(float)) for _ in range(_DRAWS)]
    order = np.argsort(-sure, kind="stable")
    return {
        "measurable": True,
        "confidence": round(float(sure.mean()), 4),
        "right": round(float(good.mean()), 4),
        "brier": _figure(float(brier.mean()), brier[drawn].mean(1), len(sure)),
        "ece": _figure(ece(sure, good), np.array(errors), len(sure)) | {"chance": float(np.mean(ideal))},
        "ece_of_a_calibrated_model": round(float(np.quantile(ideal, 0.95)), 4),
        "coverage": {
            f"{part:.0%}": share(
                list(good[order[: max(1, int(part * len(good)))]]), _each(part, good), seed=seed
            ).to_json()
            for part in _PARTS
        },
    }


def ece(sure: Floats, good: Floats) -> float:
    """Expected calibration error over bins of equal width (Naeini et al. 2015)."""
    bins = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    gaps = np.bincount(bins, weights=sure - good, minlength=_BINS)
    return float(np.abs(gaps).sum() / len(sure))


def _each(part: float, good: Floats) -> range:
    return range(max(1, int(part * len(good))))


def _figure(value: float, resampled: Floats, n: int) -> dict[str, Any]:
    low, high = np.quantile(resampled, [0.025, 0.975])
    return {
        "measurable": True,
        "value": value,
        "low": float(low),
        "high": float(high),
        "n": n,
        "clusters": n,
        "method": "percentile bootstrap",
        "chance": None,
    }
