"""Workbooks (XLSX): a sheet with a column of text is a table, as a CSV file is; any other sheet is one text.

The first row with cells is the header if a column has a usual name for text, or the one that the user chose.
Hidden sheets are left out and counted. openpyxl reads the file, in a process of limited time and memory.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, cast

from glaswerk.data.documents import programs
from glaswerk.data.documents.csv_rows import TEXT_COLUMNS, text_column_of
from glaswerk.data.documents.field_names import SYNONYMS
from glaswerk.data.documents.office.package import Package
from glaswerk.data.documents.reading import Rows
from glaswerk.data.files.left_out import LeftOut
from glaswerk.data.files.limited_process import run_limited
from glaswerk.data.files.limits import WORKBOOK_BYTES

_PROGRAM = Path(programs.__file__).parent / "xlsx.py"
# Rows compress well: a workbook of 200,000 short rows has half a megabyte, and takes 12 s.
_UNPACKING_SECONDS = 18
# What programs call a sheet that nobody named.
_UNNAMED = re.compile(r"(?:Sheet|Tabelle|Feuil|Hoja|Foglio|Planilha|Лист|シート|工作表) ?\d*", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{2}")


def read_xlsx(book: zipfile.ZipFile, where: Path, counts: Counter[str], text_column: str = "") -> Rows:
    """(sheet and row, fields) of every document. Raises LeftOut beyond the limits, and NoTextColumn."""
    Package(book)  # refuses encrypted members
    file = cast(IO[bytes], book.fp)
    file.seek(0)
    data = file.read(WORKBOOK_BYTES + 1)
    if len(data) > WORKBOOK_BYTES:
        raise LeftOut("too_big", f"a workbook of more than {WORKBOOK_BYTES:,} bytes")
    found = run_limited(_PROGRAM, data, extra_seconds=_UNPACKING_SECONDS)
    about = {name: found[name] for name in ("author", "date", "lang")}
    if not any(sheet["rows"] for sheet in found["sheets"]):
        counts["no_text"] += 1
    for sheet in found["sheets"]:
        if sheet["hidden"]:
            counts["hidden_sheet"] += 1
        elif sheet["rows"]:
            yield from _sheet(sheet, about, found["title"], where, text_column)


def _unnamed(about: Mapping[str, str], names: Sequence[str]) -> Mapping[str, str]:
    """What the workbook states, without what a column states: a row without a date there has none."""
    plain = {re.sub(r"[_\-\s]+", "", name) for name in names}
    ours = {"date": "created_at"}
    return {
        key: value
        for key, value in about.items()
        if plain.isdisjoint(name.replace("_", "") for name in SYNONYMS[ours.get(key, key)])
    }


def _sheet(
    sheet: Mapping[str, Any], about: Mapping[str, str], title: str, where: Path, text_column: str
) -> Rows:
    (_, first), *rest = sheet["rows"]
    names = [cell.lower() for cell in first]
    if text_column or (len(set(names)) == len(names) > 1 and set(TEXT_COLUMNS).intersection(names)):
        column = text_column_of(names, text_column, where)
        about = _unnamed(about, names)
        for number, cells in rest:
            row = dict(zip(names, cells, strict=False))
            yield f"/{sheet['name']}#{number}", {**about, **row, "text": row.get(column, "")}
        return
    text = "\n".join("\t".join(cells) for _, cells in sheet["rows"])
    name = title if _UNNAMED.fullmatch(sheet["name"]) else sheet["name"]
    yield f"/{sheet['name']}", {**about, "title": name, "text": text if _WORD.search(text) else ""}
