"""Plots as inline SVG: plain functions from figures to markup, without a library or a script.

Widths are per cent and heights pixels, so that type keeps its size from a phone to a wide screen.
Colour `i` is the class `s{i}`, light and dark, in page.css; there are `SERIES` of them, the
last a grey for the rest. Every mark says what it is in a `<title>`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from glaswerk.core.page import table

SERIES = 8
_LABEL_CHARACTERS = 30
_ROW, _BAR = 40, 12
_HEIGHT, _BASE = 180, 24
Row = tuple[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Series:
    """What one colour stands for."""

    name: str
    colour: int = 0


def series_of(
    names: Sequence[str], rows: Sequence[Sequence[int]], *, first: int = 0
) -> tuple[list[Series], list[list[int]]]:
    """Series for the columns of `rows`, coloured in the order of `names` from colour `first` on.

    Those without any count go; those for whom no colour is left go together as "other".
    """
    room = SERIES - first - 1
    if len(names) > room + 1:
        names, rows = [*names[:room], "other"], [[*row[:room], sum(row[room:])] for row in rows]
    filled = [place for place in range(len(names)) if any(row[place] for row in rows)]
    return [Series(names[i], first + i) for i in filled], [[row[i] for i in filled] for row in rows]


def stacked_bars(
    rows: Sequence[Row], series: Sequence[Series], *, title: str, whole: int | None = None
) -> str:
    """Horizontal bars, each with its label and total above, the longest over the whole width.

    A row holds one count a series. With `whole`, totals are also said as shares of it.
    """
    longest = max((sum(values) for _, values in rows), default=0) or 1
    parts = [_open(title, _ROW * len(rows), "rows stack" if len(series) > 1 else "rows")]
    for i, (label, values) in enumerate(rows):
        y, total = i * _ROW, sum(values)
        share = f" ({percent(total, whole)})" if whole else ""
        parts.append(
            f'<text x="0" y="{y + 14}">{escape(_cut(label))}<title>{escape(label)}</title></text>'
            f'<text x="100%" y="{y + 14}" class="end">{total:,}<tspan class="soft">{share}</tspan></text>'
            f'<rect class="track" x="0" y="{y + 20}" width="100%" height="{_BAR}" rx="3"/>'
        )
        parts += _segments(label, values, series, y + 20, longest)
    return "".join(parts) + "</svg>"


def _segments(
    label: str, values: Sequence[int], series: Sequence[Series], y: int, longest: int
) -> Iterator[str]:
    start = 0
    for one, value in zip(series, values, strict=True):
        if value:
            words = f"{label}: {one.name} {value:,}" if len(series) > 1 else f"{label}: {value:,}"
            yield _rect(_share(start, longest), y, _share(value, longest), _BAR, one.colour, words)
        start += value


def bars(rows: Sequence[tuple[str, int]], *, title: str, whole: int | None = None) -> str:
    """Horizontal bars of one series."""
    return stacked_bars(
        [(label, [value]) for label, value in rows], [Series(title)], title=title, whole=whole
    )


def columns(rows: Sequence[Row], series: Sequence[Series], *, title: str) -> str:
    """Stacked columns side by side; a row is a column's label and one count a series."""
    top = max((sum(values) for _, values in rows), default=0) or 1
    width = 100 / max(len(rows), 1)
    parts = [_open(title, _HEIGHT + _BASE, "plot"), *_grid(top)]
    for i, (label, values) in enumerate(rows):
        there = [(one, n) for one, n in zip(series, values, strict=True) if n]
        words = [f"{label}: {sum(values):,}", *(f"{one.name}: {n:,}" for one, n in reversed(there))]
        parts.append(f"<g><title>{escape(chr(10).join(words))}</title>{_hit(i * width, width)}")
        y: float = _HEIGHT
        for one, n in there:
            tall = n / top * _HEIGHT
            y -= tall
            parts.append(_rect(f"{(i + 0.08) * width:.3f}%", y, f"{0.84 * width:.3f}%", tall, one.colour))
        parts.append("</g>")
    parts += [_tick((i + 0.5) * width, rows[i][0]) for i in _spread([label for label, _ in rows])]
    return "".join(parts) + "</svg>"


