"""Papers quote the newest trust report of exactly these weights, gaps with their reasons."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.release.trust import SHARES, Figure, last_report

SHARE = {"measurable": True, "value": 0.5, "low": 0.25, "high": 0.75, "n": 40}
GAP = {"measurable": False, "reason": "nobody asked"}
REPORT: dict[str, Any] = {
    "date": "2026-01-02",
    "data": {"key": {"name": "Town"}},
    "truth": {
        "statements": {"measurable": True, "sum": SHARE},
        "answers": GAP,
        "rumours": {"rumour": SHARE | {"value": 0.25}},
    },
    "politics": {"verdict": "no lean measurable", "parties": {"a": "River", "b": "Hill"}, "share_a": SHARE},
    "memorisation": GAP,
    "bits_per_byte": {"all": SHARE | {"value": 1.5, "low": 1.0, "high": 2.0}},
}


def report(lab: Lab, digest: str, said: Mapping[str, Any], name: str = "r") -> Artifact:
    def write(folder: Path) -> dict[str, Any]:
        (folder / "report.json").write_text(json.dumps(said))
        return {}

    return lab.make(Spec("report", name, "test/1", {}, {"model_digest": digest, "name": name}), write)


def test_figures_are_quoted_with_interval_and_items(empty_lab: Lab, model: Artifact) -> None:
    made = report(empty_lab, model.digest, REPORT)
    found = last_report(empty_lab, model)
    assert found is not None
    assert (found.artifact, found.name, found.date, found.key) == (made.id, "r", "2026-01-02", "Town")
    assert found.verdict == "no lean measurable"
    assert found.parties == {"a": "River", "b": "Hill"}
    words = {figure.label: figure.words for figure in found.figures}
    assert words["prefers the true statement"] == "50.0% (25.0% to 75.0%)"
    assert words["bits per byte of held-out text"] == "1.500 (1.000 to 2.000)"
    assert words["repeats a rumour"] == "25.0% (25.0% to 75.0%)"
    assert {figure.n for figure in found.figures if figure.value is not None} == {40}


def test_what_was_not_measured_or_is_not_in_the_report_says_why(empty_lab: Lab, model: Artifact) -> None:
    report(empty_lab, model.digest, {key: REPORT[key] for key in ("date", "truth")})
    found = last_report(empty_lab, model)
    assert found is not None
    words = {figure.label: figure.words for figure in found.figures}
    assert words["right answers"] == "not measured: nobody asked"
    assert words["words of side a preferred"] == "not measured: the report does not have it"
    assert (found.key, found.verdict, found.parties) == ("", "", {})


def test_a_report_without_a_key_has_no_name_of_one(empty_lab: Lab, model: Artifact) -> None:
    report(empty_lab, model.digest, REPORT | {"data": {"key": None}})
    found = last_report(empty_lab, model)
    assert found is not None
    assert found.key == ""


def test_the_newest_report_of_the_same_weights_counts(empty_lab: Lab, model: Artifact) -> None:
    report(empty_lab, model.digest, REPORT, "first")
    report(empty_lab, model.digest, REPORT | {"date": "2026-02-03"}, "second")
    report(empty_lab, "b2:other", REPORT | {"date": "2026-03-04"}, "third")
    found = last_report(empty_lab, model)
    assert found is not None
    assert (found.name, found.date) == ("second", "2026-02-03")


def test_without_a_report_of_these_weights_there_is_none(empty_lab: Lab, model: Artifact) -> None:
    report(empty_lab, model.digest, REPORT)
    assert last_report(empty_lab, replace(model, digest="b2:other")) is None


@pytest.mark.parametrize("label", sorted(SHARES))
def test_shares_are_written_in_percent(label: str) -> None:
    assert Figure(label, 1.0, 0.5, 1.0, 9, "").words == "100.0% (50.0% to 100.0%)"
