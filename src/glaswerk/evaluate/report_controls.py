"""The part of the trust report about positive controls: gates, and what each plant moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glaswerk.core.pages.kit import Table

Figures = Mapping[str, Any]
_PASSED = {True: "passed", False: "failed", None: "not run"}


@dataclass(frozen=True, slots=True)
class ControlSection:
    """What the page says of the controls; `reason` where they could not be run."""

    reason: str
    words: str
    gates: Table
    shifts: Table


def control_section(found: Figures | None) -> ControlSection | None:
    """The section, None where no controls were asked for."""
    if found is None:
        return None
    if not found["measurable"]:
        return ControlSection(found["reason"], "", Table((), ()), Table((), ()))
    gates = [(gate["name"], _PASSED[gate["passed"]], gate["words"]) for gate in found["gates"]]
    a, b = found["sides"]
    head = ("measure", f"planted {a}", f"planted {b}", "neutral", "tells them apart", "smallest shift seen")
    rows = [_row(one) for one in found["measures"].values()]
    return ControlSection(
        "",
        _words(found),
        Table(("gate", "result", "figure"), gates, label="Gates"),
        Table(head, rows, numeric=(1, 2, 3, 4, 5), label="What plants moved, standard deviations"),
    )


def _words(found: Figures) -> str:
    dose, (a, b) = found["dose"], found["sides"]
    seconds = max(one["seconds"] for one in found["training"].values())
    return (
        f"Three copies of the model were trained for {dose['steps']} steps of {dose['rows']} statements: "
        f"{a} ones, {b} ones, and both in turn (neutral). The longest took {seconds:.0f} s. Shifts are "
        f"measured on {found['topics']} other topics, which share no word of what they are about with the "
        f"planted ones, in standard deviations of the untouched model. Side a is {a}."
    )


def _row(one: Figures) -> tuple[object, ...]:
    shifts = [_shift(one[side]) for side in ("a", "b", "neutral")]
    return one["title"], *shifts, f"{one['auc']:.2f}", f"{one['smallest_visible']:.2f}"


def _shift(figure: Figures) -> str:
    return f"{figure['value']:+.2f} ({figure['low']:+.2f} to {figure['high']:+.2f})"
