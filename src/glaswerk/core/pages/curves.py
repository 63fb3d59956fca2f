"""Curves as inline SVG: values over the steps of something, with bands for their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from glaswerk.core.pages.marks import Mark, mark
from glaswerk.core.pages.plots import BASE, HEIGHT, SERIES, compact, frame

# The width of a path's own coordinates; it is stretched to the page, its strokes keep their width.
_WIDTH = 1000
# Up to so many points of a curve are drawn as dots with their figures as titles.
_MOST_DOTS = 40


@dataclass(frozen=True, slots=True)
class Curve:
    """Points (x, value) with x rising and above 0; `band` (x, low, high) is drawn pale behind them."""

    name: str
    points: Sequence[tuple[float, float]]
    band: Sequence[tuple[float, float, float]] = ()
    colour: int = 0


def curves(found: Sequence[Curve], *, title: str, unit: str, from_zero: bool = False) -> Markup:
    """A plot of all `found` over one x axis from 0 in `unit`; empty if no curve has two points.

    The axis of values begins at 0 with `from_zero`, else at the smallest value.
    """
    there = [curve for curve in found if len(curve.points) > 1]
    if not there:
        return Markup("")
    plane = _Plane.around(there, from_zero=from_zero)
    paths = [plane.shade(curve) for curve in there if curve.band] + [plane.line(curve) for curve in there]
    stretched = mark(
        "svg",
        width="100%",
        height=HEIGHT,
        viewBox=f"0 0 {_WIDTH} {HEIGHT}",
        preserveAspectRatio="none",
        children=paths,
    )
    few = [curve for curve in there if len(curve.points) <= _MOST_DOTS]
    dots = [dot for curve in few for dot in plane.dots(curve, unit)]
    return frame(title, HEIGHT + BASE, [*plane.grid(unit), stretched, *dots])


@dataclass(frozen=True, slots=True)
class _Plane:
    """The edges of a plot in the units of its figures."""

    left: float
    right: float
    low: float
    high: float

    @classmethod
    def around(cls, found: Sequence[Curve], *, from_zero: bool) -> _Plane:
        # Steps and tokens are counted from 0, even if the first value comes later.
        xs = [x for curve in found for x, _ in curve.points]
        values = [value for curve in found for _, value in curve.points]
        values += [edge for curve in found for _, *edges in curve.band for edge in edges]
        low, high = min(values), max(values)
        margin = 0.05 * (high - low) or abs(high) * 0.05 or 1.0
        low = 0.0 if from_zero else low - margin
        return cls(0, max(xs), low, high + margin)

    def x(self, value: float) -> float:
        """Per cent from the left."""
        return (value - self.left) / (self.right - self.left) * 100

    def y(self, value: float) -> float:
        """Pixels from the top."""
        return (self.high - value) / (self.high - self.low) * HEIGHT

    def line(self, curve: Curve) -> Mark:
        return mark(
            "path",
            d=self._path(curve.points),
            fill="none",
            stroke=_colour(curve),
            stroke_width="1.8",
            stroke_linejoin="round",
            vector_effect="non-scaling-stroke",
        )

    def shade(self, curve: Curve) -> Mark:
        upper = [(x, high) for x, _, high in curve.band]
        lower = [(x, low) for x, low, _ in reversed(curve.band)]
        path = f"{self._path([*upper, *lower])}Z"
        return mark("path", d=path, fill=_colour(curve), fill_opacity="0.16")

    def dots(self, curve: Curve, unit: str) -> Iterator[Mark]:
        intervals = {x: f" ({low:.4g} to {high:.4g})" for x, low, high in curve.band}
        for x, value in curve.points:
            words = f"{curve.name}, {compact(x)} {unit}: {value:.4g}{intervals.get(x, '')}"
            yield mark(
                "circle",
                cx=f"{self.x(x):.3f}%",
                cy=f"{self.y(value):.1f}",
                r="3.2",
                fill=_colour(curve),
                title=words,
            )

    def grid(self, unit: str) -> Iterator[Mark]:
        for value in self._ticks():
            y = self.y(value)
            yield mark("line", class_="grid", x1="0", x2="100%", y1=f"{y:.1f}", y2=f"{y:.1f}")
            yield mark("text", class_="end soft", x="-8", y=f"{y + 4:.1f}", text=_short(value))
        for place, anchor in ((0, ""), (50, "mid "), (100, "end ")):
            value = self.left + (self.right - self.left) * place / 100
            words = f"{compact(value)} {unit}" if place == 100 else compact(value)
            yield mark("text", class_=f"{anchor}soft", x=f"{place}%", y=HEIGHT + 18, text=words)

    def _ticks(self) -> list[float]:
        """Three to six round values between the edges."""
        low, high = self.low, self.high
        power = 10 ** math.floor(math.log10(high - low))
        step = next(
            power * factor for factor in (0.1, 0.2, 0.25, 0.5, 1, 2) if (high - low) / (power * factor) < 6
        )
        first = math.ceil(low / step)
        return [i * step for i in range(first, math.floor(high / step) + 1)]

    def _path(self, points: Sequence[tuple[float, float]]) -> str:
        at = (f"{self.x(x) * _WIDTH / 100:.1f} {self.y(value):.1f}" for x, value in points)
        return "M" + "L".join(at)


def _colour(curve: Curve) -> str:
    return f"var(--s{curve.colour % SERIES})"


def _short(value: float) -> str:
    return compact(value) if abs(value) >= 1000 else f"{value:.3g}"
