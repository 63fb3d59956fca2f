"""Word documents and presentations give what a reader of the final text sees."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from x_docs import add, documents, mutated, zipped

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.office.open_xml import read_docx
from glaswerk.data.files.stored import DAMAGE, Bomb
from glaswerk.lab import Lab

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
CORE = (
    '<cp:coreProperties xmlns:cp="c" xmlns:dc="d" xmlns:dcterms="t"><dc:title>The Mill</dc:title>'
    "<dc:creator>Hazel Hart</dc:creator><dc:language>en-GB</dc:language>"
    "<dcterms:created>1999-04-30T10:00:00Z</dcterms:created></cp:coreProperties>"
)


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*runs: str) -> str:
    return f'<w:p><w:pPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr>{"".join(runs)}</w:p>'


def docx(body: str, *, name: str = "word/document.xml", **more: str) -> bytes:
    parts = {f"word/{key}.xml": f"<w:x {W}>{value}</w:x>" for key, value in more.items()}
    main = f'<?xml version="1.0"?><w:document {W}><w:body>{body}</w:body></w:document>'
    return zipped({"[Content_Types].xml": "<Types/>", name: main, "docProps/core.xml": CORE, **parts})


def text_of(data: bytes) -> str:
    text: str = read_docx(zipfile.ZipFile(io.BytesIO(data)))["text"]
    return text


def test_a_document_gives_its_paragraphs_with_title_author_date_and_language(
    empty_lab: Lab, tmp_path: Path
) -> None:
    body = paragraph(run("The old "), run("mühle", "<w:b/>")) + paragraph(run("It turns.<w:tab/>"))
    (tmp_path / "letter").write_bytes(docx(body.replace("<w:tab/></w:t>", "</w:t><w:tab/><w:t>Still.</w:t>")))
    (found,) = documents(add(empty_lab, tmp_path / "letter"))
    assert found.text == "The Mill\n\nThe old mühle\n\nIt turns.\tStill."
    assert (found.author, found.lang, str(found.created_at)[:10]) == ("Hazel Hart", "en", "1999-04-30")


@pytest.mark.parametrize(
    "hidden",
    [
        f"<w:del>{run('gone')}</w:del>",
        f"<w:moveFrom>{run('gone')}</w:moveFrom>",
        run("gone", "<w:vanish/>"),
        "<w:r><w:instrText>gone</w:instrText></w:r>",
        "<w:r><w:delText>gone</w:delText></w:r>",
        f"<mc:AlternateContent><mc:Fallback>{run('gone')}</mc:Fallback></mc:AlternateContent>",
    ],
)
def test_what_the_final_text_does_not_show_is_left_out(hidden: str) -> None:
    assert text_of(docx(paragraph(run("Seen"), hidden, run(" too", '<w:vanish w:val="0"/>')))) == "Seen too"


@pytest.mark.parametrize("wrapper", ["w:ins", "w:hyperlink", "w:sdtContent", "w:smartTag", "w:txbxContent"])
def test_what_other_libraries_lose_is_read(wrapper: str) -> None:
    assert "inside" in text_of(docx(paragraph(f"<{wrapper}>{run('inside')}</{wrapper}>")))


def test_tables_have_tabs_and_lines_and_notes_are_below_the_text() -> None:
    cells = "".join(f"<w:tc>{paragraph(run(word))}</w:tc>" for word in ("a", "b"))
    body = f"<w:tbl><w:tr>{cells}</w:tr><w:tr>{cells}</w:tr></w:tbl>{paragraph(run('After.'))}"
    found = text_of(docx(body, footnotes=paragraph(run("Note.")), header1=paragraph(run("Header"))))
    assert found == "a\tb\na\tb\n\nAfter.\n\nNote."


def test_the_main_part_may_have_another_number() -> None:
    assert text_of(docx(paragraph(run("Words.")), name="word/document2.xml")) == "Words."


def test_a_presentation_gives_its_slides_in_order_without_their_numbers(
    empty_lab: Lab, tmp_path: Path
) -> None:
    slide = "<p:sld><a:p><a:r><a:t>{}</a:t></a:r><a:fld><a:t>7</a:t></a:fld></a:p></p:sld>"
    slides = {f"ppt/slides/slide{n}.xml": slide.format(f"Slide {n}") for n in (10, 2, 1)}
    parts = {"[Content_Types].xml": "<Types/>", "ppt/presentation.xml": "<p/>", **slides}
    (tmp_path / "talk").write_bytes(zipped(parts))
    (found,) = documents(add(empty_lab, tmp_path / "talk"))
    assert found.text == "Slide 1\n\nSlide 2\n\nSlide 10"


LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><w:document><w:t>&b;</w:t></w:document>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/hostname">]><w:document><w:t>&a;</w:t></w:document>'


@pytest.mark.parametrize(
    ("main", "reason"),
    [
        ("", "broken_file"),
        ("<w:document><w:t>cut", "broken_file"),
        (LAUGHS, "declared_entities"),
        (OUTSIDE, "declared_entities"),
        ("<w:p>" * 100_000, "nested_too_deep"),
        ("<w:document/>", "no_text"),
    ],
)
def test_an_empty_cut_or_hostile_document_is_left_out_by_reason(
    empty_lab: Lab, tmp_path: Path, main: str, reason: str
) -> None:
    parts = {"[Content_Types].xml": "<Types/>", "word/document.xml": main}
    (tmp_path / "all.zip").write_bytes(zipped({"a.docx": zipped(parts), "b.txt": "Words."}))
    made = add(empty_lab, tmp_path / "all.zip")
    assert [document.text for document in documents(made)] == ["Words."]
    assert made.stats["left_out"] == {reason: 1}


def test_a_part_that_unpacks_too_far_is_a_bomb() -> None:
    with pytest.raises(Bomb):
        text_of(docx(" " * (101 << 20)))


def test_a_document_with_a_password_is_counted_as_encrypted(empty_lab: Lab, tmp_path: Path) -> None:
    data = bytearray(docx(paragraph(run("Words."))))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = -1
        while (start := data.find(mark, start + 1)) >= 0:
            data[start + place] |= 1
    compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    (tmp_path / "all.zip").write_bytes(zipped({"a.docx": bytes(data), "b.docx": compound, "c.txt": "Words."}))
    made = add(empty_lab, tmp_path / "all.zip")
    assert made.stats["left_out"] == {"encrypted": 2}


def test_a_file_of_an_old_office_program_is_named_and_counted(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(GlaswerkError, match="before 2007") as caught:
        add(empty_lab, tmp_path / "a.doc")
    assert "soffice" in (caught.value.hint or "")


@settings(max_examples=100)
@given(st.data())
def test_no_bytes_raise_anything_but_damage(data: st.DataObject) -> None:
    body = mutated(data, (paragraph(run("a"), "<w:del>b</w:del>") * 2).encode()).decode("latin-1")
    with suppress(*DAMAGE):
        book = zipfile.ZipFile(io.BytesIO(mutated(data, docx(body))))
        assert isinstance(read_docx(book)["text"], str)
