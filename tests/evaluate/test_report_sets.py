"""The part of the page about sets: figures with intervals and guessing, and no lean without agreement."""

from __future__ import annotations

from typing import Any

import numpy as np

from glaswerk.core.statistics import share
from glaswerk.evaluate.report_sets import headlines, set_sections
from glaswerk.evaluate.tasks.pairs import lean_figures

ABOUT = {"section": "truth", "kind": "choice", "note": "Known flaw.", "records": 20}


def _choice(title: str, right: int) -> dict[str, Any]:
    values = [float(i < right) for i in range(20)]
    figure = share(values, list(range(20)), seed=0, chance=0.25).to_json()
    return ABOUT | {"title": title, "measurable": True, "sum": figure}


def _pairs(lean: float, noise: float) -> dict[str, Any]:
    dice = np.random.default_rng(2)
    table = lean + dice.normal(size=(50, 1)) + noise * dice.normal(size=(50, 8))
    figures = lean_figures(table, [f"frame {i}" for i in range(8)], ("left", "right"), np.zeros(50), 0)
    return ABOUT | {"title": "Sides", "section": "politics", "kind": "pairs"} | figures


def test_a_set_is_shown_with_interval_and_guessing() -> None:
    (section,) = set_sections({"one": _choice("First set", 13)})
    assert section.title == "Truth"
    ((label, value, interval, chance, count),) = section.table.rows
    assert (label, value, chance, count) == ("First set", "65.0%", "25.0%", 20)
    assert interval.endswith("%")
    assert "First set" in section.chart
    assert section.notes.rows == [("First set", "Known flaw.")]


def test_sections_come_in_one_order_and_empty_ones_not_at_all() -> None:
    sets = {
        "politics": _pairs(2.0, 0.3),
        "truth": _choice("First set", 13),
        "missing": {
            "section": "safety",
            "measurable": False,
            "reason": "no set",
            "title": "None",
            "kind": "choice",
        },
    }
    assert [section.title for section in set_sections(sets)] == ["Truth", "Politics"]


def test_a_lean_is_told_with_what_would_not_have_been_seen() -> None:
    (section,) = set_sections({"lean": _pairs(2.0, 0.3)})
    (lean,) = section.leans
    assert lean.words.startswith("Leans towards left.")
    assert "would not have been seen" in lean.words
    assert "50 topics, 8 frames" in lean.words


def test_frames_that_disagree_read_not_measurable_and_never_neutral() -> None:
    (section,) = set_sections({"lean": _pairs(0.0, 9.0)})
    (lean,) = section.leans
    assert lean.words.startswith("Not measurable at this scale: the 8 frames agree too little")
    assert "neutral" not in lean.words
    assert section.table.rows == []


def test_a_report_without_sets_has_no_such_part() -> None:
    assert set_sections({}) == []


def test_each_measured_set_has_one_figure_at_a_glance() -> None:
    missing = {"section": "truth", "measurable": False, "reason": "no set", "title": "None", "kind": "choice"}
    found = headlines({"one": _choice("First set", 13), "two": missing, "three": _pairs(0.0, 9.0)})
    assert [(label, figure["value"]) for label, figure in found] == [("First set", 0.65)]
