"""Plots as inline SVG: plain functions from figures to markup, without a plotting library or a script.

Widths are per cent and heights pixels, so that type keeps its size from a phone to a wide screen.
Colour `i` is the class `s{i}`, light and dark, in page.css; there are `SERIES` of them, the
last a grey for the rest. Every mark says what it is in a `<title>`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from glaswerk.core.pages.marks import Mark, mark

SERIES = 8
# The plane of plots with an axis, and the room for the axis below it, in pixels.
HEIGHT, BASE = 180, 24
_LABEL_CHARACTERS = 30
_ROW, _BAR = 40, 12
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

    Columns of zeros are dropped; those for which no colour is left are summed as "other".
    """
    room = SERIES - first - 1
    if len(names) > room + 1:
        names, rows = [*names[:room], "other"], [[*row[:room], sum(row[room:])] for row in rows]
    filled = [place for place in range(len(names)) if any(row[place] for row in rows)]
    return [Series(names[i], first + i) for i in filled], [[row[i] for i in filled] for row in rows]


def stacked_bars(
    rows: Sequence[Row], series: Sequence[Series], *, title: str, whole: int | None = None
) -> Markup:
    """Horizontal bars, each with its label and total above; the longest takes the full width.

    A row holds one count per series. With `whole`, totals are also given as shares of it.
    """
    longest = max((sum(values) for _, values in rows), default=0) or 1
    marks: list[Mark] = []
    for i, (label, values) in enumerate(rows):
        y, total = i * _ROW, sum(values)
        share = f" ({percent(total, whole)})" if whole else ""
        soft = mark("tspan", class_="soft", text=share)
        marks += [
            mark("text", x="0", y=y + 14, text=_cut(label), children=[mark("title", text=label)]),
            mark("text", x="100%", y=y + 14, class_="end", text=f"{total:,}", children=[soft]),
            mark("rect", class_="track", x="0", y=y + 20, width="100%", height=_BAR, rx="3"),
        ]
        marks += _segments(label, values, series, y + 20, longest)
    return frame(title, _ROW * len(rows), marks, "rows stack" if len(series) > 1 else "rows")


def _segments(
    label: str, values: Sequence[int], series: Sequence[Series], y: int, longest: int
) -> Iterator[Mark]:
    start = 0
    for one, value in zip(series, values, strict=True):
        if value:
            words = f"{label}: {one.name} {value:,}" if len(series) > 1 else f"{label}: {value:,}"
            yield _rect(_share(start, longest), y, _share(value, longest), _BAR, one.colour, words)
        start += value


def bars(rows: Sequence[tuple[str, int]], *, title: str, whole: int | None = None) -> Markup:
    """Horizontal bars of one series."""
    return stacked_bars(
        [(label, [value]) for label, value in rows], [Series(title)], title=title, whole=whole
    )


def columns(rows: Sequence[Row], series: Sequence[Series], *, title: str) -> Markup:
    """Stacked columns side by side; a row is a column's label and one count per series."""
    top = max((sum(values) for _, values in rows), default=0) or 1
    width = 100 / max(len(rows), 1)
    marks = list(_grid(top))
    marks += [_column(row, series, i * width, width, top) for i, row in enumerate(rows)]
    marks += [_tick((i + 0.5) * width, rows[i][0]) for i in _spread([label for label, _ in rows])]
    return frame(title, HEIGHT + BASE, marks)


def _column(row: Row, series: Sequence[Series], x: float, width: float, top: int) -> Mark:
    label, values = row
    there = [(one, n) for one, n in zip(series, values, strict=True) if n]
    words = [f"{label}: {sum(values):,}", *(f"{one.name}: {n:,}" for one, n in reversed(there))]
    marks, y = [_hit(x, width)], float(HEIGHT)
    for one, n in there:
        tall = n / top * HEIGHT
        y -= tall
        marks.append(_rect(f"{x + 0.08 * width:.3f}%", y, f"{0.84 * width:.3f}%", tall, one.colour))
    return mark("g", title="\n".join(words), children=marks)


