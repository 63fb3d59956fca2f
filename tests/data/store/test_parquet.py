"""Documents come back from Parquet as they went in, whatever their strings hold."""

from __future__ import annotations

import io
import tempfile
from collections import Counter
from datetime import UTC
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_labs import doc

from glaswerk.core.document import Document, Message, Rights, from_row, from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.files.limits import ROW_BYTES
from glaswerk.data.store.parquet import (
    BATCH_BYTES,
    SCHEMA,
    DocumentWriter,
    encodable_text,
    read_rows,
    write_documents,
    write_relations,
    write_table,
)

# Lone surrogates, too: JSON can hold them, Parquet cannot.
ANY = st.text(st.characters(exclude_categories=()), max_size=8)
TURNS = st.lists(ANY.map(lambda text: Message(role="user", content=text)), max_size=2).map(tuple)


def whole(turns: tuple[Message, ...]) -> tuple[Message, ...]:
    return tuple(Message(role=turn["role"], content=encodable_text(turn["content"])) for turn in turns)


@given(st.lists(st.tuples(ANY, ANY, st.lists(ANY, max_size=2).map(tuple), TURNS), max_size=4))
def test_every_string_comes_back_with_lone_surrogates_replaced(
    fields: list[tuple[str, str, tuple[str, ...], tuple[Message, ...]]],
) -> None:
    given_documents = [
        Document(f"id:{i}", "s", text, Rights("CC0-1.0"), author, media=media, messages=turns)
        for i, (text, author, media, turns) in enumerate(fields)
    ]
    with tempfile.TemporaryDirectory() as folder:
        writer = write_documents(Path(folder) / "documents.parquet", given_documents)
        found = [from_row(row) for row in read_rows(Path(folder) / "documents.parquet")]
    assert found == [
        Document(
            f"id:{i}",
            "s",
            encodable_text(text),
            Rights("CC0-1.0"),
            encodable_text(author),
            media=tuple(map(encodable_text, media)),
            messages=whole(turns),
        )
        for i, (text, author, media, turns) in enumerate(fields)
    ]
    assert (writer.documents, writer.bytes) == (len(found), sum(len(d.text.encode()) for d in found))


def test_times_in_nanoseconds_are_cut_and_impossible_ones_a_named_error(tmp_path: Path) -> None:
    for unit, value in (("ns", 1577836800000000001), ("us", 10**18)):
        column = pa.array([value], pa.timestamp(unit))
        pq.write_table(pa.table({"at": column}), tmp_path / f"{unit}.parquet")
    (row,) = read_rows(tmp_path / "ns.parquet")
    assert row["at"].year == 2020
    with pytest.raises(GlaswerkError):
        list(read_rows(tmp_path / "us.parquet"))


def test_few_rows_are_read_at_once_where_a_small_file_repeats_a_large_value(tmp_path: Path) -> None:
    value = "word " * 200_000
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 500, pa.int32()), pa.array([value]))
    pq.write_table(pa.table({"text": texts}), tmp_path / "bomb.parquet", compression="zstd")
    assert (tmp_path / "bomb.parquet").stat().st_size < 10_000
    before = pa.total_allocated_bytes()
    rows = read_rows(tmp_path / "bomb.parquet")
    assert next(rows) == {"text": value}
    assert pa.total_allocated_bytes() - before < 4 * BATCH_BYTES
    rows.close()


def test_a_row_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": [b"x" * (ROW_BYTES + 1)]}), tmp_path / "a.parquet", compression="zstd")
    with pytest.raises(GlaswerkError, match="expected rows of at most"):
        list(read_rows(tmp_path / "a.parquet"))


# NUL is removed.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
DOCUMENTS = st.builds(
    Document,
    id=TEXT,
    source=TEXT,
    text=TEXT,
    rights=st.builds(Rights, licence=TEXT, tdm_opt_out=st.booleans()),
    author=TEXT,
    created_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    url=TEXT,
    reply_to=TEXT,
    media=st.lists(TEXT, max_size=3).map(tuple),
    messages=st.lists(st.builds(Message, role=TEXT, content=TEXT), max_size=3).map(tuple),
)


