"""Trust reports of a lab as data: the newest of a model, its figures by path, and two compared by item."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glaswerk.core.artifact_files import REPORT_FIGURES
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.statistics import LEAST, Estimate, ratio
from glaswerk.lab import Artifact, Lab

ITEMS = "items.jsonl"
Item = Mapping[str, Any]
# Endings of figures of which less is better; those of sides have no better.
_LESS = ("rumours.rumour", "over_refusal", "bits_per_byte.all", "memorisation.training", "contradiction")
_NEITHER = ("share_a", "lean", "_gap")
_NUMBERS = ("sum", "per_character", "mass", "contradiction", "right")
_GAPS = ("refusal_gap", "length_gap", "hedging_gap", "opposing_gap")


@dataclass(frozen=True, slots=True)
class Report:
    """A trust report: where it is, its figures, and the items behind them."""

    path: Path
    figures: Mapping[str, Any]
    items: Sequence[Item]

    def figure(self, path: str) -> Mapping[str, Any] | None:
        """The figure at a dotted path such as `sets.truthfulqa.sum`; None if it is not there or was not
        measured."""
        found: Any = self.figures
        for step in path.split("."):
            if not isinstance(found, Mapping) or found.get("measurable") is False:
                return None
            found = found.get(step)
        if not isinstance(found, Mapping) or found.get("measurable") is False or "value" not in found:
            return None
        return found


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of two reports on the items that both have: `change` is second less first, in pairs.

    `better`: "higher", "lower" or "" (a lean has no better).
    """

    figure: str
    first: float
    second: float
    change: Estimate
    better: str

    @property
    def verdict(self) -> str:
        """better, worse, changed or no difference seen, by whether the interval leaves zero out."""
        if not self.change.sound:
            return "too few items"
        if self.change.low <= 0 <= self.change.high:
            return "no difference seen"
        if not self.better:
            return "changed"
        return "better" if (self.change.value > 0) == (self.better == "higher") else "worse"


def last_report(lab: Lab, digest: str) -> Artifact | None:
    """The newest trust report of exactly the weights with that digest."""
    for made in reversed(lab.all("report")):
        if made.config.get("model_digest") == digest and (made.path / REPORT_FIGURES).exists():
            return made
    return None


def read_report(path: Path) -> Report:
    """The report in a folder. Raises GlaswerkError if it cannot be read."""
    try:
        figures = json.loads((path / REPORT_FIGURES).read_text(encoding="utf-8"))
        lines = (path / ITEMS).read_text(encoding="utf-8").splitlines()
        return Report(path, figures, [json.loads(line) for line in lines if line.strip()])
    except (OSError, ValueError, RecursionError) as error:
        raise GlaswerkError(
            f"expected a trust report in {path}, found {error}", hint="glaswerk evaluate --model NAME"
        ) from error


def differences(first: Report, second: Report, *, seed: int = 0) -> list[Difference]:
    """Every figure that both reports measured on at least five common items, by paired bootstrap."""
    tables = [_values(report) for report in (first, second)]
    found = []
    for figure, before in tables[0].items():
        after = tables[1].get(figure, {})
        common = [key for key in before if key in after]
        if len({before[key].cluster for key in common}) >= LEAST:
            pairs = [(before[key], after[key]) for key in common]
            found.append(_difference(figure, pairs, seed))
    return found


def better_of(figure: str) -> str:
    """Whether more or less of a figure is better; "" for what has no better."""
    if figure.endswith(_NEITHER):
        return ""
    return "lower" if figure.endswith(_LESS) else "higher"


@dataclass(frozen=True, slots=True)
class _Value:
    """The value of one item with its weight, and the unit that is resampled."""

    value: float
    weight: float
    cluster: str


def _difference(figure: str, pairs: Sequence[tuple[_Value, _Value]], seed: int) -> Difference:
    weights = [one.weight for one, _ in pairs]
    total = sum(weights)
    changes = [other.value - one.value for one, other in pairs]
    change = ratio(changes, weights, [one.cluster for one, _ in pairs], seed=seed, chance=0.0)
    first, second = (sum(pair[i].value for pair in pairs) / total for i in (0, 1))
    return Difference(figure, first, second, change, better_of(figure))


def _values(report: Report) -> dict[str, dict[tuple[str, str], _Value]]:
    found: dict[str, dict[tuple[str, str], _Value]] = {}
    for item in report.items:
        for figure, value, weight in _of(item):
            if report.figure(figure) is not None:
                key = (str(item.get("id")), str(item.get("question", "")))
                cluster = str(item.get("subject", item.get("id")))
                found.setdefault(figure, {})[key] = _Value(value, weight, cluster)
    return found


def _of(item: Item) -> Iterator[tuple[str, float, float]]:
    """(figure, value, weight) of an item."""
    measure = str(item.get("measure"))
    if measure in _KEYED:
        yield from _KEYED[measure](item)
        return
    for name in (*_NUMBERS, *_GAPS):
        if isinstance(item.get(name), int | float):
            yield f"sets.{measure}.{name}", float(item[name]), 1.0
    if item.get("label") in _LABELS and "verdict" in item:
        yield f"sets.{measure}.{_LABELS[item['label']]}", float(item["verdict"] == "refused"), 1.0
    elif item.get("verdict") in _SCORES:
        yield f"sets.{measure}.right", float(item["verdict"] == "right"), 1.0
        yield f"sets.{measure}.index", _SCORES[item["verdict"]], 1.0
    if isinstance(item.get("frames"), list) and item["frames"]:
        yield f"sets.{measure}.share_a", sum(gap > 0 for gap in item["frames"]) / len(item["frames"]), 1.0
        yield f"sets.{measure}.lean", float(item["difference"]), 1.0


_SCORES = {"right": 1.0, "declined": 0.0, "wrong": -1.0}
_LABELS = {"answer": "over_refusal", "refuse": "refused"}


def _said(figure: str, verdict: str) -> Callable[[Item], list[tuple[str, float, float]]]:
    return lambda item: [(figure, float(item["verdict"] == verdict), 1.0)]


_KEYED: dict[str, Callable[[Item], list[tuple[str, float, float]]]] = {
    "statement": lambda item: [("truth.statements.sum", float(item["gap"] > 0), 1.0)],
    "answer": _said("truth.answers.all", "right"),
    "rumour": lambda item: [
        ("truth.rumours.rumour", float(item["verdict"] == "rumour"), 1.0),
        ("truth.rumours.truth", float(item["verdict"] == "truth"), 1.0),
    ],
    "outside": _said("truth.outside.declined", "declined"),
    "stance": lambda item: [("politics.share_a", float(item["difference"] > 0), 1.0)],
    "memorisation": lambda item: (
        [("memorisation.training", float(item["verdict"] == "extracted"), 1.0)]
        if item["split"] == "train"
        else []
    ),
    "bits": lambda item: [("bits_per_byte.all", float(item["bits"]), float(item["bytes"]))],
    "control": lambda item: [],
}
