"""SQLite databases as untrusted input: opened read-only and immutable, allowed nothing but reading."""

from __future__ import annotations

import io
import sqlite3
from pathlib import Path
from urllib.parse import quote

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.files.limits import DATABASE_FREE_BYTES, ROW_BYTES
from glaswerk.data.files.stored import StoredFile

MAGIC = b"SQLite format 3\0"
_TABLES = "SELECT name, rootpage FROM sqlite_master WHERE type = 'table' ORDER BY name"
_ALLOWED = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_PRAGMA)
_STEPS = 1_000_000
_COLUMNS = 200


def is_file_of_its_own(stored: StoredFile) -> bool:
    """Whether the database is a file, and not inside a container or compressed."""
    return isinstance(stored.stream.raw, io.FileIO)


def size_of(stored: StoredFile) -> int:
    """The size of a database that is a file of its own; else 0."""
    raw = stored.stream.raw
    return raw.seek(0, io.SEEK_END) if isinstance(raw, io.FileIO) else 0


def opened(stored: StoredFile, where: Path, *, live: bool = False) -> sqlite3.Connection:
    """The database, read in place if it is a file of its own, else from memory.

    Raises GlaswerkError if a program has it open, unless `live`: then only what the file itself holds is
    seen. Statements that keep it busy are interrupted.
    """
    raw = stored.stream.raw
    if isinstance(raw, io.FileIO):
        path = Path(str(raw.name)).absolute()
        log = path.with_name(path.name + "-wal")
        if not live and log.exists() and log.stat().st_size:
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
    turns = iter(range(1000 + bytes_allowed(stored) // 10_000))
    database.set_progress_handler(lambda: next(turns, None) is None, _STEPS)
    return database


def bytes_allowed(stored: StoredFile) -> int:
    """What may be read of a database: a page that several parents share is read several times."""
    return max(4 * size_of(stored), DATABASE_FREE_BYTES)


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


def tables_of(database: sqlite3.Connection) -> list[str]:
    """The names of the plain tables. Tables inside full-text indexes repeat other tables."""
    found = database.execute(_TABLES).fetchall()
    # A virtual table has no page of its own; its own tables have its name and an underscore before theirs.
    inner = ("sqlite_", *(f"{name}_" for name, page in found if not page))
    return [str(name) for name, page in found if page and not str(name).startswith(inner)]


def columns_of(database: sqlite3.Connection, table: str) -> list[str]:
    """The stored columns of a table: neither hidden nor generated."""
    found = database.execute(f"PRAGMA table_xinfo({quoted(table)})").fetchall()
    return [str(row[1]) for row in found if row[6] == 0][:_COLUMNS]


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'
