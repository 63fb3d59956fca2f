"""Rows of metrics: read up to what a kill cut off, and rewound to a step."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.train.checkpoint.metrics import METRICS, read_rows, rewind

ROW = st.dictionaries(st.text(max_size=8), st.one_of(st.integers(), st.floats(allow_nan=False), st.text()))


def _write(folder: Path, rows: list[dict[str, object]], tail: str = "") -> None:
    (folder / METRICS).write_text("".join(json.dumps(row) + "\n" for row in rows) + tail)


@given(rows=st.lists(ROW, max_size=10), step=st.integers(0, 12))
@settings(deadline=None)
def test_rows_before_a_step_are_kept_unchanged(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]], step: int
) -> None:
    folder = tmp_path_factory.mktemp("run")
    numbered = [{**row, "step": i} for i, row in enumerate(rows)]
    _write(folder, numbered)
    assert rewind(folder, step) == numbered[:step]
    assert read_rows(folder) == numbered[:step]


@pytest.mark.parametrize("tail", ['{"step": 2, "lo', "\x00\x00", "not json\n", '{"step": 2}x\n'])
def test_a_row_that_was_cut_off_ends_the_reading(tmp_path: Path, tail: str) -> None:
    _write(tmp_path, [{"step": 0}, {"step": 1}], tail + '\n{"step": 3}\n')
    assert read_rows(tmp_path) == [{"step": 0}, {"step": 1}]


def test_a_run_without_metrics_has_no_rows(tmp_path: Path) -> None:
    assert read_rows(tmp_path) == []
    assert rewind(tmp_path, 5) == []
    assert (tmp_path / METRICS).read_text() == ""


def test_the_rows_of_another_run_begin_this_one_and_stay_there(tmp_path: Path) -> None:
    trunk, branch = tmp_path / "trunk", tmp_path / "branch"
    trunk.mkdir()
    branch.mkdir()
    _write(trunk, [{"step": i, "loss": i / 2} for i in range(5)])
    assert [row["step"] for row in rewind(branch, 3, source=trunk)] == [0, 1, 2]
    assert len(read_rows(trunk)) == 5
    assert len(read_rows(branch)) == 3
