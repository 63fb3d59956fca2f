"""Every format gives rows with a key that makes their ids, and names the place of what is wrong."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from x_docs import PAGE, record

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents import rows
from glaswerk.data.documents.csv_rows import NoTextColumn
from glaswerk.data.documents.fields import IngestCounts
from glaswerk.data.documents.formats import ReadOptions
from glaswerk.data.documents.rows import UnsupportedFile, rows_of
from glaswerk.data.files.stored import StoredFile

WHERE = Path("in/file")


def read(
    file_format: str, data: bytes, name: str = "file", options: ReadOptions | None = None
) -> list[tuple[str, dict[str, Any]]]:
    stream = io.BufferedReader(io.BytesIO(data))  # type: ignore[type-var]
    stored = StoredFile(name, stream, data[:4096])
    found = rows_of(file_format, stored, WHERE, options or ReadOptions(), IngestCounts())
    return [(key, dict(row)) for key, row in found]


def parquet(rows_in: list[dict[str, Any]]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows_in), out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("file_format", "data", "expected"),
    [
        ("lines", b'{"text": "One."}\n\n{"text": "Two."}\n', [("#1", "One."), ("#3", "Two.")]),
        ("list", b'[{"text": "One."}, {"text": "Two."}]', [("#1", "One."), ("#2", "Two.")]),
        ("object", b'{"text": "One."}', [("", "One.")]),
        ("table", b"id,text\n1,One.\n2,Two.\n", [("#1", "One."), ("#2", "Two.")]),
        ("parquet", parquet([{"text": "One."}, {"text": "Two."}]), [("#1", "One."), ("#2", "Two.")]),
        ("text", b"Words.", [("", "Words.")]),
        ("warc", record("https://a.example/b", b"Page."), [("/https://a.example/b", "Page.")]),
    ],
)
def test_rows_are_numbered_as_their_format_counts_them(
    file_format: str, data: bytes, expected: list[tuple[str, str]]
) -> None:
    assert [(key, row["text"]) for key, row in read(file_format, data)] == expected


def test_a_page_and_a_message_are_one_row_each() -> None:
    ((key, page),) = read("html", PAGE)
    assert (key, page["author"]) == ("", "Hazel Hart")
    ((key, mail),) = read("eml", b"From: a@b.example\nSubject: Weir\n\nDone.\n")
    assert (key, mail["title"], mail["audience"]) == ("", "Weir", "private")


@pytest.mark.parametrize(("name", "fields"), [("a.md", {"title": "x"}), ("a.txt", {}), ("a.TXT.gz", {})])
def test_front_matter_is_read_from_markdown_and_not_from_plain_text(
    name: str, fields: dict[str, str]
) -> None:
    ((_, row),) = read("text", b"---\ntitle: x\n---\nWords.", name)
    text = row.pop("text")
    assert row == fields
    assert text == ("Words." if fields else "---\ntitle: x\n---\nWords.")


@pytest.mark.parametrize(
    ("file_format", "data"),
    [
        ("lines", b'{"review": "Good.", "text": "no"}'),
        ("list", b'[{"review": "Good.", "text": "no"}]'),
        ("object", b'{"review": "Good.", "text": "no"}'),
        ("table", b"review,text\nGood.,no\n"),
        ("parquet", parquet([{"review": "Good.", "text": "no"}])),
    ],
)
def test_the_column_that_the_user_names_is_the_text_in_every_format(file_format: str, data: bytes) -> None:
    ((_, row),) = read(file_format, data, options=ReadOptions("review"))
    assert row["text"] == "Good."


def test_a_parquet_file_without_the_column_names_those_it_has() -> None:
    with pytest.raises(NoTextColumn, match="found review, id") as caught:
        read("parquet", parquet([{"review": "One.", "id": 1}]))
    assert "--text-column" in (caught.value.hint or "")


def test_a_format_that_is_not_read_is_an_error_with_the_first_bytes() -> None:
    with pytest.raises(UnsupportedFile, match=r"x7fELF.*in in/file"):
        read("", b"\x7fELF\0\0")


@pytest.mark.parametrize(
    ("limit", "file_format", "data"),
    [
        ("TEXT_FILE_BYTES", "text", b"x" * 200),
        ("JSON_VALUE_BYTES", "object", json.dumps({"text": "x" * 200}).encode()),
    ],
)
def test_a_file_larger_than_its_limit_is_refused(
    monkeypatch: pytest.MonkeyPatch, limit: str, file_format: str, data: bytes
) -> None:
    monkeypatch.setattr(rows, limit, 100)
    with pytest.raises(GlaswerkError, match=r"below 100 bytes.*in/file"):
        read(file_format, data)


def test_a_page_without_a_known_encoding_needs_one_from_the_user() -> None:
    data = b"<html><body>Gr\xfc\xdfe</body></html>"
    with pytest.raises(GlaswerkError, match="declared encoding in in/file"):
        read("html", data)
    ((_, row),) = read("html", data, options=ReadOptions(encoding="windows-1252"))
    assert row["text"] == "Grüße"


def test_wide_text_is_decoded_by_its_mark_whatever_the_user_says() -> None:
    data = "\ufeffGrüße".encode("utf-16-le")
    ((_, row),) = read("text", data, options=ReadOptions(encoding="windows-1252"))
    assert row["text"] == "Grüße"