def histogram(bins: Sequence[tuple[int, int, int]], *, title: str, unit: str) -> str:
    """Counts of (low, end, count) over a logarithmic axis; each column's area is its count.

    The height is documents per doubling, so that narrow and wide bins compare.
    """
    spans = [(max(low, 1), end, n) for low, end, n in bins if end > 1]
    if not spans:
        return ""
    left, right = math.log2(spans[0][0]), math.log2(spans[-1][1])
    scale = 100 / (right - left)
    top = max(n / math.log2(end / low) for low, end, n in spans) or 1
    parts = [_open(title, _HEIGHT + _BASE, "plot"), *_grid(top)]
    for low, end, n in spans:
        words = f"{low:,} to {end - 1:,} {unit}: {n:,}" if end - 1 > low else f"{low:,} {unit}: {n:,}"
        x, width = (math.log2(low) - left) * scale, math.log2(end / low) * scale
        tall = n / math.log2(end / low) / top * _HEIGHT
        bar = _rect(f"{x:.3f}%", _HEIGHT - tall, f"{width * 0.94:.3f}%", tall, 0)
        parts.append(f"<g><title>{escape(words)}</title>{_hit(x, width)}{bar}</g>")
    for value in _round(spans[0][0], spans[-1][1]):
        parts.append(_tick((math.log2(value) - left) * scale, compact(value)))
    return "".join(parts) + "</svg>"


def legend(series: Sequence[Series]) -> str:
    """The names of the series with their colours; nothing for a single one."""
    items = "".join(
        f'<li><svg aria-hidden="true" width="12" height="12"><rect class="s{one.colour}" width="12" '
        f'height="12" rx="3"/></svg>{escape(one.name)}</li>'
        for one in series
    )
    return f'<ul class="legend">{items}</ul>' if len(series) > 1 else ""


def figure(
    plot: str, head: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str = "", key: str = ""
) -> str:
    """A plot with its legend `key`, a caption in plain text, and the same figures as a table to unfold.

    Columns of the table after the first are numbers.
    """
    words = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    cells = table(head, rows, numeric=range(1, len(head)))
    return (
        f"<figure>{words}{key}{plot}<details><summary>Figures as a table</summary>{cells}</details></figure>"
    )


def compact(value: float) -> str:
    """A number in few characters: 1,500 → 1.5k."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g}{unit}"
    return f"{value:.3g}"


def percent(part: float, whole: float) -> str:
    """A share in words; what is there but below 0.1 % does not become 0."""
    share = part / whole if whole else 0.0
    return "<0.1%" if 0 < share < 0.001 else f"{share:.1%}"


def _open(title: str, height: int, name: str) -> str:
    return (
        f'<svg class="{name}" role="img" aria-label="{escape(title)}; the figures follow as a table" '
        f'width="100%" height="{height}">'
    )


def _grid(top: float) -> Iterator[str]:
    for value in _nice(top):
        y = _HEIGHT - value / top * _HEIGHT
        yield f'<line class="grid" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="end soft" x="-8" y="{y + 4:.1f}">{compact(value)}</text>'


def _nice(top: float) -> list[float]:
    """0 and up to four round numbers not above `top`."""
    power = 10 ** math.floor(math.log10(top))
    step = next(power * factor for factor in (0.2, 0.25, 0.5, 1, 2) if top / (power * factor) < 5)
    step = max(step, 1)  # counts are whole
    return [step * i for i in range(int(top / step) + 1)]


def _round(low: int, end: int) -> list[int]:
    """Round values from `low` to `end`, few enough to stand side by side; the ends where there are none."""
    for factors in (range(1, 10), (1, 2, 5), (1, 3), (1,)):
        found = [f * 10**power for power in range(13) for f in factors if low <= f * 10**power <= end]
        if len(found) <= 6:
            break
    return found if len(found) > 1 else [low, end]


def _spread(labels: Sequence[str]) -> list[int]:
    """Places of labels evenly apart, so few that they do not touch on a phone."""
    most = 6 if max(map(len, labels), default=0) <= 5 else 4
    return list(range(0, len(labels), max(math.ceil(len(labels) / most), 1)))


def _tick(x: float, words: str) -> str:
    return f'<text class="mid soft" x="{x:.3f}%" y="{_HEIGHT + 18}">{escape(words)}</text>'


def _hit(x: float, width: float) -> str:
    """A rectangle of the plot's height that nobody sees, so that a title shows above low columns, too."""
    return f'<rect class="hit" x="{x:.3f}%" y="0" width="{width:.3f}%" height="{_HEIGHT}"/>'


def _rect(x: str, y: float, width: str, height: float, series: int, words: str = "") -> str:
    title = f"<title>{escape(words)}</title>" if words else ""
    size = f'x="{x}" y="{y:.1f}" width="{width}" height="{height:.1f}"'
    return f'<rect class="s{series}" {size}>{title}</rect>'


def _share(part: int, whole: int) -> str:
    return f"{part / whole * 100:.3f}%"


def _cut(label: str) -> str:
    return label if len(label) <= _LABEL_CHARACTERS else label[: _LABEL_CHARACTERS - 1] + "…"
