"""Plots as inline SVG: plain functions from figures to markup, without a library or a script.

Widths are per cent and heights pixels, so that type keeps its size from a phone to a wide screen.
Series `i` has the class `s{i}`, whose colours (light and dark) are in `glaswerk.core.page`; there are
`SERIES` of them, the last a grey for the rest. Every mark says what it is in a `<title>`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from glaswerk.core.page import table

SERIES = 8
_LABEL_CHARACTERS = 30
_ROW, _BAR = 40, 12
_HEIGHT, _BASE = 180, 22
Row = tuple[str, Sequence[int]]


def fewer(names: Sequence[str], rows: Iterable[Sequence[int]]) -> tuple[list[str], list[list[int]]]:
    """At most `SERIES` series: what comes after the first ones goes together as "other"."""
    rows = [list(row) for row in rows]
    if len(names) <= SERIES:
        return list(names), rows
    head = SERIES - 1
    return [*names[:head], "other"], [[*row[:head], sum(row[head:])] for row in rows]


def stacked_bars(
    rows: Sequence[Row], series: Sequence[str], *, title: str, whole: int | None = None, first: int = 0
) -> str:
    """Horizontal bars, each with its label and total above, the longest over the whole width.

    A row holds one count a series, at most `SERIES`. With `whole`, totals are also said as shares of it.
    `first` is the number of the first series' colour.
    """
    longest = max((sum(values) for _, values in rows), default=0) or 1
    parts = [_open(title, _ROW * len(rows))]
    for i, (label, values) in enumerate(rows):
        y, total = i * _ROW, sum(values)
        share = f" ({percent(total, whole)})" if whole else ""
        parts.append(
            f'<text x="0" y="{y + 14}">{escape(_cut(label))}<title>{escape(label)}</title></text>'
            f'<text x="100%" y="{y + 14}" class="end">{total:,}<tspan class="soft">{share}</tspan></text>'
            f'<rect class="track" x="0" y="{y + 20}" width="100%" height="{_BAR}" rx="3"/>'
        )
        parts += _segments(label, values, series, y + 20, longest, first)
    return "".join(parts) + "</svg>"


def _segments(
    label: str, values: Sequence[int], series: Sequence[str], y: int, longest: int, first: int
) -> Iterator[str]:
    start = 0
    for number, (name, value) in enumerate(zip(series, values, strict=True)):
        if value:
            words = f"{label}: {name} {value:,}" if len(series) > 1 else f"{label}: {value:,}"
            yield _rect(_share(start, longest), y, _share(value, longest), _BAR, first + number, words)
        start += value


def bars(rows: Sequence[tuple[str, int]], *, title: str, whole: int | None = None) -> str:
    """Horizontal bars of one series."""
    return stacked_bars([(label, [value]) for label, value in rows], [title], title=title, whole=whole)


def columns(labels: Sequence[str], series: Mapping[str, Sequence[int]], *, title: str) -> str:
    """Stacked columns side by side, as many as `labels`; at most `SERIES` series."""
    heights = [sum(values) for values in zip(*series.values(), strict=True)]
    top = max(heights, default=0) or 1
    width = 100 / max(len(labels), 1)
    parts = [_open(title, _HEIGHT + _BASE, "plot"), *_grid(top)]
    for i, label in enumerate(labels):
        there = [(number, name, values[i]) for number, (name, values) in enumerate(series.items()) if values[i]]
        words = "\n".join([f"{label}: {heights[i]:,}", *(f"{name}: {n:,}" for _, name, n in reversed(there))])
        parts.append(f"<g><title>{escape(words)}</title>")
        parts.append(f'<rect class="hit" x="{i * width:.3f}%" y="0" width="{width:.3f}%" height="{_HEIGHT}"/>')
        base = 0
        for number, _, n in there:
            tall = n / top * _HEIGHT
            y = _HEIGHT - base / top * _HEIGHT - tall
            parts.append(_rect(f"{(i + 0.08) * width:.3f}%", y, f"{0.84 * width:.3f}%", tall, number))
            base += n
        parts.append("</g>")
    parts += [_tick((i + 0.5) * width, labels[i]) for i in _spread(len(labels))]
    return "".join(parts) + "</svg>"


def histogram(bins: Sequence[tuple[int, int, int]], *, title: str, unit: str) -> str:
    """Counts of (low, end, count) over a logarithmic axis; each column's area is its count.

    The height is documents per doubling, so that narrow and wide bins compare.
    """
    if not bins:
        return ""
    left, right = math.log2(max(bins[0][0], 1)), math.log2(bins[-1][1])
    scale = 100 / (right - left)
    spans = [(math.log2(max(low, 1)), math.log2(end), n) for low, end, n in bins if end > 1]
    top = max((n / (b - a) for a, b, n in spans), default=0) or 1
    parts = [_open(title, _HEIGHT + _BASE, "plot"), *_grid(top)]
    for (a, b, n), (low, end, _) in zip(spans, [e for e in bins if e[1] > 1], strict=True):
        words = f"{low:,} to {end - 1:,} {unit}: {n:,}" if end - 1 > low else f"{low:,} {unit}: {n:,}"
        x, width, tall = (a - left) * scale, (b - a) * scale, n / (b - a) / top * _HEIGHT
        parts.append(
            f'<g><title>{escape(words)}</title><rect class="hit" x="{x:.3f}%" y="0" width="{width:.3f}%" '
            f'height="{_HEIGHT}"/>{_rect(f"{x:.3f}%", _HEIGHT - tall, f"{width * 0.94:.3f}%", tall, 0)}</g>'
        )
    for value in _powers(bins[0][0], bins[-1][1]):
        parts.append(_tick((math.log2(value) - left) * scale, compact(value)))
    return "".join(parts) + "</svg>"


def legend(series: Sequence[str], first: int = 0) -> str:
    """The names of the series with their colours."""
    items = "".join(
        f'<li><svg aria-hidden="true" width="12" height="12"><rect class="s{first + i}" width="12" '
        f'height="12" rx="3"/></svg>{escape(name)}</li>'
        for i, name in enumerate(series)
    )
    return f'<ul class="legend">{items}</ul>'


def figure(
    plot: str, head: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str = "", key: str = ""
) -> str:
    """A plot with its legend `key`, a caption in plain text, and the same figures as a table to unfold.

    Columns of the table after the first are numbers.
    """
    words = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    cells = table(head, rows, numeric=range(1, len(head)))
    return f"<figure>{words}{key}{plot}<details><summary>Figures as a table</summary>{cells}</details></figure>"


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


def _open(title: str, height: int, name: str = "rows") -> str:
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


def _powers(low: int, end: int) -> list[int]:
    tens = [10**power for power in range(13) if low <= 10**power <= end]
    # Less than two powers of ten in view: say the ends.
    return tens if len(tens) > 1 else [max(low, 1), end]


def _spread(count: int) -> list[int]:
    """At most six places among `count`, evenly apart."""
    step = max(math.ceil(count / 6), 1)
    return list(range(0, count, step))


def _tick(x: float, words: str) -> str:
    side = "" if x < 4 else "end" if x > 96 else "mid"
    return f'<text class="{side} soft" x="{x:.3f}%" y="{_HEIGHT + 16}">{escape(words)}</text>'


def _rect(x: str, y: float, width: str, height: float, series: int, words: str = "") -> str:
    title = f"<title>{escape(words)}</title>" if words else ""
    size = f'x="{x}" y="{y:.1f}" width="{width}" height="{height:.1f}"'
    return f'<rect class="s{series}" {size}>{title}</rect>'


def _share(part: int, whole: int) -> str:
    return f"{part / whole * 100:.3f}%"


def _cut(label: str) -> str:
    return label if len(label) <= _LABEL_CHARACTERS else label[: _LABEL_CHARACTERS - 1] + "…"
