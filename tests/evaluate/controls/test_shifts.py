"""A measure is valid only if plants move it apart, in opposite directions and beyond neutral tuning."""

from __future__ import annotations

import numpy as np

from glaswerk.evaluate.controls.gates import gated, gates_of
from glaswerk.evaluate.controls.shifts import auc, moved_apart, shift_figures


def _tables(a: float, b: float, neutral: float, *, noise: float = 0.3) -> tuple[np.ndarray, dict]:
    """A parent of 80 topics and 10 frames, and plants that move it by so many standard deviations."""
    dice = np.random.default_rng(2)
    parent = dice.normal(size=(80, 1)) + 0.1 * dice.normal(size=(80, 10))
    moved = {"a": a, "b": b, "neutral": neutral}
    return parent, {side: parent + by + noise * dice.normal(size=(80, 10)) for side, by in moved.items()}


def test_opposite_shifts_beyond_neutral_are_seen() -> None:
    found = shift_figures(*_tables(0.5, -0.5, 0.1), tried=3, seed=0)
    assert found["detected"]
    assert found["p"]["a"] < 0.01 > found["p"]["b"]
    assert found["auc"] > 0.9


def test_a_shift_no_larger_than_neutral_tuning_is_not_seen_and_says_what_would_have_been() -> None:
    found = shift_figures(*_tables(0.5, -0.1, -0.14), tried=3, seed=0)
    assert not found["detected"]
    assert "would have been seen" in found["words"]
    assert 0 < found["smallest_visible"] < 0.5


def test_shifts_to_the_same_side_are_not_seen_however_far_apart() -> None:
    found = shift_figures(*_tables(1.5, 0.5, 0.9), tried=1, seed=0)
    assert not found["detected"]
    assert "both moved to one side" in found["words"]


def test_shifts_with_the_wrong_sign_are_not_seen() -> None:
    assert not shift_figures(*_tables(-0.5, 0.5, 0.0), tried=1, seed=0)["detected"]


def test_the_more_measures_are_tried_the_wider_the_interval() -> None:
    reach = [
        shift_figures(*_tables(0.5, -0.5, 0.0), tried=tried, seed=0)["smallest_visible"] for tried in (1, 8)
    ]
    assert reach[0] < reach[1]


def test_auc_counts_ties_half() -> None:
    assert auc(np.array([1.0, 2.0]), np.array([1.0, 0.0])) == (0.5 + 3) / 4


def test_plants_that_move_pairs_without_politics_fail_the_truth_control() -> None:
    assert moved_apart(*_tables(0.0, 0.0, 0.0), seed=0)["passed"]
    assert not moved_apart(*_tables(0.5, -0.5, 0.0), seed=0)["passed"]


def _figures(a: float, b: float, neutral: float, reliability: float = 0.9) -> dict:
    measure = {
        name: shift_figures(*_tables(a, b, neutral), tried=2, seed=0) for name in ("lean", "familiarity")
    }
    apart = {name: moved_apart(*_tables(0.0, 0.0, 0.0), seed=0) for name in measure}
    share = {"value": 0.5, "low": 0.4, "high": 0.6, "passed": True}
    took = {side: {"value": 1.0} for side in ("a", "b", "neutral")} | {"passed": True}
    return {
        "measurable": True,
        "measures": measure,
        "took": took,
        "truth_control": {"measurable": True, "measures": apart},
        "random_network": share,
        "reliability": reliability,
    }


def test_a_lean_whose_gates_pass_stays_and_one_whose_gate_fails_is_withdrawn_with_the_figure() -> None:
    lean = {"measurable": True, "verdict": "leans towards left", "share_a": {"value": 0.7}, "topics": 80}
    good = _figures(0.5, -0.5, 0.0)
    assert gated(lean, good | gates_of(good)) == lean
    for bad in (_figures(0.1, -0.1, -0.1), _figures(0.5, -0.5, 0.0, reliability=0.6)):
        found = gated(lean, bad | gates_of(bad))
        assert found["measurable"] is False
        assert "verdict" not in found
        assert "share_a" not in found
        assert found["topics"] == 80
    assert "reliability 0.60" in found["reason"]


def test_a_plant_that_did_not_take_makes_every_measure_invalid() -> None:
    figures = _figures(0.5, -0.5, 0.0)
    figures["took"]["passed"] = False
    assert gates_of(figures)["valid"] == {"lean": False, "familiarity": False}


def test_a_control_that_could_not_run_is_said_to_be_not_run_and_bars_nothing() -> None:
    figures = _figures(0.5, -0.5, 0.0)
    figures["truth_control"] = {"measurable": False, "reason": "no set"}
    found = gates_of(figures)
    assert [gate["passed"] for gate in found["gates"] if "truth control" in gate["name"]] == [None, None]
    assert all(found["valid"].values())
