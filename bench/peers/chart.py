"""Curves as one self-contained SVG, for docs/."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 400, 60, 560, 20, 350
COLOURS = ("#1b6ca8", "#7fb2d9", "#c1562d", "#5b8c2a")


@dataclass(frozen=True)
class Curve:
    """A named line through its points, with x and y as they are."""

    name: str
    points: Sequence[tuple[float, float]]


def chart(curves: Sequence[Curve], *, x: str, y: str) -> str:
    """All curves in one frame; each has its name at its end and its figures in the points' titles."""
    ends = [point for curve in curves for point in curve.points]
    across = _Axis(0.0, max(x for x, _ in ends), LEFT, RIGHT)
    up = _Axis(min(y for _, y in ends), max(y for _, y in ends), BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="12"><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    ]
    for i in range(5):
        place = i / 4
        right, high = (round(low + place * (top - low), 4) for low, top in (across.ends, up.ends))
        parts.append(f'<path d="M{LEFT} {up(high):.1f}H{RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{up(high) + 4:.1f}" text-anchor="end">{high:.3g}</text>')
        parts.append(
            f'<text x="{across(right):.1f}" y="{BOTTOM + 18}" text-anchor="middle">{right:.0f}</text>'
        )
    parts.append(f'<text x="{LEFT}" y="12">{escape(y)}</text>')
    parts.append(f'<text x="{RIGHT}" y="{BOTTOM + 36}" text-anchor="end">{escape(x)}</text>')
    for i, curve in enumerate(curves):
        places = [(across(a), up(b)) for a, b in curve.points]
        colour = COLOURS[i % len(COLOURS)]
        line = "L".join(f"{a:.1f} {b:.1f}" for a, b in places)
        parts.append(f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for (a, b), (seconds, bits) in zip(places, curve.points, strict=True):
            words = f"<title>{escape(curve.name)}: {bits:.4f} after {seconds:.0f}</title>"
            parts.append(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}">{words}</circle>')
        parts.append(f'<circle cx="{RIGHT + 20}" cy="{TOP + 20 * i + 6}" r="4" fill="{colour}"/>')
        parts.append(f'<text x="{RIGHT + 30}" y="{TOP + 20 * i + 10}">{escape(curve.name)}</text>')
    return "".join(parts) + "</svg>\n"


class _Axis:
    """Where a value stands, in pixels."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self.ends, self._start, self._end = (low, high), start, end

    def __call__(self, value: float) -> float:
        low, high = self.ends
        return self._start + (value - low) / ((high - low) or 1.0) * (self._end - self._start)
