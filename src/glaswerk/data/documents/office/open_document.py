"""OpenDocument (ISO/IEC 26300): texts, presentations and sheets of LibreOffice, with title, author and date.

Left out are comments, deleted text, tables of contents, speaker's notes and macros.
"""

from __future__ import annotations

import zipfile
from typing import Any

from glaswerk.data.documents.office.package import Package
from glaswerk.data.documents.office.words import Dialect, words
from glaswerk.data.files.left_out import LeftOut

_DIALECT = Dialect(
    hidden=frozenset(
        ("tracked-changes", "annotation", "note-citation", "table-of-content", "forms", "title", "desc")
    )
    | frozenset(("ruby-text", "binary-data", "automatic-styles", "font-face-decls", "scripts", "notes")),
    paragraphs=frozenset(("p", "h")),
    cells=frozenset(("table-cell", "covered-table-cell")),
    row="table-row",
    marks={"tab": "\t", "line-break": "\n", "s": " "},
    notes="note-body",
)
_KIND = "application/vnd.oasis.opendocument."
_READ = ("text", "presentation", "spreadsheet")


def read_open_document(book: zipfile.ZipFile) -> dict[str, Any]:
    """Fields of a document: text, title, author, date, lang. Notes are below the text.

    Raises LeftOut and Bomb beyond the limits, for an encrypted document and for drawings and formulas, and
    KeyError, ValueError or a zipfile error for a broken one.
    """
    package = Package(book)
    if "encrypted-package" in package.names or _is_encrypted(package):
        raise LeftOut("encrypted")
    if "mimetype" in package.names:
        with book.open("mimetype") as file:
            kind = file.read(200).decode("ascii", "replace").strip()
        if not kind.removeprefix(_KIND).startswith(_READ):
            raise LeftOut("unsupported_file", f"a document of the kind {kind[:80]}")
    about = package.values("meta.xml")
    return {
        "text": words(package.events("content.xml"), _DIALECT),
        "title": about.get("title", ""),
        "author": about.get("initial-creator") or about.get("creator", ""),
        "date": about.get("creation-date") or about.get("date", ""),
        "lang": about.get("language", ""),
    }


def _is_encrypted(package: Package) -> bool:
    return any(name == "encryption-data" for name, _ in package.events("META-INF/manifest.xml"))
