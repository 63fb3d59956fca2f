"""SQLite databases: the rows of every table that has a column of text.

The file is opened read-only and as immutable, so nothing is written next to it. Only plain tables are read,
and of them only stored columns: no view, trigger, virtual table, generated column or function of it runs.
"""

from __future__ import annotations

import io
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.csv_rows import TEXT_COLUMNS, NoTextColumn, text_column_of
from glaswerk.data.documents.reading import Rows
from glaswerk.data.files.left_out import LeftOut
from glaswerk.data.files.limits import ROW_BYTES, UNPACK_RATIO_FREE_BYTES
from glaswerk.data.files.stored import StoredFile

_TABLES = "SELECT name, rootpage FROM sqlite_master WHERE type = 'table' ORDER BY name"
_ALLOWED = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_PRAGMA)
_STEPS = 1_000_000
_COLUMNS = 200


class DamagedDatabase(OSError):
    """A database that is cut off or corrupt; the rows before the fault were given."""


def read_sqlite(stored: StoredFile, where: Path, counts: Counter[str], text_column: str = "") -> Rows:
    """(table and row, fields) of every row of a table with a column of text, as for CSV files.

    Tables without one are counted as no_text_column; raises NoTextColumn if no table has one. Raises
    GlaswerkError for a database that a program has open, DamagedDatabase for a corrupt one, and LeftOut for
    one whose tables give more than it can hold.
    """
    try:
        with closing(_opened(stored, where)) as database:
            yield from _rows(database, where, counts, text_column, _size(stored))
    except sqlite3.Error as error:
        if "interrupted" in str(error):
            raise LeftOut("too_big", "a database that keeps its reader busy") from error
        raise DamagedDatabase(str(error)) from error


def _size(stored: StoredFile) -> int:
    if isinstance(stored.stream.raw, io.FileIO):
        return stored.stream.raw.seek(0, io.SEEK_END)
    return 0


def _opened(stored: StoredFile, where: Path) -> sqlite3.Connection:
    """The database, read in place if it is a file of its own, else from memory."""
    raw = stored.stream.raw
    if isinstance(raw, io.FileIO):
        path = Path(str(raw.name)).absolute()
        log = path.with_name(path.name + "-wal")
        if log.exists() and log.stat().st_size:
            raise GlaswerkError(
                f"expected a database that no program has open, found {log.name} next to {where}, with rows "
                "that are not in it yet",
                hint="close the program that uses the database, then run this command again",
            )
        database = sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)
    else:
        database = sqlite3.connect(":memory:")
        database.deserialize(stored.whole())
    _restrict(database)
    return database


def _restrict(database: sqlite3.Connection) -> None:
    """Allow nothing but reading; a text that is no UTF-8 gets U+FFFD."""
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA cell_size_check = ON")
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, ROW_BYTES)
    database.setlimit(sqlite3.SQLITE_LIMIT_COLUMN, _COLUMNS + 1800)
    database.text_factory = lambda data: data.decode("utf-8", "replace")
    database.set_authorizer(
        lambda action, *_: sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY
    )


def _rows(
    database: sqlite3.Connection, where: Path, counts: Counter[str], text_column: str, size: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    # A page that several parents share is read several times: what is read is measured against the file.
    left = max(4 * size, UNPACK_RATIO_FREE_BYTES)
    turns = iter(range(1000 + left // 10_000))
    database.set_progress_handler(lambda: next(turns, None) is None, _STEPS)
    without, found = [], False
    for table, names in _tables(database):
        lower = [name.lower() for name in names]
        if not (text_column.lower() in lower if text_column else set(TEXT_COLUMNS).intersection(lower)):
            without.append(f"{table} ({', '.join(names[:20])})")
            continue
        column, found = text_column_of(lower, text_column, where / table), True
        columns = ", ".join(_quoted(name) for name in names)
        for number, values in enumerate(database.execute(f"SELECT {columns} FROM {_quoted(table)}"), start=1):
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


def _tables(database: sqlite3.Connection) -> list[tuple[str, list[str]]]:
    """The plain tables with their stored columns. Tables inside full-text indexes repeat other tables."""
    found = database.execute(_TABLES).fetchall()
    # A virtual table has no page of its own; its own tables have its name and an underscore before theirs.
    inner = ("sqlite_", *(f"{name}_" for name, page in found if not page))
    plain = [str(name) for name, page in found if page and not str(name).startswith(inner)]
    return [(table, _columns(database, table)) for table in plain]


def _columns(database: sqlite3.Connection, table: str) -> list[str]:
    """The stored columns of a table: neither hidden nor generated."""
    found = database.execute(f"PRAGMA table_xinfo({_quoted(table)})").fetchall()
    return [str(row[1]) for row in found if row[6] == 0][:_COLUMNS]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
