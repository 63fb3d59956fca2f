"""One small SQL layer over SQLite and Postgres: `?` for parameters, transactions, locks by name.

SQL that goes through here is what both understand: `INSERT … ON CONFLICT`, partial indexes, no `%`.
"""

from __future__ import annotations

import sqlite3
import weakref
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.extras import load_extra
from glaswerk.core.files import create_private
from glaswerk.serve.accounts.schema import SCHEMA_VERSION, postgres_schema, sqlite_schema

Row = tuple[Any, ...]


class Database(ABC):
    """An open database. Not safe for several threads at once."""

    @abstractmethod
    def execute(self, sql: str, *values: Any) -> Sequence[Row]:
        """Run one statement; its rows, or [] if it has none."""

    @abstractmethod
    def changed(self, sql: str, *values: Any) -> int:
        """Run one statement that writes; the number of rows it changed."""

    @abstractmethod
    def lock(self, name: str) -> None:
        """Until the transaction ends, no other process has this name locked. Lock names in sorted order."""

    @abstractmethod
    def close(self) -> None:
        """Close it."""

    @property
    @abstractmethod
    def errors(self) -> tuple[type[Exception], ...]:
        """What it raises if the database cannot be reached or refuses."""

    def settle(self) -> None:
        """Called twice a second: bring what is written to the disk. Here it is there already."""
        return

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit if the block exits normally, else roll back."""
        self.execute(self.begin)
        try:
            yield
        except BaseException:
            self._roll_back()
            raise
        self.execute("COMMIT")

    begin = "BEGIN"
    has_tables = ""

    def _roll_back(self) -> None:
        try:
            self.execute("ROLLBACK")
        except self.errors:
            return  # the connection is gone, or the database rolled back by itself

    def set_up(self, schema: str) -> None:
        """Make the tables. Raises GlaswerkError if a newer version of Glaswerk made them."""
        if not self.execute(self.has_tables)[0][0]:
            with self.transaction():
                self.lock("schema")
                for statement in filter(str.strip, schema.split(";;")):
                    self.execute(statement)
        found = self.execute("SELECT value FROM meta WHERE name = 'schema'")[0][0]
        if found > SCHEMA_VERSION:
            raise GlaswerkError(
                f"expected accounts of version {SCHEMA_VERSION} or older, found {found}",
                hint="update glaswerk: pip install -U glaswerk",
            )


class Sqlite(Database):
    """SQLite in WAL mode, safe for several processes.

    A commit is with the system when it returns (73 µs) and survives `kill -9`; waiting for the disk would
    take 2,900 µs here. `settle` brings it there twice a second: a power cut costs what came since.
    """

    begin = "BEGIN IMMEDIATE"
    has_tables = "SELECT count(*) FROM sqlite_master WHERE name = 'meta'"
    errors = (sqlite3.Error,)

    def __init__(self, path: Path | None) -> None:
        """path: None for an empty database in memory."""
        if path is not None:
            create_private(path)
        try:
            self._db = sqlite3.connect(
                path or ":memory:", timeout=30, isolation_level=None, check_same_thread=False
            )
            # Python 3.13 warns of a connection that nobody closed.
            weakref.finalize(self, self._db.close)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self.set_up(sqlite_schema())
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            raise GlaswerkError(
                f"the accounts in {path} cannot be read: {error}",
                hint="move accounts.db aside, then: glaswerk keys create NAME",
            ) from error

    def execute(self, sql: str, *values: Any) -> Sequence[Row]:
        """See `Database`."""
        return self._db.execute(sql, values).fetchall()

    def changed(self, sql: str, *values: Any) -> int:
        """See `Database`."""
        return self._db.execute(sql, values).rowcount

    def lock(self, name: str) -> None:
        """A transaction that writes is alone in SQLite: nothing to do."""

    def settle(self) -> None:
        """Move the log into the file, and both to the disk."""
        self._db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        """See `Database`."""
        self._db.close()


class Postgres(Database):
    """Postgres by URL. A commit is on its disk when it returns, as its server is set up."""

    has_tables = "SELECT count(to_regclass('meta'))"

    def __init__(self, url: str) -> None:
        """Raises GlaswerkError if psycopg is missing or the server cannot be reached."""
        self._driver = load_extra("psycopg", "postgres", "accounts in Postgres")
        try:
            self._db = self._driver.connect(url, autocommit=True, connect_timeout=10)
            weakref.finalize(self, self._db.close)
            self.set_up(postgres_schema())
        except self._driver.Error as error:
            # Not the URL: it may have a password.
            raise GlaswerkError(
                f"cannot reach the database of the accounts: {str(error).strip()}",
                hint="check [serve] accounts in lab.toml, and that the database is running",
            ) from error

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """See `Database`."""
        return (self._driver.Error,)

    def execute(self, sql: str, *values: Any) -> Sequence[Row]:
        """See `Database`."""
        cursor = self._db.execute(sql.replace("?", "%s"), values or None)
        return cursor.fetchall() if cursor.description else []

    def changed(self, sql: str, *values: Any) -> int:
        """See `Database`."""
        return int(self._db.execute(sql.replace("?", "%s"), values or None).rowcount)

    def lock(self, name: str) -> None:
        """See `Database`. Names share 2^32 numbers: a collision only makes one wait for the other."""
        self.execute("SELECT pg_advisory_xact_lock(1735879527, ?)", zlib.crc32(name.encode()) - 2**31)

    def close(self) -> None:
        """See `Database`."""
        self._db.close()


def open_database(root: Path, url: str, *, create: bool) -> Database:
    """The accounts of a lab: in Postgres if there is a URL, else in the lab's accounts.db.

    create: without it, a lab that has no accounts.db stays as it is, and the database is empty.
    """
    if url:
        return Postgres(url)
    path = root / "accounts.db"
    return Sqlite(path if create or path.exists() else None)
