"""Shards of Arrow give a document per row; no bytes of them are trusted."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from x_docs import add, documents, mutated, zipped

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.arrow import read_arrow
from glaswerk.data.files.stored import DAMAGE, StoredFile
from glaswerk.lab import Lab

ROWS = [
    {"text": "The mill turns.", "author": "Ada", "stars": 3},
    {"text": "It rains.", "author": "Ada", "stars": 1},
]


def shard(rows: list[dict[str, Any]], *, whole: bool = False, **options: Any) -> bytes:
    table, out = pa.Table.from_pylist(rows), io.BytesIO()
    begin = pa.ipc.new_file if whole else pa.ipc.new_stream
    with begin(out, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        for batch in table.to_batches(1):
            writer.write_batch(batch)
    return out.getvalue()


@pytest.mark.parametrize("whole", [False, True])
def test_a_data_set_gives_its_rows_with_the_licence_that_it_states(
    empty_lab: Lab, tmp_path: Path, whole: bool
) -> None:
    folder = tmp_path / "train"
    folder.mkdir()
    (folder / "data-00000-of-00001.arrow").write_bytes(shard(ROWS, whole=whole))
    info = {"builder_name": "text", "citation": "", "license": "CC-BY-4.0", "features": {}}
    (folder / "dataset_info.json").write_text(json.dumps(info, indent=2))
    (folder / "state.json").write_text(json.dumps({"_data_files": [], "_fingerprint": "x"}))
    made = add(empty_lab, folder)
    first, second = documents(made)
    assert (first.text, first.author, first.rights.licence) == ("The mill turns.", "Ada", "CC-BY-4.0")
    assert second.id == "docs:data-00000-of-00001.arrow#2"
    assert made.stats["left_out"] == {}


def test_the_column_that_the_user_names_is_the_text(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.arrow").write_bytes(shard([{"review": "Good mill."}]))
    with pytest.raises(GlaswerkError, match="found review"):
        add(empty_lab, tmp_path / "a.arrow")
    (found,) = documents(add(empty_lab, tmp_path / "a.arrow", text_column="review"))
    assert found.text == "Good mill."


def test_a_cut_shard_gives_the_rows_before_the_cut(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.arrow").write_bytes(shard(ROWS)[:-150])
    made = add(empty_lab, tmp_path / "a.arrow")
    assert [document.text for document in documents(made)] == ["The mill turns."]
    assert made.stats["left_out"] == {"cut_off": 1}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xff\xff\xff", "cut_off"),
        (b"\xff\xff\xff\xff\xff\xff\xff\x7f", "bomb"),
        (shard(ROWS, compression="zstd"), "unsupported_file"),
        (shard([{"text": 3}]), "no_text_column"),
        (shard([{"text": None}]), "no_text_column"),
    ],
)
def test_an_empty_or_hostile_shard_is_left_out_by_reason(
    empty_lab: Lab, tmp_path: Path, data: bytes, reason: str
) -> None:
    (tmp_path / "all.zip").write_bytes(zipped({"a.arrow": data, "b.txt": "Words."}))
    made = add(empty_lab, tmp_path / "all.zip")
    assert [document.text for document in documents(made)] == ["Words."]
    assert made.stats["left_out"] == {reason: 1}


@settings(max_examples=150)
@given(st.data())
def test_no_bytes_raise_anything_but_a_named_error(data: st.DataObject) -> None:
    content = mutated(data, shard(ROWS))
    stored = StoredFile("a", io.BufferedReader(io.BytesIO(content)), content, inside=True)  # type: ignore[type-var]
    with suppress(GlaswerkError, *DAMAGE):
        assert all("text" in row for _, row in read_arrow(stored, Path("a")))
