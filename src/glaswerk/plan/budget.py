"""A budget of time or money, and the largest network that can be trained within it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from glaswerk.core.errors import GlaswerkError

_SECONDS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
Candidate = TypeVar("Candidate")


def parse_budget(text: str, price_per_hour: float) -> float:
    """Seconds of a budget: `"2h"`, `"90min"`, or `"50"` in the currency of `price_per_hour`.

    Raises GlaswerkError for anything else, and for money without a price.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|sec|m|min|h|d|)", text.strip().lower())
    if not found or not float(found[1]):
        raise GlaswerkError(
            f"--budget takes a time (2h, 90min, 1d) or an amount of money (50), found {text!r}"
        )
    if found[2]:
        return float(found[1]) * _SECONDS[found[2]]
    if not price_per_hour:
        raise GlaswerkError(
            f"--budget {text} is an amount of money, but the price of an hour is not known",
            hint=f"--budget {text} --price-per-hour 2.5, or a time: --budget {text}h",
        )
    return float(found[1]) / price_per_hour * 3600


def largest_within(
    candidates: Iterable[Candidate], seconds: Callable[[Candidate], float], budget: float
) -> Candidate:
    """The last of `candidates`, smallest first, before the first one that takes more than `budget` seconds.

    Raises GlaswerkError if even the first takes longer, and ValueError without a candidate.
    """
    chosen: Candidate | None = None
    for each in candidates:
        needed = seconds(each)
        if needed > budget:
            if chosen is None:
                raise GlaswerkError(
                    f"the smallest network takes {needed:,.0f} s, more than the budget of {budget:,.0f} s",
                    hint="a larger --budget, or fewer --epochs",
                )
            break
        chosen = each
    if chosen is None:
        raise ValueError("no candidate was given")
    return chosen
