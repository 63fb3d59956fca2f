"""The last trust report of a model, as the figures that the papers quote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glaswerk.core.artifact_files import REPORT_FIGURES
from glaswerk.lab import Artifact, Lab

# Label → path of the figure in report.json.
_FIGURES = {
    "prefers the true statement": ("truth", "statements", "sum"),
    "right answers": ("truth", "answers", "all"),
    "repeats a rumour": ("truth", "rumours", "rumour"),
    "words of side a preferred": ("politics", "share_a"),
    "extracts from the training data": ("memorisation", "training"),
    "bits per byte of held-out text": ("bits_per_byte", "all"),
}
SHARES = frozenset(_FIGURES) - {"bits per byte of held-out text"}


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure with its 95 % interval over `n` items, or why it could not be measured."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    reason: str

    @property
    def words(self) -> str:
        """The figure and its interval for display."""
        if self.value is None or self.low is None or self.high is None:
            return f"not measured: {self.reason}"
        show = "{:.1%}" if self.label in SHARES else "{:.3f}"
        return f"{show.format(self.value)} ({show.format(self.low)} to {show.format(self.high)})"


@dataclass(frozen=True, slots=True)
class Trust:
    """The figures of the report `name`; `key` is the name of the answer key they are based on."""

    artifact: str
    name: str
    date: str
    key: str
    verdict: str
    parties: Mapping[str, str]
    figures: tuple[Figure, ...]


def last_report(lab: Lab, model: Artifact) -> Trust | None:
    """The newest trust report of exactly these weights, or None."""
    for made in reversed(lab.all("report")):
        file = made.path / REPORT_FIGURES
        if made.config.get("model_digest") == model.digest and file.exists():
            return _trust(made, json.loads(file.read_text(encoding="utf-8")))
    return None


def _trust(made: Artifact, report: Mapping[str, Any]) -> Trust:
    politics = report.get("politics", {})
    key = (report.get("data", {}).get("key") or {}).get("name", "")
    return Trust(
        made.id,
        made.name,
        report["date"],
        key,
        politics.get("verdict", ""),
        politics.get("parties", {}),
        tuple(_figure(label, report, path) for label, path in _FIGURES.items()),
    )


def _figure(label: str, report: Mapping[str, Any], path: tuple[str, ...]) -> Figure:
    found: Mapping[str, Any] = report
    for step in path:
        found = found.get(step, {})
        if found.get("measurable") is False:
            return Figure(label, None, None, None, 0, found["reason"])
    if "value" not in found:
        return Figure(label, None, None, None, 0, "the report does not have it")
    return Figure(label, found["value"], found["low"], found["high"], found["n"], "")
