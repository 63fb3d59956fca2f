"""Curves as inline SVG: values over the steps of something, with bands for their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from glaswerk.core.plots import SERIES, compact

_HEIGHT, _BASE = 180, 24
# The plane of a path: stretched to the width of the page, its strokes keep theirs.
_PLANE = 1000


@dataclass(frozen=True, slots=True)
class Curve:
    """Points (x, value) with x rising and above 0; `band` (x, low, high) is drawn pale behind them."""

    name: str
    points: Sequence[tuple[float, float]]
    band: Sequence[tuple[float, float, float]] = ()
    colour: int = 0


def curves(found: Sequence[Curve], *, title: str, unit: str, from_zero: bool = False) -> str:
    """A plot of all `found` over one axis of x from 0, named by `unit`; "" where no curve has two points.

    The axis of values begins at 0 with `from_zero`, else where the values do.
    """
    there = [curve for curve in found if len(curve.points) > 1]
    if not there:
        return ""
    plane = _Plane.around(there, from_zero=from_zero)
    parts = [
        f'<svg class="plot" role="img" aria-label="{escape(title)}; the figures follow as a table" '
        f'width="100%" height="{_HEIGHT + _BASE}">',
        *plane.grid(unit),
        f'<svg width="100%" height="{_HEIGHT}" viewBox="0 0 {_PLANE} {_HEIGHT}" preserveAspectRatio="none">',
    ]
    parts += [plane.shade(curve) for curve in there if curve.band]
    parts += [plane.line(curve) for curve in there] + ["</svg>"]
    # A few points are shown one by one, with their figures to point at.
    parts += [dot for curve in there if len(curve.points) <= 40 for dot in plane.dots(curve, unit)]
    return "".join(parts) + "</svg>"


@dataclass(frozen=True, slots=True)
class _Plane:
    """The corners of a plot in the figures' own terms."""

    left: float
    right: float
    low: float
    high: float

    @classmethod
    def around(cls, found: Sequence[Curve], *, from_zero: bool) -> _Plane:
        # Steps and tokens are counted from 0, also where the first value comes later.
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
        return (self.high - value) / (self.high - self.low) * _HEIGHT

    def line(self, curve: Curve) -> str:
        return (
            f'<path d="{self._path(curve.points)}" fill="none" stroke="{_colour(curve)}" stroke-width="1.8" '
            'stroke-linejoin="round" vector-effect="non-scaling-stroke"/>'
        )

    def shade(self, curve: Curve) -> str:
        upper = [(x, high) for x, _, high in curve.band]
        lower = [(x, low) for x, low, _ in reversed(curve.band)]
        return f'<path d="{self._path([*upper, *lower])}Z" fill="{_colour(curve)}" fill-opacity="0.16"/>'

    def dots(self, curve: Curve, unit: str) -> Iterator[str]:
        intervals = {x: f" ({low:.4g} to {high:.4g})" for x, low, high in curve.band}
        for x, value in curve.points:
            words = f"{curve.name}, {compact(x)} {unit}: {value:.4g}{intervals.get(x, '')}"
            yield (
                f'<circle cx="{self.x(x):.3f}%" cy="{self.y(value):.1f}" r="3.2" fill="{_colour(curve)}">'
                f"<title>{escape(words)}</title></circle>"
            )

    def grid(self, unit: str) -> Iterator[str]:
        for value in self._ticks():
            y = self.y(value)
            yield f'<line class="grid" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield f'<text class="end soft" x="-8" y="{y + 4:.1f}">{_short(value)}</text>'
        for place, anchor in ((0, ""), (50, "mid "), (100, "end ")):
            value = self.left + (self.right - self.left) * place / 100
            words = f"{compact(value)} {unit}" if place == 100 else compact(value)
            yield f'<text class="{anchor}soft" x="{place}%" y="{_HEIGHT + 18}">{escape(words)}</text>'

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
        at = (f"{self.x(x) * _PLANE / 100:.1f} {self.y(value):.1f}" for x, value in points)
        return "M" + "L".join(at)


def _colour(curve: Curve) -> str:
    return f"var(--s{curve.colour % SERIES})"


def _short(value: float) -> str:
    return compact(value) if abs(value) >= 1000 else f"{value:.3g}"
