"""The report of a run: figures of its metrics, prediction and data, as JSON and as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from glaswerk.core.artifact_files import REPORT_FIGURES, REPORT_PAGE
from glaswerk.core.files import write_atomic, write_json
from glaswerk.train.batches.batches import Sampler
from glaswerk.train.batches.sources import Mixture
from glaswerk.train.report.page import render_report

# Points of a curve: a screen cannot show more.
_POINTS = 300
_MEANS = ("loss", "rate", "norm", "tokens_per_second")


class RunReport:
    """Writes `report.json` and `report.html` into the folder of a run, after each validation.

    `head`: what is known before the run: name, steps, prediction, data.
    """

    def __init__(self, folder: Path, head: Mapping[str, Any], sampler: Sampler, mixture: Mixture) -> None:
        self._folder, self._head, self._sampler, self._mixture = folder, head, sampler, mixture
        self._counted = 0
        self._mixtures: dict[int, dict[str, int]] = {}

    def refresh(self, rows: Sequence[Mapping[str, Any]], result: Mapping[str, Any] | None = None) -> None:
        """Write the report of the steps in `rows`; with `result`, as that of a finished run."""
        looks = [place for place, row in enumerate(rows) if "validation" in row]
        for place in [*looks, len(rows) - 1]:
            for step in range(self._counted, place + 1):
                self._mixture.add(self._sampler.spans(step))
            self._counted = max(self._counted, place + 1)
            self._mixtures.setdefault(place, self._mixture.counts())
        seen = _running(rows)
        figures = {
            **self._head,
            "done": len(rows),
            "tokens_seen": seen[-1] if seen else 0,
            "curve": binned(rows, _POINTS),
            "looks": [_look(rows[place], seen[place], self._mixtures[place]) for place in looks],
            "mixture": self._mixture.counts(),
            "result": dict(result) if result else None,
        }
        write_json(self._folder / REPORT_FIGURES, figures)
        write_atomic(self._folder / REPORT_PAGE, render_report(figures))


def binned(rows: Sequence[Mapping[str, Any]], points: int) -> list[dict[str, float]]:
    """At most `points` means over equally long stretches of steps, each with its last step and tokens."""
    width = max(1, -(-len(rows) // points))
    seen = _running(rows)
    found = []
    for start in range(0, len(rows), width):
        part = rows[start : start + width]
        end = start + len(part) - 1
        means = {name: sum(row[name] for row in part) / len(part) for name in _MEANS}
        found.append({"step": rows[end]["step"] + 1, "tokens": seen[end], **means})
    return found


def _running(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    total, seen = 0, []
    for row in rows:
        total += row["tokens"]
        seen.append(total)
    return seen


def _look(row: Mapping[str, Any], tokens: int, mixture: Mapping[str, int]) -> dict[str, Any]:
    """What was measured and sampled at one validation."""
    return {
        "step": row["step"] + 1,
        "tokens": tokens,
        "validation": row["validation"],
        "extra": row.get("extra", {}),
        "samples": row.get("samples", []),
        "mixture": mixture,
    }