def histogram(bins: Sequence[tuple[int, int, int]], *, title: str, unit: str) -> Markup:
    """Counts of (low, end, count) over a logarithmic axis; each column's area is its count.

    The height is documents per doubling, so that narrow and wide bins compare.
    """
    spans = [(max(low, 1), end, n) for low, end, n in bins if end > 1]
    if not spans:
        return Markup("")
    left, right = math.log2(spans[0][0]), math.log2(spans[-1][1])
    scale = 100 / (right - left)
    top = max(n / math.log2(end / low) for low, end, n in spans) or 1
    marks = list(_grid(top))
    for low, end, n in spans:
        words = f"{low:,} to {end - 1:,} {unit}: {n:,}" if end - 1 > low else f"{low:,} {unit}: {n:,}"
        x, width = (math.log2(low) - left) * scale, math.log2(end / low) * scale
        tall = n / math.log2(end / low) / top * HEIGHT
        bar = _rect(f"{x:.3f}%", HEIGHT - tall, f"{width * 0.94:.3f}%", tall, 0)
        marks.append(mark("g", title=words, children=[_hit(x, width), bar]))
    marks += [
        _tick((math.log2(value) - left) * scale, compact(value))
        for value in _round(spans[0][0], spans[-1][1])
    ]
    return frame(title, HEIGHT + BASE, marks)


def compact(value: float) -> str:
    """A number in few characters: 1,500 → 1.5k."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g}{unit}"
    return f"{value:.3g}"


def percent(part: float, whole: float) -> str:
    """A share in words; a share above 0 never reads as 0.0%."""
    share = part / whole if whole else 0.0
    return "<0.1%" if 0 < share < 0.001 else f"{share:.1%}"


def frame(title: str, height: int, marks: Sequence[Mark], name: str = "plot") -> Markup:
    """The SVG around the marks of a plot, `height` pixels tall, with an accessible name."""
    label = f"{title}; the figures follow as a table"
    return mark(
        "svg", class_=name, role="img", aria_label=label, width="100%", height=height, children=marks
    ).render()


def _grid(top: float) -> Iterator[Mark]:
    for value in _nice(top):
        y = HEIGHT - value / top * HEIGHT
        yield mark("line", class_="grid", x1="0", x2="100%", y1=f"{y:.1f}", y2=f"{y:.1f}")
        yield mark("text", class_="end soft", x="-8", y=f"{y + 4:.1f}", text=compact(value))


def _nice(top: float) -> list[float]:
    """0 and up to four round numbers not above `top`."""
    power = 10 ** math.floor(math.log10(top))
    step = next(power * factor for factor in (0.2, 0.25, 0.5, 1, 2) if top / (power * factor) < 5)
    step = max(step, 1)  # counts are whole numbers
    return [step * i for i in range(int(top / step) + 1)]


def _round(low: int, end: int) -> list[int]:
    """At most six round values from `low` to `end`; the ends if there are none."""
    for factors in (range(1, 10), (1, 2, 5), (1, 3), (1,)):
        found = [f * 10**power for power in range(13) for f in factors if low <= f * 10**power <= end]
        if len(found) <= 6:
            break
    return found if len(found) > 1 else [low, end]


def _spread(labels: Sequence[str]) -> list[int]:
    """Indices of evenly spaced labels, so few that they do not touch on a phone."""
    most = 6 if max(map(len, labels), default=0) <= 5 else 4
    return list(range(0, len(labels), max(math.ceil(len(labels) / most), 1)))


def _tick(x: float, words: str) -> Mark:
    return mark("text", class_="mid soft", x=f"{x:.3f}%", y=HEIGHT + 18, text=words)


def _hit(x: float, width: float) -> Mark:
    """An invisible rectangle of the plot's full height, so that low columns show their title, too."""
    return mark("rect", class_="hit", x=f"{x:.3f}%", y="0", width=f"{width:.3f}%", height=HEIGHT)


def _rect(x: str, y: float, width: str, height: float, series: int, words: str = "") -> Mark:
    return mark(
        "rect",
        class_=f"s{series}",
        x=x,
        y=f"{y:.1f}",
        width=width,
        height=f"{height:.1f}",
        title=words,
    )


def _share(part: int, whole: int) -> str:
    return f"{part / whole * 100:.3f}%"


def _cut(label: str) -> str:
    return label if len(label) <= _LABEL_CHARACTERS else label[: _LABEL_CHARACTERS - 1] + "…"
