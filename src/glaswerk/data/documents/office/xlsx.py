"""Workbooks (XLSX): a sheet with a column of text is a table, as a CSV file is; any other sheet is one text.

`sheets.py` decides which. Hidden sheets are left out and counted. openpyxl reads the file, in a process of
limited time and memory.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path
from typing import IO, cast

from glaswerk.data.documents import programs
from glaswerk.data.documents.office.package import Package
from glaswerk.data.documents.office.sheets import sheet_rows
from glaswerk.data.documents.reading import Rows
from glaswerk.data.files.left_out import LeftOut
from glaswerk.data.files.limited_process import run_limited
from glaswerk.data.files.limits import WORKBOOK_BYTES

_PROGRAM = Path(programs.__file__).parent / "xlsx.py"
# Rows compress well: a workbook of 200,000 short rows has half a megabyte, and takes 12 s.
_UNPACKING_SECONDS = 18


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
            yield from sheet_rows(sheet, about, found["title"], where, text_column)
