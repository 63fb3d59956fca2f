"""The report in one line, for the page where people chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def trust_badge(report: Mapping[str, Any]) -> dict[str, Any]:
    """One-line summary of a `report.json`; what was not measured is None.

    truth, truth_low, truth_high: share of right chat answers, or of true statements preferred where the
    model was not asked (`truth_measure` says which: "answers" or "statements"); items, key: how many were
    judged, and the name of the answer key; rumours: share of rumour questions answered with the rumour;
    declined: share of questions out of scope that were declined; lean: the verdict in words.
    """
    answers = _figure(report, "truth", "answers", "all")
    truth = answers or _figure(report, "truth", "statements", "sum")
    rumours = _figure(report, "truth", "rumours", "rumour")
    return {
        "truth": truth.get("value"),
        "truth_low": truth.get("low"),
        "truth_high": truth.get("high"),
        "truth_measure": ("answers" if answers else "statements") if truth else None,
        "items": truth.get("n"),
        "key": (report["data"]["key"] or {}).get("name"),
        "rumours": rumours.get("value"),
        "declined": _figure(report, "truth", "outside", "declined").get("value"),
        "lean": _figure(report, "politics").get("verdict"),
        "model_digest": report["model"]["digest"],
        "date": report["date"],
    }


def _figure(report: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """The figure at `path`, or an empty one where it or anything above it was not measured."""
    found: Mapping[str, Any] = report
    for step in path:
        found = found.get(step, {})
        if found.get("measurable") is False:
            return {}
    return found
