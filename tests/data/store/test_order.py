"""Sources are sorted by id, every id is unique, and the strictest rights among repeats apply."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_labs import doc

from glaswerk.core.document import Document
from glaswerk.data.store.order import conform, connect, given_id, in_order, sort_documents
from glaswerk.data.store.parquet import SCHEMA, DocumentWriter, read_rows, write_documents


def write(path: Path, documents: list[Document]) -> Path:
    with DocumentWriter(path, as_given=True) as writer:
        for document in documents:
            writer.add(document)
    return path


def pairs(path: Path) -> list[tuple[str, str]]:
    return [(row["id"], row["text"]) for row in read_rows(path)]


@pytest.mark.parametrize(
    ("identifier", "given_as"),
    [
        ("docs:a", "docs:a"),
        ("docs:a~2", "docs:a"),
        ("docs:a~12", "docs:a"),
        ("docs:a~2~3", "docs:a~2"),
        ("docs:~", "docs:~"),
        ("docs:a~b", "docs:a~b"),
        ("~2", ""),
    ],
)
def test_the_id_given_is_the_id_without_one_numbered_suffix(identifier: str, given_as: str) -> None:
    assert given_id(identifier) == given_as


def test_repeats_are_counted_and_other_texts_get_numbered_ids(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", [doc("b", "1"), doc("a", "1"), doc("b", "2"), doc("b", "1")])
    assert sort_documents(path, SCHEMA) == 1
    assert pairs(path) == [("a", "1"), ("b", "1"), ("b~2", "2")]
    assert list(tmp_path.iterdir()) == [path]


def test_an_id_made_here_is_extended_until_no_other_document_has_it(tmp_path: Path) -> None:
    given = [doc("a", "1"), doc("a", "2"), doc("a~2", "3"), doc("a~2~2", "4")]
    path = write(tmp_path / "a.parquet", given)
    assert sort_documents(path, SCHEMA) == 0
    found = dict(pairs(path))
    assert len(found) == 4
    assert {found["a"], found["a~2"], found["a~2~2"]} == {"1", "3", "4"}
    assert {text for name, text in found.items() if given_id(name) != name} >= {"2", "3"}


def test_repeated_ids_are_numbered_except_those_of_posts_of_x(tmp_path: Path) -> None:
    texts = [
        ("b", "one"),
        ("a", "one"),
        ("b", "two"),
        ("b", "one"),
        ("b", "three"),
        ("x:7", "first"),
        ("x:7", "second"),
        ("a~2", "another"),
    ]
    found = [doc(name, text) for name, text in texts]
    writer = write_documents(tmp_path / "documents.parquet", found)
    rows = [(row["id"], row["text"]) for row in read_rows(tmp_path / "documents.parquet")]
    assert rows == [
        ("a", "one"),
        ("a~2", "another"),
        ("b", "one"),
        ("b~2", "two"),
        ("b~3", "three"),
        ("x:7", "first"),
    ]
    assert (writer.documents, writer.repeated) == (6, 2)
    assert writer.bytes == sum(len(text) for _, text in rows)


@pytest.mark.parametrize("audience", ["limited", "private"])
def test_the_tightest_audience_and_any_reservation_among_repeats_apply(tmp_path: Path, audience: str) -> None:
    repeats = [
        doc("docs:a", "words"),
        doc("docs:a", "words", audience=audience),
        doc("docs:a", "words", tdm_opt_out=True),
    ]
    path = write(tmp_path / "a.parquet", repeats)
    assert sort_documents(path, SCHEMA) == 2
    (row,) = read_rows(path)
    assert (row["audience"], row["tdm_opt_out"]) == (audience, True)


def test_another_text_under_the_same_id_keeps_its_own_rights(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", [doc("a", "open"), doc("a", "closed", audience="private")])
    sort_documents(path, SCHEMA)
    assert [row["audience"] for row in read_rows(path)] == ["public", "private"]


def test_one_id_of_x_is_one_post_whatever_its_text(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", [doc("x:7", "first"), doc("x:7", "second", audience="private")])
    assert sort_documents(path, SCHEMA) == 1
    (row,) = read_rows(path)
    assert (row["text"], row["audience"]) == ("first", "private")


IDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=3) | st.sampled_from(
    ["a", "b", "a~2", "b~2", "a~2~2"]
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(IDS, st.sampled_from("12")), max_size=12))
def test_sorting_makes_ids_unique_and_ascending_and_loses_no_text(given: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "a.parquet", [doc(name, text) for name, text in given])
        dropped = sort_documents(path, SCHEMA)
        found = pairs(path)
    ids = [name for name, _ in found]
    assert ids == sorted(set(ids))
    assert len(found) == len(set(given)) == len(given) - dropped
    assert sorted(text for _, text in found) == sorted(text for _, text in set(given))


def test_a_file_in_order_is_used_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path / "source.parquet", [doc("a"), doc("b")])
    assert in_order(path, SCHEMA, tmp_path / "scratch") == path


@pytest.mark.parametrize("ids", [["b", "a"], ["a", "a"]])
def test_a_file_out_of_order_is_sorted_once_into_the_scratch_folder(tmp_path: Path, ids: list[str]) -> None:
    (tmp_path / "scratch").mkdir()
    (tmp_path / "posts").mkdir()
    path = write(tmp_path / "posts" / "documents.parquet", [doc(name) for name in ids])
    before = path.read_bytes()
    copy = in_order(path, SCHEMA, tmp_path / "scratch")
    assert [name for name, _ in pairs(copy)] == sorted(set(ids))
    assert path.read_bytes() == before
    path.unlink()
    path.write_bytes(before)
    copy.write_bytes(b"a finished copy is not made again")
    assert in_order(path, SCHEMA, tmp_path / "scratch").read_bytes() == b"a finished copy is not made again"


def test_columns_of_a_newer_version_are_null_and_unknown_ones_are_left_out() -> None:
    schema = pa.schema([("id", pa.string()), ("count", pa.int64())])
    table = conform(pa.table({"extra": [True], "id": ["a"]}), schema)
    assert table.schema == schema
    assert table.to_pylist() == [{"id": "a", "count": None}]


def test_a_database_may_spill_into_a_folder_with_a_quotation_mark_in_its_name(tmp_path: Path) -> None:
    with connect(tmp_path / "Otis's spill", "50MB") as db:
        (setting,) = db.sql("SELECT current_setting('temp_directory')").fetchall()[0]
        assert setting.endswith("Otis's spill")
        assert db.sql("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]


def test_row_groups_end_early_for_large_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from glaswerk.data.store import order

    monkeypatch.setattr(order, "GROUP_ROWS", 2)
    path = write(tmp_path / "a.parquet", [doc(name) for name in "edcba"])
    sort_documents(path, SCHEMA)
    assert pq.read_metadata(path).num_row_groups == 3
    assert [name for name, _ in pairs(path)] == list("abcde")
