"""Books: chapters in the order of the spine, within bounds, nothing fetched."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from x_docs import add, documents, epub, mutated

from glaswerk.data.documents.epub import read_epub
from glaswerk.data.files.stored import DAMAGE, Bomb
from glaswerk.lab import Lab

ABOUT = (
    "<dc:title>The Mill &amp; the River</dc:title><dc:creator>Hazel Hart</dc:creator><dc:creator>Otis Ward"
    "</dc:creator><dc:language>en-GB</dc:language><dc:date>1899-04-30</dc:date><dc:subject/>"
)
CHAPTERS = {
    "two.xhtml": '<?xml version="1.0"?><html><head><title/></head><body><h1>First</h1>'
    "<p>It rained.<br/>Hard.</p></body></html>",
    "one%20b.xhtml": "<html><body><a id='x'/><p>Then it was dry.</p></body></html>",
}


def opened(data: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(data))


def test_a_book_is_one_document_in_the_order_of_its_spine(empty_lab: Lab, tmp_path: Path) -> None:
    chapters = {"one b.xhtml" if "%" in name else name: text for name, text in CHAPTERS.items()}
    (tmp_path / "book").write_bytes(epub(chapters, metadata=ABOUT))
    (found,) = documents(add(empty_lab, tmp_path / "book"))
    assert found.text == "The Mill & the River\n\nFirst\n\nIt rained.\nHard.\n\nThen it was dry."
    assert (found.kind, found.lang, found.author) == ("book", "en", "Hazel Hart, Otis Ward")
    assert str(found.created_at) == "1899-04-30 00:00:00+00:00"


def test_entities_that_a_file_defines_are_not_expanded() -> None:
    text = (
        '<?xml version="1.0"?><!DOCTYPE html [<!ENTITY a SYSTEM "file:///etc/hostname"><!ENTITY b "bbbb">]>'
        "<html><body><p>Before &a; &b; after.</p></body></html>"
    )
    row = read_epub(opened(epub({"c.xhtml": text})), Counter())
    assert row is not None
    assert "&a; &b; after." in row["text"]


def test_a_chapter_that_unpacks_too_far_is_refused() -> None:
    with pytest.raises(Bomb):
        read_epub(opened(epub({"c.xhtml": "<html><body>" + " " * (33 << 20) + "</body></html>"})), Counter())


def test_an_encrypted_book_is_counted_and_one_with_encrypted_fonts_is_read() -> None:
    counts: Counter[str] = Counter()
    chapters = {"c.xhtml": "<html><body><p>Words.</p></body></html>"}
    for name, expected in (("OEBPS/c.xhtml", None), ("OEBPS/fonts/a.otf", "Words.")):
        extra = {"META-INF/encryption.xml": f'<encryption><CipherReference URI="{name}"/></encryption>'}
        row = read_epub(opened(epub(chapters, extra=extra)), counts)
        assert (row and row["text"]) == expected
    assert counts == {"encrypted": 1}


@settings(max_examples=150)
@given(st.data())
def test_no_bytes_raise_anything_but_damage(data: st.DataObject) -> None:
    """Changed packages and chapters in a whole zip file, and a zip file changed as a whole."""
    chapter = mutated(data, CHAPTERS["two.xhtml"].encode()).decode("latin-1")
    about = mutated(data, ABOUT.encode()).decode("latin-1")
    with suppress(*DAMAGE):
        row = read_epub(opened(mutated(data, epub({"c.xhtml": chapter}, metadata=about))), Counter())
        assert row is None or row["kind"] == "book"


def test_a_package_with_prefixed_elements_is_read(empty_lab: Lab, tmp_path: Path) -> None:
    book = zipfile.ZipFile(io.BytesIO(epub({"c1.xhtml": "<html><body><p>Chapter one.</p></body></html>"})))
    with zipfile.ZipFile(tmp_path / "a.epub", "w") as prefixed:
        for name in book.namelist():
            data = book.read(name)
            if name.endswith(".opf"):
                data = re.sub(rb"<(/?)(package|manifest|spine|item|itemref|metadata)\b", rb"<\1opf:\2", data)
            prefixed.writestr(name, data)
    (found,) = documents(add(empty_lab, tmp_path / "a.epub"))
    assert "Chapter one." in found.text


def test_a_package_longer_than_most_books_is_read_like_any_other(empty_lab: Lab, tmp_path: Path) -> None:
    chapters = {"one.xhtml": "<html><body><p>Chapter one.</p></body></html>"}
    about = ABOUT + "<!-- a long list of everything -->" * 20_000
    books = tmp_path / "books"
    books.mkdir()
    (books / "short.epub").write_bytes(epub(chapters, metadata=ABOUT))
    (books / "long.epub").write_bytes(epub(chapters, metadata=about))
    first, second = documents(add(empty_lab, books))
    assert (first.text, first.author, first.lang) == (second.text, second.author, second.lang)
    assert first.author
