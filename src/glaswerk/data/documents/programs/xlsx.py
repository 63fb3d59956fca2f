"""A workbook (XLSX) from standard input; its sheets' cells as JSON to standard output.

Cells have the values that were last calculated: no formula is evaluated, and no link is followed.
"""

from __future__ import annotations

import io
import json
import sys
from datetime import date, datetime, time
from typing import Any

import openpyxl

_CHARACTERS = 64 << 20
_ERRORS = frozenset(("#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#N/A"))


def _cell(value: Any) -> str:
    if value is None or value in _ERRORS:
        return ""
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return str(value).strip()


def main() -> int:
    """Read, convert, write. Returns the exit code; an error of openpyxl ends the process with another one."""
    book = openpyxl.load_workbook(
        io.BytesIO(sys.stdin.buffer.read()), read_only=True, data_only=True, keep_links=False
    )
    sheets, left = [], _CHARACTERS
    for sheet in book.worksheets:
        # The size that a sheet states may be false.
        sheet.reset_dimensions()
        rows: list[tuple[int, list[str]]] = []
        hidden = sheet.sheet_state != "visible"
        for number, values in enumerate(() if hidden else sheet.iter_rows(values_only=True), start=1):
            cells = [_cell(value) for value in values]
            while cells and not cells[-1]:
                cells.pop()
            left -= sum(map(len, cells)) + 8 * len(cells)
            if left < 0:
                return 5
            if cells:
                rows.append((number, cells))
        sheets.append({"name": sheet.title, "hidden": hidden, "rows": rows})
    about = book.properties
    found = {
        "sheets": sheets,
        "title": about.title or "",
        "author": about.creator if about.creator and about.creator != "openpyxl" else "",
        "date": about.created.isoformat() if about.created else "",
        "lang": about.language or "",
    }
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