@settings(max_examples=60)
@given(st.lists(DOCUMENTS, max_size=5, unique_by=lambda document: document.id))
@pytest.mark.slow
def test_documents_come_back_from_parquet_unchanged_and_in_order(given_documents: list[Document]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "documents.parquet"
        assert write_documents(path, given_documents).documents == len(given_documents)
        assert list(from_rows(read_rows(path))) == sorted(given_documents, key=lambda document: document.id)


@given(st.text(st.characters(), max_size=20))
def test_any_text_becomes_one_that_utf8_can_hold(text: str) -> None:
    whole = encodable_text(text)
    assert whole.encode().decode() == whole
    if not any(0xD800 <= ord(c) < 0xE000 for c in text):
        assert whole == text.replace("\0", "")


def test_surrogate_pairs_are_joined() -> None:
    assert encodable_text("\ud83d\ude00") == "😀"


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "documents.parquet"
    path.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(GlaswerkError, match="cannot be read"):
        list(read_rows(path))


def test_a_writer_that_leaves_documents_as_given_neither_sorts_nor_drops(tmp_path: Path) -> None:
    with DocumentWriter(tmp_path / "a.parquet", as_given=True) as writer:
        for name in ("b", "a", "b"):
            writer.add(doc(name, "words"))
    assert [row["id"] for row in read_rows(tmp_path / "a.parquet")] == ["b", "a", "b"]
    assert (writer.documents, writer.repeated, writer.bytes) == (3, 0, 15)


def test_kinds_are_counted_in_the_closed_file_by_name(tmp_path: Path) -> None:
    found = [doc("b", kind="post"), doc("a", kind="page"), doc("c", kind="post"), doc("b", kind="post")]
    assert write_documents(tmp_path / "a.parquet", found).kinds() == {"page": 1, "post": 2}
    assert write_documents(tmp_path / "none.parquet", []).kinds() == {}


def test_an_error_while_writing_closes_the_file_without_sorting_it(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    writer = DocumentWriter(path)

    def interrupted() -> None:
        with writer:
            writer.add(doc("b"))
            writer.add(doc("a"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert writer.documents == 2
    path.unlink()
    assert list(tmp_path.iterdir()) == []


def test_bytes_count_utf8_and_not_characters(tmp_path: Path) -> None:
    writer = write_documents(tmp_path / "a.parquet", [doc("a", "Größe"), doc("b", "🙏")])
    assert writer.bytes == 7 + 4


def test_an_empty_file_has_the_schema_and_no_rows(tmp_path: Path) -> None:
    write_documents(tmp_path / "a.parquet", [])
    assert pq.read_schema(tmp_path / "a.parquet").equals(SCHEMA)
    assert list(read_rows(tmp_path / "a.parquet")) == []


def test_side_tables_hold_deleted_ids_in_order_and_parts_as_given(tmp_path: Path) -> None:
    parts = [("x:2", "x:1", "thread"), ("@otis", "talk", "speaker")]
    write_relations(tmp_path, {"x:9", "x:10"}, iter(parts))
    assert pq.read_table(tmp_path / "tombstones.parquet").to_pylist() == [{"id": "x:10"}, {"id": "x:9"}]
    assert [tuple(row.values()) for row in read_rows(tmp_path / "parts.parquet")] == parts


def test_side_tables_of_a_source_without_relations_are_empty_and_readable(tmp_path: Path) -> None:
    write_relations(tmp_path, [], [])
    assert list(read_rows(tmp_path / "tombstones.parquet")) == []
    assert list(read_rows(tmp_path / "parts.parquet")) == []


def test_only_the_columns_named_are_read_and_an_open_file_does(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_table(path, {"a": ["1", "2"], "b": ["x", "y"]}, pa.schema([("a", pa.string()), ("b", pa.string())]))
    assert list(read_rows(path, ["b"])) == [{"b": "x"}, {"b": "y"}]
    with path.open("rb") as file:
        assert len(list(read_rows(Path("elsewhere"), file=file))) == 2


@pytest.mark.parametrize("rows", [1, 3, 1000])
def test_the_number_of_rows_at_once_changes_nothing(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "a.parquet"
    write_documents(path, [doc(str(number)) for number in range(10)])
    assert [row["id"] for row in read_rows(path, ["id"], batch_rows=rows)] == [str(n) for n in range(10)]


@pytest.mark.parametrize("end", [0, 4, 100, -8])
def test_a_file_that_is_cut_off_is_named_with_what_to_do(tmp_path: Path, end: int) -> None:
    path = tmp_path / "documents.parquet"
    write_documents(path, [doc("a"), doc("b")])
    path.write_bytes(path.read_bytes()[:end])
    with pytest.raises(GlaswerkError, match="expected a complete Parquet file") as caught:
        list(read_rows(path))
    assert str(path) in caught.value.message
    assert caught.value.hint == "write or download documents.parquet again, then run this command again"


def test_a_missing_file_is_the_same_clean_error(tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError, match="cannot be read"):
        list(read_rows(tmp_path / "none.parquet"))


def test_nul_is_in_no_text_of_no_kind_of_document(tmp_path: Path) -> None:
    turns = (Message(role="user", content="a\0b"), Message(role="assistant", content="\0c\0"))
    rights = Rights("own")
    given = [
        Document("x:\x001", "s", "Nul \0 inside", rights, author="A\0da", url="https://a.example/\0"),
        Document("x:2", "s", "ab", rights, kind="dialogue", messages=turns, rejected=turns),
        Document("x:3", "s", "\0lone \ud800", rights),
    ]
    write_documents(tmp_path / "d.parquet", given)
    rows = pq.read_table(tmp_path / "d.parquet").to_pylist()
    assert "\0" not in str(rows).replace("\\x00", "\0")
    assert [row["text"] for row in rows] == ["Nul  inside", "ab", "lone \ufffd"]
    assert [row["id"] for row in rows] == ["x:1", "x:2", "x:3"]
    assert [turn["content"] for turn in rows[1]["messages"]] == ["ab", "c"]


def test_no_damage_to_the_metadata_of_a_file_ends_the_process() -> None:
    """pyarrow 26 calls std::terminate for the metadata of columns that contradict each other."""
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([{"text": "Words"}, {"text": "More"}]), out)
    whole_file, ended = out.getvalue(), Counter[str]()
    length = int.from_bytes(whole_file[-8:-4], "little")
    for place in range(len(whole_file) - 8 - length, len(whole_file)):
        for bit in (1, 2, 4):
            damaged = bytearray(whole_file)
            damaged[place] ^= bit
            try:
                list(read_rows(Path("a.parquet"), file=io.BytesIO(damaged)))
                ended["read"] += 1
            except GlaswerkError:
                ended["refused"] += 1
    assert min(ended["read"], ended["refused"]) > 100
