"""Evaluation sets from files: every string of every record, whatever the format."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.dialogues.evaluation_sets import read_items

ROWS = [
    {"id": "q1", "question": "Who runs the mill?", "choices": ["Anna", "Bert"], "licence": "CC0"},
    {"id": "q2", "question": "Who runs the ferry?", "choices": ["Carl", "Dora"], "licence": "CC0"},
]
TEXTS = [("q1", "Who runs the mill?"), ("q1", "Anna"), ("q2", "Dora")]


def _lines(path: Path) -> None:
    path.write_text("\n".join(map(json.dumps, ROWS)))


def _json(path: Path) -> None:
    path.write_text(json.dumps(ROWS))


def _wrapped(path: Path) -> None:
    path.write_text(json.dumps({"version": "1.0", "data": ROWS}))


def _parquet(path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), path)


@pytest.mark.parametrize(
    ("name", "write"),
    [("set.jsonl", _lines), ("set.json", _json), ("set.v2.json", _wrapped), ("set.parquet", _parquet)],
)
def test_every_string_of_every_record_is_a_text_but_what_is_about_it(
    tmp_path: Path, name: str, write: Callable[[Path], None]
) -> None:
    write(tmp_path / name)
    found = list(read_items(tmp_path / name))
    assert {set_name for set_name, _, _ in found} == {name.rpartition(".")[0]}
    assert {(item, text) for _, item, text in found} >= set(TEXTS)
    assert "CC0" not in {text for _, _, text in found}


@pytest.mark.parametrize(("name", "separator"), [("set.csv", ","), ("set.tsv", "\t")])
def test_tables_have_one_record_a_line(tmp_path: Path, name: str, separator: str) -> None:
    rows = [["question", "answer"], ['"Who runs\nthe mill?"', "Anna"], ["Who rows?", "Carl"]]
    (tmp_path / name).write_text("\n".join(separator.join(row) for row in rows))
    assert list(read_items(tmp_path / name)) == [
        ("set", "#1", "Who runs\nthe mill?"),
        ("set", "#1", "Anna"),
        ("set", "#2", "Who rows?"),
        ("set", "#2", "Carl"),
    ]


def test_records_by_their_ids_keep_them(tmp_path: Path) -> None:
    file = tmp_path / "set.json"
    file.write_text(json.dumps({"m1": {"question": "Who runs the mill?"}}))
    assert ("set", "m1", "Who runs the mill?") in list(read_items(file))


def test_a_folder_is_read_through_and_other_files_left(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    _lines(tmp_path / "deep" / "one.jsonl")
    _json(tmp_path / "two.json")
    (tmp_path / "README.md").write_text("about")
    assert {name for name, _, _ in read_items(tmp_path)} == {"one", "two"}


@pytest.mark.parametrize("name", ["none", "none.json", "notes.txt"])
def test_no_evaluation_set_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.txt").write_text("a text")
    with pytest.raises(GlaswerkError, match="found none"):
        list(read_items(tmp_path / name))


@given(st.sampled_from(["x.jsonl", "x.json", "x.csv", "x.tsv", "x.parquet", "x.jsonl.zst"]), st.data())
def test_garbage_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    file = tmp_path_factory.mktemp("sets") / name
    value = st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    )
    whole = data.draw(value.map(lambda v: json.dumps(v).encode()) | st.binary(max_size=200))
    start = data.draw(st.sampled_from([b"", b"PAR1", b"[", b'{"id":', b'"', b"id,text\n"]))
    file.write_bytes(start + whole)
    with suppress(GlaswerkError):
        assert all(isinstance(text, str) for _, _, text in read_items(file))
