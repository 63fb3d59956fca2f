"""Which of the numbers in a chat's dates is the day: programs write dates as the telephone's country does."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

Numbers = tuple[int, int, int]


def day_order(dates: Sequence[Numbers], separator: str) -> Numbers:
    """Where year, month and day are in the dates of a chat: by numbers over 12, or by which way time goes."""
    if any(date[0] > 31 for date in dates):
        return 0, 1, 2
    if any(date[0] > 12 for date in dates):
        return 2, 1, 0
    if any(date[1] > 12 for date in dates):
        return 2, 0, 1
    back = {order: _steps_back(dates, order) for order in ((2, 1, 0), (2, 0, 1))}
    # Only countries that write "/" put the month first.
    return (2, 0, 1) if separator == "/" and back[2, 0, 1] < back[2, 1, 0] else (2, 1, 0)


def _steps_back(dates: Sequence[Numbers], order: Numbers) -> int:
    ordered = [tuple(date[place] for place in order) for date in dates]
    return sum(later < earlier for earlier, later in pairwise(ordered))
