"""OpenDocument (ISO/IEC 26300): texts, presentations and sheets of LibreOffice, with title, author and date.

The notes of a speaker are below their slide. Left out are comments, deleted text, tables of contents, headers
and footers, and macros. A sheet with a column of text is a table, as in `xlsx.py`.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

from glaswerk.data.documents.office.open_sheets import open_sheets
from glaswerk.data.documents.office.package import Package
from glaswerk.data.documents.office.sheets import sheet_rows
from glaswerk.data.documents.office.words import Dialect, words
from glaswerk.data.documents.reading import Rows
from glaswerk.data.files.left_out import LeftOut

_DIALECT = Dialect(
    hidden=frozenset(
        ("tracked-changes", "annotation", "note-citation", "table-of-content", "forms", "title", "desc")
    )
    | frozenset(("ruby-text", "binary-data", "automatic-styles", "font-face-decls", "scripts")),
    hidden_classes=frozenset(("page-number", "date-time", "header", "footer")),
    paragraphs=frozenset(("p", "h")),
    cells=frozenset(("table-cell", "covered-table-cell")),
    row="table-row",
    marks={"tab": "\t", "line-break": "\n", "s": " "},
    notes=frozenset(("note-body",)),
)
_KIND = "application/vnd.oasis.opendocument."
_READ = ("text", "presentation", "spreadsheet")


def read_open_document(book: zipfile.ZipFile) -> dict[str, Any]:
    """Fields of a document: text, title, author, date, lang. Notes are below the text.

    Raises LeftOut and Bomb beyond the limits, for an encrypted document and for drawings and formulas, and
    KeyError, ValueError or a zipfile error for a broken one.
    """
    package = _opened(book)
    return {"text": words(package.events("content.xml"), _DIALECT), **_about(package)}


def read_open_sheets(book: zipfile.ZipFile, where: Path, counts: Counter[str], text_column: str = "") -> Rows:
    """(sheet and row, fields) of every document of a workbook.

    Raises what `read_open_document` raises, and NoTextColumn.
    """
    package = _opened(book)
    about = _about(package)
    title = about.pop("title")
    sheets = open_sheets(package.events("content.xml"))
    counts["hidden_sheet"] += sum(sheet.hidden for sheet in sheets)
    found = [fields for sheet in sheets if not sheet.hidden and (fields := sheet.fields())["rows"]]
    counts["no_text"] += not found
    for fields in found:
        yield from sheet_rows(fields, about, title, where, text_column)


def is_open_workbook(book: zipfile.ZipFile) -> bool:
    """Whether an OpenDocument file is a workbook."""
    return _kind(book).startswith("spreadsheet")


def _kind(book: zipfile.ZipFile) -> str:
    """What the file says it is, such as text or spreadsheet-template; empty if it does not."""
    if "mimetype" not in book.namelist():
        return ""
    with book.open("mimetype") as file:
        return file.read(200).decode("ascii", "replace").strip().removeprefix(_KIND)


def _opened(book: zipfile.ZipFile) -> Package:
    package = Package(book)
    if "encrypted-package" in package.names or _is_encrypted(package):
        raise LeftOut("encrypted")
    kind = _kind(book)
    if kind and not kind.startswith(_READ):
        raise LeftOut("unsupported_file", f"a document of the kind {kind[:80]}")
    return package


def _about(package: Package) -> dict[str, str]:
    about = package.values("meta.xml")
    return {
        "title": about.get("title", ""),
        "author": about.get("initial-creator") or about.get("creator", ""),
        "date": about.get("creation-date") or about.get("date", ""),
        "lang": about.get("language", ""),
    }


def _is_encrypted(package: Package) -> bool:
    return any(name == "encryption-data" for name, _ in package.events("META-INF/manifest.xml"))
