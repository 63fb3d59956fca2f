"""Word documents and presentations (Office Open XML), with title, author and date.

Read as a stream instead of with python-docx, which builds a tree of the complete document and gives neither
footnotes, text boxes, content controls nor tracked insertions. Left out is what a reader of the final text
does not see: deleted and hidden text, comments, headers and footers (of slides as well), field codes and
macros.
Nothing that a document refers to is fetched.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import Any

from glaswerk.data.documents.office.package import Package
from glaswerk.data.documents.office.words import Dialect, words

_DIALECT = Dialect(
    # Properties; deleted or moved away; the repetition for old programs; numbers of slides; ruby.
    hidden=frozenset(
        ("pPr", "tblPr", "trPr", "tcPr", "sectPr", "sdtPr", "del", "moveFrom", "Fallback", "fld", "rt")
    ),
    paragraphs=frozenset(("p",)),
    cells=frozenset(("tc",)),
    row="tr",
    marks={"tab": "\t", "br": "\n", "cr": "\n", "ptab": "\t", "noBreakHyphen": "-"},
    texts=frozenset(("t",)),
    hidden_classes=frozenset(("sldNum", "dt", "hdr", "ftr")),
)
_NOTES = ("word/footnotes.xml", "word/endnotes.xml")
_SLIDE = re.compile(r"ppt/slides/slide(\d{1,6})\.xml")


def read_docx(book: zipfile.ZipFile) -> dict[str, Any]:
    """Fields of a document: text, title, author, date, lang. Notes are below the text.

    Raises LeftOut and Bomb beyond the limits and for an encrypted document, and KeyError, ValueError or a
    zipfile error for a broken one.
    """
    package = Package(book)
    main = min(name for name in package.names if name.startswith("word/document") and name.endswith(".xml"))
    return _fields(package, [main, *(name for name in _NOTES if name in package.names)])


def read_pptx(book: zipfile.ZipFile) -> dict[str, Any]:
    """Fields of a presentation: its slides in their order, the speaker's notes below each.

    Raises what `read_docx` raises.
    """
    package = Package(book)
    slides = sorted((int(match[1]), match[0]) for match in _slides(package))
    return _fields(package, [part for number, name in slides for part in (name, *_notes(package, number))])


def _notes(package: Package, slide: int) -> Iterator[str]:
    """The part with the notes of a slide, which a list of the slide's relations names."""
    relations = f"ppt/slides/_rels/slide{slide}.xml.rels"
    for _, said in package.events(relations) if relations in package.names else ():
        part = (
            f"ppt/notesSlides/{said.get('Target', '').rpartition('/')[2]}" if isinstance(said, dict) else ""
        )
        if part.endswith(".xml") and part in package.names:
            yield part
            return


def _slides(package: Package) -> Iterator[re.Match[str]]:
    return (match for name in package.names if (match := _SLIDE.fullmatch(name)))


def _fields(package: Package, parts: list[str]) -> dict[str, Any]:
    texts = [words(package.events(part), _DIALECT) for part in parts]
    about = package.values("docProps/core.xml")
    return {
        "text": "\n\n".join(text for text in texts if text),
        "title": about.get("title", ""),
        "author": about.get("creator", ""),
        "date": about.get("created") or about.get("modified", ""),
        "lang": about.get("language", ""),
    }
