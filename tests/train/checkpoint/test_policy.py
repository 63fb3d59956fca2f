"""Which checkpoints are due, and which go."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.train.checkpoint.policy import Keep, remembered, written_steps

STEPS = st.sets(st.integers(1, 60), max_size=20)
KEEP = st.builds(
    Keep,
    every=st.integers(0, 9),
    last=st.integers(1, 4),
    steps=st.lists(st.integers(-3, 70), max_size=4).map(tuple),
    share=st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0]),
)


@given(KEEP, STEPS)
@settings(deadline=None)
def test_what_goes_is_neither_a_milestone_nor_among_the_newest(keep: Keep, written: set[int]) -> None:
    gone = keep.outdated(sorted(written), 60)
    assert set(gone) <= written
    assert not set(gone) & keep.milestones(60)
    assert not set(gone) & set(sorted(written)[-keep.last :])


@given(KEEP)
@settings(deadline=None)
def test_milestones_are_steps_of_the_run_and_always_due(keep: Keep) -> None:
    found = keep.milestones(60)
    assert all(0 < step <= 60 for step in found)
    assert all(keep.due(step, 60) for step in found)
    assert set(keep.steps) & set(range(1, 61)) <= found


@pytest.mark.parametrize(
    ("share", "steps", "expected"),
    [(0.25, 100, {25, 50, 75, 100}), (0.5, 7, {4, 7}), (1.0, 10, {10}), (0.1, 10, set(range(1, 11)))],
)
def test_a_share_keeps_equal_parts_of_the_run(share: float, steps: int, expected: set[int]) -> None:
    assert Keep(share=share).milestones(steps) == expected


@pytest.mark.parametrize(("step", "due"), [(1, False), (4, True), (5, False), (8, True), (13, True)])
def test_checkpoints_are_due_at_every_multiple_and_at_milestones(step: int, due: bool) -> None:
    assert Keep(every=4, steps=(13,)).due(step, 20) is due


def test_without_a_policy_none_is_due_and_the_newest_two_stay() -> None:
    assert not any(Keep().due(step, 100) for step in range(1, 101))
    assert Keep().outdated([1, 2, 3, 4], 100) == [1, 2]


def test_milestones_of_earlier_commands_are_remembered(tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert remembered(run, Keep()) == Keep()
    assert not run.exists(), "nothing to remember writes nothing"
    assert remembered(run, Keep(steps=(8, 2))).steps == (2, 8)
    assert remembered(run, Keep(steps=(5,), every=3)) == Keep(every=3, steps=(2, 5, 8))
    assert remembered(run, Keep()).steps == (2, 5, 8)


def test_only_folders_named_after_a_step_are_checkpoints(tmp_path: Path) -> None:
    for name in ("step-10", "step-2", "step-x", "step--1", "other", "step-3.part"):
        (tmp_path / name).mkdir()
    (tmp_path / "step-7").write_text("a file")
    assert written_steps(tmp_path) == [2, 10]
    assert written_steps(tmp_path / "missing") == []
