"""OpenDocument files give their text, with notes below it."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from x_docs import add, documents, mutated, zipped

from glaswerk.data.documents.office.open_document import read_open_document
from glaswerk.data.files.stored import DAMAGE
from glaswerk.lab import Lab

META = (
    "<office:document-meta><office:meta><dc:title>The Mill</dc:title><dc:creator>Otis</dc:creator>"
    "<meta:initial-creator>Hazel Hart</meta:initial-creator><dc:language>de-DE</dc:language>"
    "<meta:creation-date>1999-04-30T10:00:00</meta:creation-date></office:meta></office:document-meta>"
)


def odt(body: str, *, kind: str = "text", manifest: str = "<manifest/>", name: str = "content.xml") -> bytes:
    content = f"<office:document-content><office:body>{body}</office:body></office:document-content>"
    return zipped(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "META-INF/manifest.xml": manifest,
            name: content,
            "meta.xml": META,
        }
    )


def text_of(body: str) -> str:
    text: str = read_open_document(zipfile.ZipFile(io.BytesIO(odt(body))))["text"]
    return text


def test_a_text_is_one_document_with_title_author_date_and_language(empty_lab: Lab, tmp_path: Path) -> None:
    body = "<text:h>Old</text:h><text:p>The <text:span>mühle</text:span>\n  turns.</text:p>"
    (tmp_path / "letter").write_bytes(odt(body))
    (found,) = documents(add(empty_lab, tmp_path / "letter"))
    assert found.text == "The Mill\n\nOld\n\nThe mühle turns."
    assert (found.author, found.lang, str(found.created_at)[:10]) == ("Hazel Hart", "de", "1999-04-30")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('<text:p>a<text:s text:c="3"/>b<text:tab/>c<text:line-break/>d</text:p>', "a   b\tc\nd"),
        (
            "<text:tracked-changes><text:deletion><text:p>gone</text:p></text:deletion></text:tracked-changes>"
            "<text:p>Seen<office:annotation><text:p>remark</text:p></office:annotation>.</text:p>",
            "Seen.",
        ),
        (
            "<text:p>Built<text:note><text:note-citation>1</text:note-citation><text:note-body>"
            "<text:p>In 1783.</text:p></text:note-body></text:note>.</text:p><text:p>Turns.</text:p>",
            "Built.\n\nTurns.\n\nIn 1783.",
        ),
        (
            "<table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell>"
            "<table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table>"
            "<text:p>After.</text:p>",
            "a\tb\n\nAfter.",
        ),
        ("<text:table-of-content><text:p>Old 1</text:p></text:table-of-content><text:p>Old</text:p>", "Old"),
        ('<text:p>a<text:s text:c="999999999"/>b</text:p>', f"a{' ' * 100}b"),
        ("", ""),
    ],
)
def test_the_words_come_in_the_order_of_reading(body: str, expected: str) -> None:
    assert text_of(body) == expected


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (odt("<text:p>cut", kind="text"), "broken_file"),
        (odt("<text:p/>"), "no_text"),
        (odt("<text:p>x</text:p>", kind="formula"), "unsupported_file"),
        (odt("<text:p>x</text:p>", manifest="<m><manifest:encryption-data/></m>"), "encrypted"),
        (odt("<text:p>x</text:p>", name="encrypted-package"), "encrypted"),
        (odt("<text:p>" * 100_000), "nested_too_deep"),
    ],
)
def test_an_empty_cut_or_hostile_document_is_left_out_by_reason(
    empty_lab: Lab, tmp_path: Path, data: bytes, reason: str
) -> None:
    (tmp_path / "all.zip").write_bytes(zipped({"a.odt": data, "b.txt": "Words."}))
    made = add(empty_lab, tmp_path / "all.zip")
    assert [document.text for document in documents(made)] == ["Words."]
    assert made.stats["left_out"] == {reason: 1}


@settings(max_examples=100)
@given(st.data())
def test_no_bytes_raise_anything_but_damage(data: st.DataObject) -> None:
    body = mutated(data, b"<text:p>a<text:s c='2'/></text:p><text:note-body>b</text:note-body>").decode(
        "latin-1"
    )
    with suppress(*DAMAGE):
        book = zipfile.ZipFile(io.BytesIO(mutated(data, odt(body))))
        assert isinstance(read_open_document(book)["text"], str)
