"""Copies of documents and shared runs are found, and nothing else is taken for one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from glaswerk.tokenizer import Shards
from glaswerk.train.batches.repetition import RUN, repetition


def _shards(folder: Path, documents: list[list[int]]) -> Shards:
    """Shards of one split with these documents, each followed by the end token 0."""
    starts = np.cumsum([0, *(len(d) + 1 for d in documents[:-1])])
    ends = starts + [len(d) for d in documents]
    np.array([t for d in documents for t in (*d, 0)], "<u2").tofile(folder / "train.bin")
    names = [str(i) for i in range(len(documents))]
    pq.write_table(
        pa.table({"document": names, "start": starts, "end": ends}), folder / "train.spans.parquet"
    )
    layout = {"dtype": "<u2", "vocab_size": 999, "end_id": 0, "splits": {"train": {"documents": len(names)}}}
    (folder / "shards.json").write_text(json.dumps(layout))
    return Shards.open(folder)


def test_exact_copies_count_with_all_their_tokens(tmp_path: Path) -> None:
    found = repetition(_shards(tmp_path, [[1, 2, 3], [4, 5], [1, 2, 3], [9, 9]]))
    assert found.duplicates == pytest.approx(6 / 10)
    assert found.runs == 0


def test_runs_of_another_document_count_and_those_of_ones_own_do_not(tmp_path: Path) -> None:
    run = list(range(1, RUN + 1))
    found = repetition(_shards(tmp_path, [[*run, 50], [60, *run], [7] * (3 * RUN)]))
    # Two runs in each of the first two documents, one of them shared; 27 in the third, all its own.
    assert found.runs == pytest.approx(2 / (2 + 2 + 2 * RUN + 1))
    assert found.duplicates == 0
