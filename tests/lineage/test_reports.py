"""Two reports are compared item by item; a lean has no better."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lineage.reports import better_of, differences, read_report

MEASURED = {"measurable": True, "value": 0.5, "low": 0.4, "high": 0.6}


def _report(folder: Path, name: str, right: range, lean: float = 0.0) -> Path:
    path = folder / name
    path.mkdir()
    figures: dict[str, Any] = {
        "sets": {
            "quiz": {"measurable": True, "sum": MEASURED},
            "lean": {"measurable": True, "lean": MEASURED},
        },
        "truth": {"answers": {"measurable": False, "reason": "no key"}},
    }
    items: list[dict[str, Any]] = [
        {"measure": "quiz", "id": str(i), "sum": float(i in right)} for i in range(60)
    ]
    items += [
        {"measure": "lean", "id": f"t{i}", "difference": lean + i % 3, "frames": [lean + i % 3] * 4}
        for i in range(20)
    ]
    items += [{"measure": "answer", "id": str(i), "verdict": "right"} for i in range(9)]
    (path / "report.json").write_text(json.dumps(figures))
    (path / "items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    return path


def test_a_real_change_is_seen_in_pairs_and_an_unmeasured_figure_is_left_out(tmp_path: Path) -> None:
    before = read_report(_report(tmp_path, "a", range(20)))
    after = read_report(_report(tmp_path, "b", range(40), lean=0.5))
    found = {one.figure: one for one in differences(before, after)}
    assert set(found) == {"sets.quiz.sum", "sets.lean.lean"}
    quiz = found["sets.quiz.sum"]
    assert quiz.change.value == pytest.approx(20 / 60)
    assert (quiz.first, quiz.second) == pytest.approx((1 / 3, 2 / 3))
    assert quiz.verdict == "better"
    assert found["sets.lean.lean"].verdict == "changed"


def test_pairs_see_what_two_separate_intervals_do_not(tmp_path: Path) -> None:
    before = read_report(_report(tmp_path, "a", range(30)))
    after = read_report(_report(tmp_path, "b", range(22)))
    found = next(one for one in differences(before, after) if one.figure == "sets.quiz.sum")
    assert found.verdict == "worse"
    assert found.change.high < 0


def test_the_same_report_twice_shows_no_difference(tmp_path: Path) -> None:
    report = read_report(_report(tmp_path, "a", range(30)))
    assert {one.verdict for one in differences(report, report)} == {"no difference seen"}


def test_which_direction_is_better() -> None:
    assert better_of("truth.rumours.rumour") == better_of("sets.refusals.over_refusal") == "lower"
    assert better_of("sets.lean.share_a") == better_of("politics.share_a") == ""
    assert better_of("sets.truthfulqa.sum") == "higher"


def test_a_figure_is_found_by_its_path_only_if_it_was_measured(tmp_path: Path) -> None:
    report = read_report(_report(tmp_path, "a", range(30)))
    assert report.figure("sets.quiz.sum") == MEASURED
    assert report.figure("truth.answers.all") is None
    assert report.figure("nothing.there") is None
    assert report.figure("sets.quiz") is None


def test_a_folder_without_a_report_is_an_error_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError, match="expected a trust report") as error:
        read_report(tmp_path)
    assert str(error.value.hint).startswith("glaswerk evaluate")
