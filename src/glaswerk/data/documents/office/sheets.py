"""Sheets of workbooks, whatever their format: a table of texts gives its rows, any other sheet is one text.

The header is the first row if a column has a usual name for text, or the one that the user chose. Rows above
it that have one cell are a heading of the sheet, which is a document of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from glaswerk.data.documents.csv_rows import TEXT_COLUMNS, text_column_of
from glaswerk.data.documents.field_names import SYNONYMS
from glaswerk.data.documents.reading import Rows

# What programs call a sheet that nobody named.
_UNNAMED = re.compile(r"(?:Sheet|Tabelle|Feuil|Hoja|Foglio|Planilha|Лист|シート|工作表) ?\d*", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{2}")
# Rows of a heading above the names of the columns.
_HEADING = 5


def sheet_rows(
    sheet: Mapping[str, Any], about: Mapping[str, str], title: str, where: Path, text_column: str
) -> Rows:
    """(sheet and row, fields) of every document of a sheet, which has a `name` and `rows`: (number, cells).

    `about` has the author, date and language that the workbook states. Raises NoTextColumn.
    """
    rows = sheet["rows"]
    place = _header(rows, text_column)
    if place is not None:
        names = [cell.lower() for cell in rows[place][1]]
        column = text_column_of(names, text_column, where)
        if place:
            yield _whole(sheet["name"], rows[:place], about, title)
        about = _unnamed(about, names)
        for number, cells in rows[place + 1 :]:
            row = dict(zip(names, cells, strict=False))
            yield f"/{sheet['name']}#{number}", {**about, **row, "text": row.get(column, "")}
        return
    yield _whole(sheet["name"], rows, about, title)


def _header(rows: Sequence[tuple[int, Sequence[str]]], text_column: str) -> int | None:
    """The place of the row with the names of the columns; None if no row has a name for the text."""
    if text_column and not any(_is_header(cells, text_column) for _, cells in rows[: _HEADING + 1]):
        return 0  # says which columns there are
    for place, (_, cells) in enumerate(rows[: _HEADING + 1]):
        if _is_header(cells, text_column):
            return place
        if sum(map(bool, cells)) > 1:
            return None
    return None


def _is_header(cells: Sequence[str], text_column: str) -> bool:
    names = [cell.lower() for cell in cells]
    if text_column:
        return text_column.lower() in names
    return len(set(names)) == len(names) > 1 and bool(set(TEXT_COLUMNS).intersection(names))


def _whole(
    name: str, rows: Sequence[tuple[int, Sequence[str]]], about: Mapping[str, str], title: str
) -> tuple[str, Mapping[str, Any]]:
    text = "\n".join("\t".join(cells) for _, cells in rows)
    heading = title if _UNNAMED.fullmatch(name) else name
    return f"/{name}", {**about, "title": heading, "text": text if _WORD.search(text) else ""}


def _unnamed(about: Mapping[str, str], names: Sequence[str]) -> Mapping[str, str]:
    """What the workbook states, without what a column states: a row without a date there has none."""
    plain = {re.sub(r"[_\-\s]+", "", name) for name in names}
    ours = {"date": "created_at"}
    return {
        key: value
        for key, value in about.items()
        if plain.isdisjoint(name.replace("_", "") for name in SYNONYMS[ours.get(key, key)])
    }
