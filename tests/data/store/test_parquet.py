"""Documents come back from Parquet as they went in, whatever their strings hold."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.document import Document, Message, Rights, from_row
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.files.limits import ROW_BYTES
from glaswerk.data.store.parquet import BATCH_BYTES, read_rows, whole_text, write_documents

# Lone surrogates, too: JSON can hold them, Parquet cannot.
ANY = st.text(st.characters(exclude_categories=()), max_size=8)
TURNS = st.lists(ANY.map(lambda text: Message(role="user", content=text)), max_size=2).map(tuple)


def whole(turns: tuple[Message, ...]) -> tuple[Message, ...]:
    return tuple(Message(role=turn["role"], content=whole_text(turn["content"])) for turn in turns)


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
            whole_text(text),
            Rights("CC0-1.0"),
            whole_text(author),
            media=tuple(map(whole_text, media)),
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
    with pytest.raises(GlaswerkError, match="expected rows below"):
        list(read_rows(tmp_path / "a.parquet"))
