"""Two trust reports side by side: every figure that both measured, on the items that both have, in pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from glaswerk.core.ids import short
from glaswerk.core.pages.kit import Table, render
from glaswerk.core.statistics import LEVEL, RESAMPLES
from glaswerk.lineage.reports import Difference, Report, differences

Figures = Mapping[str, Any]


def compare(first: Report, second: Report, *, seed: int = 0) -> dict[str, Any]:
    """The comparison as data: `figures`, and `only`: by report, what the other one has no items of.

    `by_chance`: how many of the figures an interval of 95 % would call different if none were.
    """
    found = differences(first, second, seed=seed)
    return {
        "first": _about(first),
        "second": _about(second),
        "figures": [_figure(one) for one in found],
        "by_chance": round(len(found) * (1 - LEVEL), 1),
        "not_comparable": _not_comparable(first, second, found),
        "method": {"seed": seed, "resamples": RESAMPLES, "level": LEVEL},
    }


def _about(report: Report) -> dict[str, Any]:
    model = report.figures["model"]
    return {"model": model["name"], "digest": model["digest"], "report": report.path.name}


def _figure(one: Difference) -> dict[str, Any]:
    change = one.change
    return {
        "figure": one.figure,
        "first": one.first,
        "second": one.second,
        "change": change.value,
        "low": change.low,
        "high": change.high,
        "items": change.n,
        "independent": change.clusters,
        "better": one.better or None,
        "verdict": one.verdict,
        "smallest_visible": max(change.high - change.value, change.value - change.low),
    }


def _not_comparable(first: Report, second: Report, found: Sequence[Difference]) -> list[dict[str, str]]:
    """Measured in one report, and not on common items in the other."""
    compared = {one.figure for one in found}
    missing = []
    for path in sorted({*measured_paths(first.figures), *measured_paths(second.figures)} - compared):
        sides = [name for name, one in (("first", first), ("second", second)) if one.figure(path)]
        reason = "no common items" if len(sides) == 2 else f"measured in the {sides[0]} alone"
        missing.append({"figure": path, "reason": reason})
    return missing


def measured_paths(figures: Figures, prefix: str = "") -> list[str]:
    """Dotted paths of all figures with an interval, outside of controls and of parts by kind or issue."""
    if figures.get("measurable") is False or prefix in ("controls.", "method."):
        return []
    if {"value", "low", "high"} <= set(figures):
        return [prefix[:-1]]
    inner = [(name, value) for name, value in figures.items() if isinstance(value, Mapping)]
    parts = [(name, value) for name, value in inner if name not in ("relations", "kinds", "copies")]
    return [path for name, value in parts for path in measured_paths(value, f"{prefix}{name}.")]


def comparison_page(found: Figures) -> str:
    """The page of a comparison."""
    first, second = found["first"], found["second"]
    head = ("figure", "first", "second", "change", "95 % interval", "independent", "verdict")
    rows = [_row(one) for one in found["figures"]]
    left = [(one["figure"].replace(".", " → "), one["reason"]) for one in found["not_comparable"]]
    return render(
        "glaswerk.evaluate",
        "compare.html.jinja",
        title=f"{first['model']} and {second['model']}",
        found=found,
        digests=[short(one["digest"]) for one in (first, second)],
        changed=[one for one in found["figures"] if one["verdict"] in ("better", "worse", "changed")],
        table=Table(head, rows, numeric=(1, 2, 3, 4, 5), label="Every figure"),
        left=Table(("figure", "reason"), left, label="Not comparable"),
    )


def _row(one: Figures) -> tuple[object, ...]:
    interval = f"{one['low']:+.3f} to {one['high']:+.3f}"
    values = f"{one['first']:.3f}", f"{one['second']:.3f}", f"{one['change']:+.3f}"
    return one["figure"].replace(".", " → "), *values, interval, one["independent"], one["verdict"]
