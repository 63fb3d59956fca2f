"""Documents from markdown, text, JSON lines and Parquet, and what `add docs` refuses, with its place."""

from __future__ import annotations

import io
import json
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from glaswerk.core.document import Document, from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.source import add_docs
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab


def documents(made: Artifact) -> list[Document]:
    return list(from_rows(read_rows(made.path / "documents.parquet")))


def add(lab: Lab, *paths: Path, **more: Any) -> Artifact:
    return add_docs(lab, paths, **{"licence": "CC0-1.0", "name": "docs", **more})


def write_lines(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def office_document() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as container:
        container.writestr("[Content_Types].xml", "<Types/>")
        container.writestr("word/document.xml", "<w:document>words</w:document>")
    return file.getvalue()


def refused(lab: Lab, *paths: Path) -> GlaswerkError:
    with pytest.raises(GlaswerkError) as caught:
        add(lab, *paths)
    assert caught.value.hint
    assert lab.find("source", "docs") is None
    return caught.value


def test_a_folder_is_read_recursively_in_the_order_of_names(empty_lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (folder / "b.md").write_text("# Beta\n\nText.")
    (folder / "sub/a.txt").write_text("Alpha")
    (folder / ".hidden/c.md").write_text("unseen")
    (folder / "photo.jpg").write_bytes(b"\xff\xd8")
    made = add(empty_lab, folder)
    assert [(d.id, d.text) for d in documents(made)] == [
        ("docs:b.md", "# Beta\n\nText."),
        ("docs:sub/a.txt", "Alpha"),
    ]
    assert made.stats["left_out"] == {"unsupported_file": 1}


@pytest.mark.parametrize("name", ["notes.txt", "rows.jsonl"])
def test_a_named_pipe_is_refused_instead_of_waited_for(empty_lab: Lab, tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    assert "regular file" in refused(empty_lab, tmp_path / name).message


def test_front_matter_goes_and_its_fields_are_kept(empty_lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(
        '---\ntitle: Fair\nauthor: "Lena Mill"\ndate: 2024-05-01\nlicence: CC-BY-4.0\n---\n\n# Fair\n'
    )
    (found,) = documents(add(empty_lab, path))
    assert found.text == "# Fair\n"
    assert (found.author, found.rights.licence) == ("Lena Mill", "CC-BY-4.0")
    assert found.created_at == datetime(2024, 5, 1, tzinfo=UTC)


def test_a_rule_inside_a_page_is_no_front_matter(empty_lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("Intro\n---\nkey: value\n---\nrest")
    assert documents(add(empty_lab, path))[0].text == "Intro\n---\nkey: value\n---\nrest"


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.zst"])
def test_rows_carry_their_fields_and_take_defaults_for_the_rest(
    empty_lab: Lab, tmp_path: Path, ending: str
) -> None:
    rows = [
        {
            "id": "s1",
            "text": "We the people.",
            "author": "A",
            "created_at": "1789-04-30",
            "lang": "en-US",
            "kind": "speech",
            "license": "PD",
            "url": "https://example.org",
            "title": "Inaugural",
        },
        {"text": "Second."},
        {"text": "  "},
        {"title": "no text"},
    ]
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path = tmp_path / f"rows{ending}"
    path.write_bytes(zstandard.compress(data) if ending.endswith("zst") else data)
    made = add(empty_lab, path, author="House", acquired="public")
    second, first = documents(made)
    assert (first.id, first.author, first.lang, first.kind) == ("docs:s1", "A", "en", "speech")
    assert first.text == "Inaugural\n\nWe the people."
    assert (first.rights.licence, first.url) == ("PD", "https://example.org")
    assert first.created_at == datetime(1789, 4, 30, tzinfo=UTC)
    assert (second.id, second.author, second.kind) == (f"docs:rows{ending}#2", "House", "page")
    assert second.rights.licence == "CC0-1.0"
    assert made.stats["left_out"] == {"no_text": 2}


def test_parquet_rows_read_like_lines(empty_lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"text": ["One.", None], "id": [7, 8], "tdm_opt_out": [True, False]}), path)
    made = add(empty_lab, path)
    (found,) = documents(made)
    assert (found.id, found.text, found.rights.tdm_opt_out) == ("docs:7", "One.", True)


def test_parquet_without_text_names_its_columns(empty_lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"review": ["One."], "id": [7]}), path)
    assert "found review, id" in refused(empty_lab, path).message


def test_a_compressed_file_of_several_frames_is_read_to_its_end(empty_lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl.zst"
    path.write_bytes(b"".join(zstandard.compress(b'{"text": "Frame %d."}\n' % i) for i in range(3)))
    assert [d.text for d in documents(add(empty_lab, path))] == ["Frame 0.", "Frame 1.", "Frame 2."]


def test_a_compressed_file_that_is_cut_off_is_refused(empty_lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl.zst"
    lines = b"".join(b'{"text": "Line %d of many."}\n' % (i * 7919) for i in range(5000))
    data = zstandard.compress(lines)
    path.write_bytes(data[: len(data) // 2])
    assert "broken or cut off" in refused(empty_lab, path).message


def test_a_line_that_is_no_json_is_refused_with_its_number(empty_lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "fine"}\n\n{"text": oops}\n')
    error = refused(empty_lab, path)
    assert f"{path}, line 3" in error.message
    path.write_text('["text"]\n')
    assert "found list" in refused(empty_lab, path).message


@pytest.mark.parametrize(
    ("name", "data", "offset"),
    [
        ("a.txt", b"Caf\xe9", 3),
        ("a.md", b"\xef\xbb\xbfCaf\xe9", 6),
        ("a.jsonl", b'{"text": "x"}\n{"text": "\xe9"}\n', 24),
    ],
)
def test_bytes_that_are_not_utf8_are_refused_with_their_offset(
    empty_lab: Lab, tmp_path: Path, name: str, data: bytes, offset: int
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    error = refused(empty_lab, path)
    assert f"found byte 0xe9 at offset {offset}" in error.message
    assert str(path) in error.message


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        ("a.parquet", b"PK\x03\x04", "cut_off 1"),
        ("a.parquet", b"PAR1 cut off", "cannot be read"),
        ("a.txt", b"\x7fELF\x00\x00", "binary"),
        ("a.docx", office_document(), "no_text 1"),
    ],
)
def test_a_file_whose_content_does_not_match_is_refused(
    empty_lab: Lab, tmp_path: Path, name: str, data: bytes, found: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    error = refused(empty_lab, path)
    assert found in error.message
    assert str(path) in error.message


def test_a_path_that_is_missing_or_empty_is_refused(empty_lab: Lab, tmp_path: Path) -> None:
    assert "found nothing" in refused(empty_lab, tmp_path / "none").message
    (tmp_path / "void").mkdir()
    assert "found none" in refused(empty_lab, tmp_path / "void").message


def test_an_unknown_kind_is_refused_with_its_place(empty_lab: Lab, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", {"text": "x", "kind": "dialogue"})
    error = refused(empty_lab, path)
    assert "'dialogue'" in error.message
    assert "row 1" in error.message


def test_two_files_of_one_name_are_refused(empty_lab: Lab, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").write_text(folder)
    assert "a.txt twice" in refused(empty_lab, tmp_path / "one", tmp_path / "two").message


def test_ids_that_repeat_name_another_document_only_with_another_text(empty_lab: Lab, tmp_path: Path) -> None:
    rows = [{"id": 1, "text": "first"}, {"id": 1, "text": "second"}, {"id": 1, "text": "first"}]
    posts = [{"id": "x:5", "text": "a post"}, {"id": "x:5", "text": "another version of it"}]
    made = add(empty_lab, write_lines(tmp_path / "rows.jsonl", *rows, *posts))
    found = {d.id.partition(":")[2]: d.text for d in documents(made)}
    assert found == {"1": "first", "1~2": "second", "5": "a post"}
    assert made.stats["left_out"] == {"repeated_id": 2}


def test_dates_that_cannot_be_read_are_counted(empty_lab: Lab, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", {"text": "x", "created_at": "last summer"})
    made = add(empty_lab, path)
    assert documents(made)[0].created_at is None
    assert made.stats["unparsed_dates"] == 1


def test_a_source_is_rebuilt_only_when_its_files_change(empty_lab: Lab, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", {"text": "one"})
    first = add(empty_lab, path)
    assert add(empty_lab, path) == first
    write_lines(path, {"text": "two"})
    assert add(empty_lab, path).id != first.id
