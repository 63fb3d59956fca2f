"""The ladder's plots as SVG: one colour per size, a logarithmic axis of tokens or rates, bits vertically."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from bench.ladder_laws import Row, chosen, fit_loss, lowest, shared
from glaswerk.core.pages.plots import compact

COLOURS = ("#1b6ca8", "#c8553d", "#4f8a3c", "#8e5ea2", "#b8860b", "#4a7c7e", "#7a4a2b", "#777777")
_LEFT, _RIGHT, _TOP, _BASE = 60.0, 560.0, 40.0, 300.0


@dataclass(frozen=True)
class Line:
    """One size: measured points, and the law's points as a dashed line."""

    name: str
    points: Sequence[tuple[float, float]]
    law: Sequence[tuple[float, float]] = field(default=())


def chart(title: str, across: str, lines: Sequence[Line], *, joined: bool) -> str:
    """Bits per byte over `across`; `joined` draws lines between the measured points."""
    every = [point for line in lines for point in (*line.points, *line.law)]
    place_x, place_y = _across([x for x, _ in every]), _up([y for _, y in every])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 350" font-family="sans-serif" '
        f'font-size="12"><rect width="720" height="350" fill="#fff"/>'
        f'<text x="{_LEFT}" y="24">{escape(title)}</text>',
        *_grid([x for x, _ in every], [y for _, y in every], place_x, place_y),
        f'<text x="{(_LEFT + _RIGHT) / 2}" y="340" text-anchor="middle">{escape(across)}</text>',
    ]
    for i, line in enumerate(lines):
        parts += _drawn(line, COLOURS[i % len(COLOURS)], place_x, place_y, joined)
        parts.append(
            f'<circle cx="{_RIGHT + 22}" cy="{_TOP + 18 * i + 8}" r="4" fill="{COLOURS[i % len(COLOURS)]}"/>'
            f'<text x="{_RIGHT + 32}" y="{_TOP + 18 * i + 12}">{escape(line.name)}</text>'
        )
    return "".join(parts) + "</svg>\n"


def _drawn(
    line: Line,
    colour: str,
    x_of: Callable[[float], float],
    y_of: Callable[[float], float],
    joined: bool,
) -> Iterator[str]:
    for points, dashes in ((line.points if joined else (), ""), (line.law, ' stroke-dasharray="4"')):
        if len(points) > 1:
            path = "L".join(f"{x_of(x):.1f} {y_of(y):.1f}" for x, y in points)
            yield f'<path d="M{path}" fill="none" stroke="{colour}"{dashes}/>'
    for x, y in line.points:
        yield (
            f'<circle cx="{x_of(x):.1f}" cy="{y_of(y):.1f}" r="4" fill="{colour}">'
            f"<title>{escape(line.name)}, {x:,g}: {y:.3f} bits per byte</title></circle>"
        )


def _grid(
    xs: Sequence[float], ys: Sequence[float], x_of: Callable[[float], float], y_of: Callable[[float], float]
) -> Iterator[str]:
    for power in range(math.floor(math.log2(min(xs))), math.ceil(math.log2(max(xs))) + 1):
        x = x_of(2.0**power)
        if _LEFT - 1 <= x <= _RIGHT + 1:
            words = compact(2.0**power) if power > 0 else f"{2.0**power:.2g}"
            yield f'<path d="M{x:.1f} {_TOP}V{_BASE}" stroke="#ddd"/>'
            yield f'<text x="{x:.1f}" y="{_BASE + 18}" text-anchor="middle">{words}</text>'
    for tenth in range(math.floor(min(ys) * 10), math.ceil(max(ys) * 10) + 1):
        y = y_of(tenth / 10)
        if _TOP - 1 <= y <= _BASE + 1:
            yield f'<path d="M{_LEFT} {y:.1f}H{_RIGHT}" stroke="#ddd"/>'
            yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tenth / 10:.1f}</text>'


def _across(values: Sequence[float]) -> Callable[[float], float]:
    low, high = math.log2(min(values)) - 0.2, math.log2(max(values)) + 0.2
    return lambda value: _LEFT + (math.log2(value) - low) / (high - low) * (_RIGHT - _LEFT)


def _up(values: Sequence[float]) -> Callable[[float], float]:
    low, high = min(values) - 0.02, max(values) + 0.02
    return lambda value: _BASE - (value - low) / (high - low) * (_BASE - _TOP)


def plots(rows: Sequence[Row]) -> dict[str, str]:
    """File name → SVG: bits over the learning rate, and bits over tokens beside the law."""
    rates, tokens = [], []
    points = lowest(chosen(rows))
    loss = fit_loss(points)
    lengths = sorted({d for _, d, _ in points})
    for size in sorted({row["parameters"] for row in rows}):
        own = sorted(
            (row["rate"], row["bits"])
            for row in shared(rows)
            if row["parameters"] == size and row["wanted"] == lengths[1]
        )
        rates.append(Line(f"{compact(size)} parameters", own))
        curve = [(float(d), loss.bits(size, d)) for d in lengths]
        tokens.append(Line(f"{compact(size)} parameters", [(d, y) for n, d, y in points if n == size], curve))
    title = f"held-out bits per byte after {lengths[1]:,} tokens, one learning rate for all"
    return {
        "scaling-rate.svg": chart(
            title, "learning rate", [line for line in rates if line.points], joined=True
        ),
        "scaling-tokens.svg": chart(
            "held-out bits per byte at the best rate measured; dashed: the law",
            "tokens",
            tokens,
            joined=False,
        ),
    }
