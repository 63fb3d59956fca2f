"""Shares with their intervals: a dot, a bar and the chance level, one row each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markupsafe import Markup

from glaswerk.core.pages.marks import Mark, mark
from glaswerk.core.pages.plots import frame

# Pixels: a row has its label above its bar, so that both fit on a phone.
_ROW, _AXIS = 44, 26
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


class Interval(NamedTuple):
    """A share between 0 and 1 with its interval; `chance` is the share that guessing gives, if known."""

    label: str
    value: float
    low: float
    high: float
    chance: float | None = None


def interval_chart(rows: Sequence[Interval], *, title: str) -> Markup:
    """Dot-and-whisker chart over 0 to 100 %, as wide as the page."""
    height = _ROW * len(rows)
    marks = [*_axis(height), *(one for i, row in enumerate(rows) for one in _row(row, i * _ROW))]
    return frame(title, height + _AXIS, marks, "rows")


def _axis(height: int) -> Iterator[Mark]:
    for tick in _TICKS:
        x, side = _percent(tick), "end" if tick == 1 else "mid" if tick else ""
        yield mark("line", class_="grid", x1=x, x2=x, y1="0", y2=height)
        yield mark("text", class_=f"{side} soft".strip(), x=x, y=height + 18, text=f"{tick:.0%}")


def _row(row: Interval, top: int) -> Iterator[Mark]:
    y = top + 30
    words = f"{row.label}: {row.value:.1%}, 95 % interval {row.low:.1%} to {row.high:.1%}"
    marks = [
        mark("text", x="0", y=top + 16, text=row.label),
        mark("text", x="100%", y=top + 16, class_="end", text=f"{row.value:.1%}"),
        mark("line", class_="track-line", x1="0", x2="100%", y1=y, y2=y),
    ]
    if row.chance is not None:
        x = _percent(row.chance)
        marks.append(mark("line", class_="chance", x1=x, x2=x, y1=y - 8, y2=y + 8))
    marks.append(mark("line", class_="whisker", x1=_percent(row.low), x2=_percent(row.high), y1=y, y2=y))
    marks.append(mark("circle", class_="dot", cx=_percent(row.value), cy=y, r="5"))
    yield mark("g", title=words, children=marks)


def _percent(share: float) -> str:
    return f"{share * 100:.3f}%"
