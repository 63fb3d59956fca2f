"""The figures of a run: curves of at most so many points, and what every validation measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_shards import documents_of, stream_of

from glaswerk.core.artifact_files import REPORT_FIGURES, REPORT_PAGE
from glaswerk.train.batches.sampler import PackedSampler
from glaswerk.train.batches.sources import Mixture, Sources
from glaswerk.train.report.figures import RunReport, binned

ROWS = st.lists(st.tuples(st.floats(0, 9), st.integers(1, 99)), min_size=1, max_size=60)


def _row(step: int, loss: float, tokens: int) -> dict[str, Any]:
    return {
        "step": step,
        "loss": loss,
        "tokens": tokens,
        "rate": 0.1,
        "norm": 1.0,
        "tokens_per_second": 10,
    }


@given(ROWS, st.integers(1, 70))
@settings(deadline=None)
def test_a_curve_has_at_most_so_many_points_and_ends_with_the_run(
    found: list[tuple[float, int]], points: int
) -> None:
    rows = [_row(step, loss, tokens) for step, (loss, tokens) in enumerate(found)]
    curve = binned(rows, points)
    assert 1 <= len(curve) <= points
    assert curve[-1]["step"] == len(rows)
    assert curve[-1]["tokens"] == sum(tokens for _, tokens in found)
    assert [point["step"] for point in curve] == sorted({int(point["step"]) for point in curve})
    low, high = min(loss for loss, _ in found), max(loss for loss, _ in found)
    assert all(low - 1e-9 <= point["loss"] <= high + 1e-9 for point in curve)


def test_with_room_for_all_every_step_is_a_point() -> None:
    rows = [_row(step, step / 2, 5) for step in range(4)]
    assert [point["loss"] for point in binned(rows, 300)] == [0.0, 0.5, 1.0, 1.5]
    assert [point["tokens"] for point in binned(rows, 300)] == [5, 10, 15, 20]


def test_points_are_means_of_equally_many_steps() -> None:
    rows = [_row(step, float(step), 1) for step in range(5)]
    assert [(point["step"], point["loss"]) for point in binned(rows, 2)] == [(3, 1.0), (5, 3.5)]


def test_a_run_without_steps_has_no_points() -> None:
    assert binned([], 10) == []


HEAD = {
    "name": "base",
    "steps": 8,
    "data": {
        "documents": 12,
        "tokens_per_epoch": 120,
        "duplicate_share": 0.0,
        "shared_runs": 0.0,
        "run_length": 13,
        "lost_share": 0.0,
    },
}


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunReport:
    monkeypatch.setattr(
        "glaswerk.train.report.figures.render_report", lambda figures: f"page of {figures['done']}"
    )
    stream = stream_of(documents_of([9] * 12))
    sources = Sources(("a", "b"), np.array([0, 1] * 6, np.int32), stream.starts)
    return RunReport(tmp_path, HEAD, PackedSampler(stream, length=10, rows=2, seed=0), Mixture(sources))


def _validated(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "validation": {"all": {"value": 1.5}},
        "samples": [{"prompt": "a"}],
        "extra": {"truth": {}},
    }


def test_each_validation_keeps_what_was_measured_and_the_mixture_so_far(
    report: RunReport, tmp_path: Path
) -> None:
    rows = [_row(step, 2.0, 20) for step in range(6)]
    rows[1], rows[5] = _validated(rows[1]), _validated(rows[5])
    report.refresh(rows)
    figures = json.loads((tmp_path / REPORT_FIGURES).read_text())
    assert (tmp_path / REPORT_PAGE).read_text() == "page of 6"
    assert [look["step"] for look in figures["looks"]] == [2, 6]
    assert [look["tokens"] for look in figures["looks"]] == [40, 120]
    assert sum(figures["looks"][0]["mixture"].values()) == 40
    assert figures["mixture"] == {"a": 60, "b": 60}
    assert figures["result"] is None
    assert figures["looks"][0]["samples"] == [{"prompt": "a"}]


def test_refreshing_step_by_step_counts_as_refreshing_once(report: RunReport, tmp_path: Path) -> None:
    rows = [_row(step, 2.0, 20) for step in range(6)]
    for end in (1, 2, 4, 6):
        report.refresh(rows[:end])
    report.refresh(rows, {"steps": 6})
    figures = json.loads((tmp_path / REPORT_FIGURES).read_text())
    assert sum(figures["mixture"].values()) == figures["tokens_seen"] == 120
    assert figures["result"] == {"steps": 6}
    assert figures["name"] == "base"
