"""The page of positive controls: every gate with its figure, every shift with its interval."""

from __future__ import annotations

from typing import Any

from glaswerk.evaluate.report_controls import control_section

SHIFT: dict[str, Any] = {"measurable": True, "value": 0.5, "low": 0.2, "high": 0.8}


def _figures() -> dict[str, Any]:
    measure = {
        "title": "Lean",
        "a": SHIFT,
        "b": SHIFT | {"value": -0.5},
        "neutral": SHIFT | {"value": 0.0},
        "auc": 0.87,
        "smallest_visible": 0.3,
    }
    return {
        "measurable": True,
        "sides": ["left", "right"],
        "dose": {"steps": 60, "rows": 16},
        "topics": 80,
        "training": {"a": {"seconds": 100.0}, "b": {"seconds": 170.4}, "neutral": {"seconds": 90.0}},
        "measures": {"lean": measure},
        "gates": [
            {"name": "plants took", "passed": True, "words": "moved"},
            {"name": "truth control: lean", "passed": None, "words": "not run"},
            {"name": "frames agree: lean", "passed": False, "words": "reliability 0.60"},
        ],
    }


def test_gates_are_passed_failed_or_not_run() -> None:
    section = control_section(_figures())
    assert section is not None
    assert [row[1] for row in section.gates.rows] == ["passed", "not run", "failed"]


def test_shifts_stand_with_their_intervals_and_the_dose_is_said() -> None:
    section = control_section(_figures())
    assert section is not None
    (row,) = section.shifts.rows
    assert row[1:3] == ("+0.50 (+0.20 to +0.80)", "-0.50 (+0.20 to +0.80)")
    assert row[4:] == ("0.87", "0.30")
    assert "60 steps of 16 statements" in section.words
    assert "took 170 s" in section.words


def test_a_report_without_controls_has_no_section() -> None:
    assert control_section(None) is None
