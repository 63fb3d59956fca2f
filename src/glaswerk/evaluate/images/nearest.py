"""Memorisation: how near drawn pictures are to training pictures, beside how near held-out ones are.

A model that repeats its training pictures draws nearer to them than real pictures that it never saw are. The
distance is the root mean square of pixels at 16 x 16, in levels of 256: a plain measure, which shifts
and other colours escape (Carlini et al. 2023 use it in parts).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

GRID = 16
EXTRACTOR = f"pixels {GRID}x{GRID}"
_ROWS = 64
Features = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Nearest:
    """For each picture, the number of the nearest training picture, and its distance."""

    places: list[int]
    distances: list[float]

    @property
    def median(self) -> float:
        """The median distance."""
        return float(np.median(self.distances))


def features(images: Sequence[Image.Image]) -> Features:
    """fp32, (pictures, 16 · 16 · 3)."""
    rows = [
        np.asarray(one.convert("RGB").resize((GRID, GRID), Image.Resampling.BOX), np.float32).ravel()
        for one in images
    ]
    return np.stack(rows)


def nearest(found: Features, trained: Features) -> Nearest:
    """The nearest of `trained` for each row of `found`."""
    places: list[int] = []
    distances: list[float] = []
    squares = (trained**2).sum(1)
    for start in range(0, len(found), _ROWS):
        part = found[start : start + _ROWS]
        away = (part**2).sum(1)[:, None] - 2 * part @ trained.T + squares
        best = away.argmin(1)
        places += best.tolist()
        exact = np.sqrt(((part - trained[best]) ** 2).mean(1))
        distances += exact.tolist()
    return Nearest(places, distances)


def copied_share(drawn: Nearest, held_out: Nearest) -> float:
    """The share of drawn pictures that are nearer to training than 99 % of held-out ones: 0.01 is chance."""
    limit = float(np.quantile(held_out.distances, 0.01))
    return float(np.mean([distance < limit for distance in drawn.distances]))
