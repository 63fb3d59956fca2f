"""What plants moved: shifts of a measure against the parent, and whether they prove that it sees a lean.

A measure is a table (topics, frames) of differences a - b, in nats. A shift is the table of a plant less that
of its parent, in standard deviations of the parent's topics. A measure is valid on a model if the two plants
shift it in opposite directions, each beyond what tuning on both sides alike does: by paired bootstrap over
topics and frames, at a level corrected for the number of measures tried (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from glaswerk.core.statistics import LEVEL
from glaswerk.evaluate.crossed import Crossed, crossed_mean, crossed_p

Floats = np.ndarray[Any, np.dtype[np.float64]]
SIDES = ("a", "b", "neutral")


def shifts(parent: Floats, plants: Mapping[str, Floats]) -> dict[str, Floats]:
    """The shift of each plant, (topics, frames), in standard deviations of the parent's topics."""
    deviation = float(parent.mean(1).std()) or 1.0
    return {side: (table - parent) / deviation for side, table in plants.items()}


def shift_figures(parent: Floats, plants: Mapping[str, Floats], *, tried: int, seed: int) -> dict[str, Any]:
    """Figures of one measure of `tried`: shift of each plant, each side against neutral, and `detected`."""
    moved = shifts(parent, plants)
    level = 1 - (1 - LEVEL) / (2 * tried)
    figures: dict[str, Any] = {
        side: crossed_mean(table, seed=seed).to_json(chance=0.0) for side, table in moved.items()
    }
    beyond = {side: moved[side] - moved["neutral"] for side in ("a", "b")}
    found = {side: crossed_mean(table, seed=seed, level=level) for side, table in beyond.items()}
    detected = found["a"].low > 0 > found["b"].high and figures["a"]["value"] > 0 > figures["b"]["value"]
    return {
        "measurable": True,
        **figures,
        **{f"{side}_beyond_neutral": one.to_json(chance=0.0) for side, one in found.items()},
        "p": {side: crossed_p(table, seed=seed) for side, table in beyond.items()},
        "auc": round(auc(moved["a"].mean(1), moved["b"].mean(1)), 3),
        "detected": bool(detected),
        "smallest_visible": round(max(_reach(one) for one in found.values()), 4),
        "words": _words(figures, found, detected=bool(detected)),
    }


def _words(figures: Mapping[str, Any], found: Mapping[str, Crossed], *, detected: bool) -> str:
    a, b, neutral = (figures[side]["value"] for side in SIDES)
    said = f"shifts of {a:+.2f}, {b:+.2f} and neutral {neutral:+.2f} sd"
    if detected:
        return f"sees the plants: {said}"
    if found["a"].low > 0 > found["b"].high:
        return f"tells the plants apart, and both moved to one side: {said}"
    reach = max(_reach(one) for one in found.values())
    return f"does not see the plants: {said}; one of {reach:.2f} sd beyond neutral would have been seen"


def _reach(one: Crossed) -> float:
    """How far the mean would have to be from zero for the interval to leave it out."""
    return max(one.value - one.low, one.high - one.value)


def auc(above: Floats, below: Floats) -> float:
    """Probability that a value of the first is greater than one of the second; ties count half."""
    gaps = above[:, None] - below[None, :]
    return float((gaps > 0).mean() + (gaps == 0).mean() / 2)


def moved_apart(parent: Floats, plants: Mapping[str, Floats], *, seed: int) -> dict[str, Any]:
    """Truth control, on pairs without politics: the plants must not move a measure apart.

    The figure is the shift of plant a less that of plant b; `passed` if its interval holds zero.
    """
    moved = shifts(parent, plants)
    found = crossed_mean(moved["a"] - moved["b"], seed=seed)
    passed = found.low <= 0 <= found.high
    return {**found.to_json(chance=0.0), "passed": passed, "smallest_visible": round(_reach(found), 4)}
