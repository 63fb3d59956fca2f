"""A comparison lists what differs, what does not, and what cannot be compared, with the reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glaswerk.evaluate.compare import compare, comparison_page, measured_paths
from glaswerk.lineage.reports import Report, read_report

FIGURE: dict[str, Any] = {"measurable": True, "value": 0.5, "low": 0.4, "high": 0.6}


@pytest.fixture
def reports(tmp_path: Path) -> tuple[Report, Report]:
    """Two reports on one quiz, of which the second is right more often and has another set, too."""
    made = []
    for name, right in (("first", 10), ("second", 30)):
        sets: dict[str, Any] = {"quiz": {"measurable": True, "sum": FIGURE}}
        if name == "second":
            sets["more"] = {"measurable": True, "sum": FIGURE}
        figures = {
            "model": {"name": name, "digest": f"b2:{name}"},
            "sets": sets,
            "controls": {"measurable": True, "share": FIGURE},
            "truth": {"answers": {"measurable": True, "all": FIGURE, "relations": {"age": FIGURE}}},
        }
        items = [{"measure": "quiz", "id": str(i), "sum": float(i < right)} for i in range(60)]
        folder = tmp_path / name
        folder.mkdir()
        (folder / "report.json").write_text(json.dumps(figures))
        (folder / "items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
        made.append(read_report(folder))
    return made[0], made[1]


def test_what_changed_is_told_with_its_interval(reports: tuple[Report, Report]) -> None:
    found = compare(*reports)
    (quiz,) = found["figures"]
    assert quiz["verdict"] == "better"
    assert quiz["change"] == pytest.approx(1 / 3)
    assert quiz["low"] <= quiz["change"] <= quiz["high"]
    assert 0 < quiz["smallest_visible"] < 0.2
    back = compare(*reversed(reports))["figures"][0]
    assert back["verdict"] == "worse"


def test_what_cannot_be_compared_has_its_reason(reports: tuple[Report, Report]) -> None:
    missing = {one["figure"]: one["reason"] for one in compare(*reports)["not_comparable"]}
    assert missing == {
        "sets.more.sum": "measured in the second alone",
        "truth.answers.all": "no common items",
    }


def test_the_page_says_how_many_would_differ_by_chance(reports: tuple[Report, Report]) -> None:
    page = comparison_page(compare(*reports))
    assert "1 of 1 figures differ" in page
    assert "measured in the second alone" in page
    same = comparison_page(compare(reports[0], reports[0]))
    assert "None of" in same


def test_paths_leave_out_controls_and_parts() -> None:
    figures = {"a": FIGURE, "b": {"measurable": False, "reason": "no"}, "c": {"kinds": {"x": FIGURE}}}
    assert measured_paths(figures) == ["a"]
