"""Files are told by their content, in any wrapping, and each gives the documents it holds."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from contextlib import suppress
from io import BufferedReader, BytesIO
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from x_docs import PAGE, add, documents, epub, mutated, pdf, record, tarred, zipped

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents import html
from glaswerk.data.documents.fields import Defaults, IngestCounts
from glaswerk.data.documents.file_reader import read_file
from glaswerk.data.documents.formats import ReadOptions, format_of
from glaswerk.data.files.inputs import InputFile
from glaswerk.data.files.stored import StoredFile
from glaswerk.data.posts.mastodon import html_text
from glaswerk.lab import Lab

MAIL = (
    b"From: Hazel <h@mill.example>\r\nDate: Wed, 1 May 2024 10:00:00 +0000\r\nSubject: Weir\r\n\r\nDone.\r\n"
)
DRAWING = {"[Content_Types].xml": "<Types/>", "visio/document.xml": "words"}
SAMPLES = {
    "text": b"Plain words about the mill.",
    "markdown": b"---\ntitle: x\nauthor: Hazel\n---\n# The mill\n",
    "lines": b'{"text": "One."}\n{"text": "Two."}\n',
    "object": b'{\n  "text": "One.",\n  "lang": "en"\n}\n',
    "list": b'[\n  {"text": "One."},\n  {"text": "Two."}\n]',
    "table": b"lang,text\nen,One.\nen,Two.\n",
    "html": PAGE,
    "warc": record("https://millford.example/weir", PAGE),
    "epub": epub({"c1.xhtml": "<html><body><p>Chapter one.</p></body></html>"}),
    "pdf": pdf(["The mill."]),
    "mbox": b"From h@mill.example Wed May  1 10:00:00 2024\n" + MAIL,
    "eml": MAIL,
    "docx": zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w:t>The mill.</w:t>"}),
    "odf": zipped({"META-INF/manifest.xml": "<m/>", "content.xml": "<text:p>The mill.</text:p>"}),
    "feed": b"<rss><channel><item><description>The mill.</description></item></channel></rss>",
    "mediawiki": b"<mediawiki><page><revision><text>The mill.</text></revision></page></mediawiki>",
    "subtitles": b"1\n00:00:01,000 --> 00:00:03,000\nThe mill.\n",
    "notebook": b'{"cells": [{"cell_type": "markdown", "source": ["The mill."]}], "nbformat": 4}',
}
COUNTS = {"lines": 2, "list": 2, "table": 2}
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda data: data,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.compress,
    "zip": lambda data: zipped({"inner": data}),
    "tar": lambda data: tarred({"inner": data}),
    "tar.gz": lambda data: gzip.compress(tarred({"folder/inner": data})),
    "gz in zip": lambda data: zipped({"inner": gzip.compress(data)}),
}


@pytest.mark.parametrize("packer", PACKERS)
def test_a_file_without_a_telling_name_is_read_by_its_content(
    empty_lab: Lab, tmp_path: Path, packer: str
) -> None:
    for kind, data in SAMPLES.items():
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / f"in/{kind}").write_bytes(PACKERS[packer](data))
    made = add(empty_lab, tmp_path / "in")
    assert made.stats["left_out"] == {}
    found = [d.id.removeprefix("docs:").partition("#")[0].partition("/")[0] for d in documents(made)]
    # Pages of a web archive are called by their addresses.
    wanted = {kind.replace("warc", "https:"): COUNTS.get(kind, 1) for kind in SAMPLES}
    assert {kind: found.count(kind) for kind in wanted} == wanted


def test_a_text_of_many_pages_is_not_taken_for_a_table(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("In this text, message and mill, all is prose.\nSecond line.\n")
    (made,) = documents(add(empty_lab, tmp_path / "a.txt"))
    assert made.text.startswith("In this text")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "Grüße aus Köln"),
        ("a.csv", "id,text\n1,Grüße aus Köln\n"),
        ("a.jsonl", '{"text": "Grüße aus Köln"}\n'),
        ("a.json", '[{"text": "Grüße aus Köln"}]'),
        ("a.html", "<html><body><p>Grüße aus Köln</p></body></html>"),
    ],
)
def test_a_byte_order_mark_tells_the_encoding(
    empty_lab: Lab, tmp_path: Path, name: str, text: str, encoding: str
) -> None:
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    (tmp_path / name).write_bytes(mark + text.encode(encoding))
    (found,) = documents(add(empty_lab, tmp_path / name))
    assert found.text == "Grüße aus Köln"


@pytest.mark.parametrize(
    ("name", "text"), [("a.txt", "Grüße"), ("a.csv", "id,text\n1,Grüße\n"), ("a.jsonl", '{"text": "Grüße"}')]
)
def test_a_legacy_encoding_has_to_be_said(empty_lab: Lab, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_bytes(text.encode("windows-1252"))
    with pytest.raises(GlaswerkError, match="byte 0xfc") as caught:
        add(empty_lab, tmp_path / name)
    assert "--encoding" in str(caught.value.hint)
    (found,) = documents(add(empty_lab, tmp_path / name, encoding="windows-1252"))
    assert found.text == "Grüße"
    with pytest.raises(GlaswerkError, match="name of an encoding"):
        add(empty_lab, tmp_path / name, encoding="klingon")


def test_binary_files_in_folders_and_containers_are_counted(empty_lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "notes").write_text("Words.")
    (folder / "photo").write_bytes(b"\xff\xd8\xff\xe0 not text")
    (folder / "plan.vsdx").write_bytes(zipped(DRAWING))
    (folder / "all.zip").write_bytes(
        zipped({"a.png": b"\x89PNG\r\n\x1a\n\0\0", "__MACOSX/._a": b"\0\5\x16\7"})
    )
    (folder / "figures.csv").write_text("year,height\n2024,12\n")
    made = add(empty_lab, folder)
    assert [d.text for d in documents(made)] == ["Words."]
    assert made.stats["left_out"] == {"unsupported_file": 3, "no_text_column": 1}


def test_nul_characters_go(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "mill\0stone"}))
    assert documents(add(empty_lab, tmp_path / "a.jsonl"))[0].text == "millstone"


def test_what_is_broken_in_a_container_is_counted_and_reading_goes_on(empty_lab: Lab, tmp_path: Path) -> None:
    files = {
        "1.jsonl": b'{"text": "One."}\n{"text": oops}\n',
        "2.gz": gzip.compress(b"words " * 9999)[:50],
        "3.pdf": b"%PDF-1.4 nothing",
        "4.epub": zipped({"META-INF/container.xml": "<container/>"}),
        "5.txt": b"Last.",
    }
    (tmp_path / "all.zip").write_bytes(zipped(files))
    made = add(empty_lab, tmp_path / "all.zip")
    assert [d.text for d in documents(made)] == ["One.", "Last."]
    assert made.stats["left_out"] == {"broken_file": 3, "cut_off": 1}


def test_a_file_that_is_nothing_but_broken_says_so_by_reason(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "scan.pdf").write_bytes(pdf([""]))
    with pytest.raises(GlaswerkError, match="no_text_layer 1") as caught:
        add(empty_lab, tmp_path / "scan.pdf")
    assert caught.value.hint == "glaswerk explain no_text_layer"


def test_the_column_chosen_holds_the_text_of_rows_of_any_kind(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"review": "Good mill.", "text": "no"}')
    (tmp_path / "b.csv").write_text("review,stars\nFair mill.,3\n")
    found = documents(add(empty_lab, tmp_path / "a.jsonl", tmp_path / "b.csv", text_column="review"))
    assert [d.text for d in found] == ["Good mill.", "Fair mill."]


def test_rows_name_other_documents_as_those_name_themselves(empty_lab: Lab, tmp_path: Path) -> None:
    rows = [{"id": "a", "text": "One."}, {"id": "b", "text": "Two.", "reply_to": "a", "quote_of": "x:5"}]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    first, second = documents(add(empty_lab, tmp_path / "a.jsonl"))
    assert (second.reply_to, second.quote_of) == (first.id, "x:5")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_bytes_raise_anything_but_a_named_error(tmp_path: Path, data: st.DataObject) -> None:
    """Every sample but PDF (a process each), in every wrapping, with bytes changed, put in or cut off."""
    kind = data.draw(st.sampled_from([k for k in SAMPLES if k != "pdf"]))
    inner = mutated(data, SAMPLES[kind])
    whole = mutated(data, PACKERS[data.draw(st.sampled_from(sorted(PACKERS)))](inner))
    path = tmp_path / f"fuzz{data.draw(st.sampled_from(['', '.csv', '.jsonl', '.html', '.txt', '.md']))}"
    path.write_bytes(whole)
    found = InputFile(path, path.name, named=data.draw(st.booleans()))
    with suppress(GlaswerkError):
        read = list(read_file(found, Defaults("fuzz", "CC0-1.0"), ReadOptions(), IngestCounts()))
        assert all(document.text.strip() for document in read)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("draft.eml", b"X-Unsent: 1\nTo: b@mill.example\nSubject: Weir\n\nBetween us.\n"),
        ("draft", b"\n\nTo: b@mill.example\nSubject: Weir\n\nBetween us.\n"),
        ("odd.eml", b"Between us.\n"),
        ("in", b"\nFrom h@mill.example Wed May  1 10:00:00 2024\n" + MAIL),
        ("apple.emlx", b"%d\n%b<?xml version='1.0'?><plist/>" % (len(MAIL), MAIL)),
    ],
)
def test_mail_is_private_whatever_its_header_lacks(
    empty_lab: Lab, tmp_path: Path, name: str, data: bytes
) -> None:
    (tmp_path / name).write_bytes(data)
    (found,) = documents(add(empty_lab, tmp_path / name))
    assert found.rights.audience == "private"
    assert "plist" not in found.text


@pytest.mark.parametrize("name", ["essay.md", "essay.txt"])
def test_a_heading_with_commas_is_no_table(empty_lab: Lab, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("Body, mind and soul\n\nThe first, and the last.\n")
    (found,) = documents(add(empty_lab, tmp_path / name))
    assert found.text.startswith("Body, mind")


def test_times_as_digits_are_seconds_or_milliseconds(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,created_at\nOne.,1612010112000\nTwo.,1612010112\n")
    times = {document.created_at for document in documents(add(empty_lab, tmp_path / "a.csv"))}
    assert {time.year for time in times if time} == {2021}
    assert len(times) == 1


@pytest.mark.parametrize("size", [1 << 15, 1 << 16])
def test_hostile_markup_takes_no_longer_than_its_length(size: int) -> None:
    """Each of these took minutes or for ever; the suite's time limit is the measure."""
    hostile = b"<!---->" * (size // 8) + b"x"
    stored = StoredFile("page", BufferedReader(BytesIO(hostile)), hostile)
    assert format_of(stored, ReadOptions()) == "text"
    assert html.keep_lists("<" + "a" * size)
    assert html.expand("<" + "a" * size)
    assert html_text("<" + "a" * size)


def detected(name: str, data: bytes, **more: str) -> str:
    return format_of(StoredFile(name, BufferedReader(BytesIO(data)), data), ReadOptions(**more))  # type: ignore[type-var, arg-type]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"%PDF-1.7", "pdf"),
        (b"PAR1", "parquet"),
        (b"WARC/1.1\r\n", "warc"),
        (b"<!-- x --> <!DOCTYPE HTML>", "html"),
        (b"<?xml version='1.0'?>\n<html>", "html"),
        (b'{"a": 1}\n', "lines"),
        (b'{"a": 1, oops}\n', "lines"),
        (b'{\n "a": 1}', "object"),
        (b"{}", "lines"),
        (b'[{"a": 1}]', "list"),
        (b"[", "list"),
        (b"[a link](x)", "text"),
        (b"{braces} in prose", "text"),
        (b"id;text\n", "table"),
        (b"Words, and more words.", "text"),
        (b"From a@b.example Wed May  1 10:00:00 2024\nSubject: x\n", "mbox"),
        (b"Subject: x\nFrom: a@b.example\n\nWords", "eml"),
        (b"Date: today\n\nA note with one field.", "text"),
        (b"", "text"),
        (b"\x1b[31mred\x1b[0m", "text"),
        (b"\x7fELF", ""),
        (b"Gr\xfc\xdfe", ""),
    ],
)
def test_the_first_bytes_decide_the_format_of_a_file_without_an_ending(data: bytes, expected: str) -> None:
    assert detected("file", data) == expected


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.html", b"no markup", "html"),
        ("a.csv", b"one\n1\n", "table"),
        ("a.CSV.GZ", b"one\n1\n", "table"),
        ("a.jsonl", b"not json", "lines"),
        ("a.jsonl", b'[{"a": 1}]', "list"),
        ("a.eml", b"no header", "eml"),
        ("a.mbox", b"", "mbox"),
        ("a.md", b"text,author\n", "text"),
        ("a.txt", b"Gr\xfc\xdfe", "text"),
        ("a.txt", b"\x7fELF", ""),
        ("a.pdf", b"Words.", "text"),
        ("a.txt", b"%PDF-1.7", "pdf"),
    ],
)
def test_the_ending_decides_only_between_kinds_of_plain_text(name: str, data: bytes, expected: str) -> None:
    assert detected(name, data) == expected


def test_what_the_user_says_makes_text_of_bytes_and_a_table_of_prose() -> None:
    assert detected("file", b"Gr\xfc\xdfe", encoding="windows-1252") == "text"
    assert detected("a.txt", b"stars,review\n", text_column="review") == "table"
