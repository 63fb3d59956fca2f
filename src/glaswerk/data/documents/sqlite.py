"""SQLite databases: the rows of every table that has a column of text.

The file is opened read-only and as immutable, so nothing is written next to it. Only plain tables are read,
and of them only stored columns: no view, trigger, virtual table, generated column or function of it runs.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from glaswerk.data.documents.csv_rows import TEXT_COLUMNS, NoTextColumn, text_column_of
from glaswerk.data.documents.reading import Rows
from glaswerk.data.files.left_out import LeftOut
from glaswerk.data.files.sqlite_file import bytes_allowed, columns_of, opened, quoted, tables_of
from glaswerk.data.files.stored import StoredFile


class DamagedDatabase(OSError):
    """A database that is cut off or corrupt; the rows before the fault were given."""


def read_sqlite(stored: StoredFile, where: Path, counts: Counter[str], text_column: str = "") -> Rows:
    """(table and row, fields) of every row of a table with a column of text, as for CSV files.

    Tables without one are counted as no_text_column; raises NoTextColumn if no table has one. Raises
    GlaswerkError for a database that a program has open, DamagedDatabase for a corrupt one, and LeftOut for
    one whose tables give more than it can hold.
    """
    try:
        with closing(opened(stored, where)) as database:
            yield from _rows(database, where, counts, text_column, bytes_allowed(stored))
    except sqlite3.Error as error:
        if "interrupted" in str(error):
            raise LeftOut("too_big", "a database that keeps its reader busy") from error
        raise DamagedDatabase(str(error)) from error


def _rows(
    database: sqlite3.Connection, where: Path, counts: Counter[str], text_column: str, left: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    without, found = [], False
    for table in tables_of(database):
        names = columns_of(database, table)
        lower = [name.lower() for name in names]
        if not (text_column.lower() in lower if text_column else set(TEXT_COLUMNS).intersection(lower)):
            without.append(f"{table} ({', '.join(names[:20])})")
            continue
        column, found = text_column_of(lower, text_column, where / table), True
        columns = ", ".join(quoted(name) for name in names)
        for number, values in enumerate(database.execute(f"SELECT {columns} FROM {quoted(table)}"), start=1):
            row = dict(zip(lower, values, strict=True))
            left -= 8 + sum(len(value) for value in values if isinstance(value, str | bytes))
            if left < 0:
                raise LeftOut("bomb", "tables that give more than their file holds")
            yield f"/{table}#{number}", {**row, "text": row[column]}
    if without and not found:
        raise NoTextColumn(
            f"expected a table with a column of text in {where}, found {'; '.join(without)[:500]}",
            hint="name the column that holds the text: --text-column NAME",
        )
    counts["no_text_column"] += len(without)
