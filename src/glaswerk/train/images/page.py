"""The report of an image run as a page; `page.html.jinja` beside it holds the words."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from glaswerk.core.pages.curves import Curve, curves
from glaswerk.core.pages.kit import Card, Figure, Table, figure, render

Figures = Mapping[str, Any]
SECTIONS = {"samples": "Samples", "training": "Training", "held-out": "Held-out pictures", "data": "Data"}
_CURVES = (
    ("loss", "Loss of the training batches", False),
    ("rate", "Learning rate", True),
    ("norm", "Gradient norm", True),
    ("tokens_per_second", "Patches per second", True),
)
_ROWS = 20


def render_report(figures: Figures, samples: Path) -> str:
    """The complete page of a run's report.json, with the sheets in `samples` inside it."""
    return render(
        "glaswerk.train.images",
        "page.html.jinja",
        title=f"Image run: {figures['name']}",
        sections=SECTIONS,
        cards=list(_cards(figures)),
        finished=bool(figures["result"]),
        done=f"{figures['done']:,}",
        steps=f"{figures['steps']:,}",
        sheets=list(_sheets(figures, samples)),
        captions=figures["captions"],
        training=list(_training(figures)),
        held_out=_held_out(figures),
        data=Table(("quantity", "figure"), list(figures["data"].items()), (1,), SECTIONS["data"]),
    )


def _cards(figures: Figures) -> Iterator[Card]:
    if figures["looks"]:
        found = figures["looks"][-1]
        range_ = f"{found['low']:.4f} to {found['high']:.4f}, {found['n']} pictures"
        yield Card("loss, held out", f"{found['value']:.4f}", range_)
    if figures["curve"]:
        last = figures["curve"][-1]
        yield Card("loss", f"{last['loss']:.4f}", f"{figures['curve'][0]['loss']:.4f} at first")
        per_picture = figures["tokens"]
        yield Card("pictures per second", f"{last['tokens_per_second'] / per_picture:,.1f}", "in training")
    yield Card(
        "parameters", f"{figures['parameters']:,}", f"{figures['text_parameters']:,} of them read text"
    )


def _sheets(figures: Figures, samples: Path) -> Iterator[tuple[str, str]]:
    """(step, data address of its sheet), the latest first."""
    for look in reversed(figures["looks"]):
        path = samples / f"step-{look['step']}.png"
        if path.exists():
            data = base64.b64encode(path.read_bytes()).decode()
            yield f"{look['step']:,}", f"data:image/png;base64,{data}"


def _training(figures: Figures) -> Iterator[tuple[str, Figure]]:
    points = figures["curve"]
    if len(points) < 2:
        return
    chosen = points[:: max(1, len(points) // _ROWS)]
    for name, title, from_zero in _CURVES:
        line = Curve(title, [(point["step"], point[name]) for point in points])
        plot = curves([line], title=title, unit="steps", from_zero=from_zero)
        rows = [(f"{row['step']:,}", f"{row[name]:.4g}") for row in chosen]
        yield title, figure(plot, ["step", name.replace("_", " ")], rows)


def _held_out(figures: Figures) -> Figure | None:
    looks = figures["looks"]
    if not looks:
        return None
    band = [(look["step"], look["low"], look["high"]) for look in looks]
    line = Curve("held out", [(look["step"], look["value"]) for look in looks], band)
    rows = [(f"{x['step']:,}", *(f"{x[k]:.4f}" for k in ("value", "low", "high"))) for x in looks]
    plot = curves([line], title="Loss on held-out pictures", unit="steps")
    return figure(plot, ["step", "loss", "low", "high"], rows)
