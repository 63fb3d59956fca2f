"""The ledger: one SQLite file with every artifact, its lineage, every run and the totals of decisions.

It repeats the contents of the manifests in a form that can be queried; a lost row is restored from there.
"""

from __future__ import annotations

import json
import os
import sqlite3
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import glaswerk
from glaswerk.core.artifact_files import MANIFEST
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_file
from glaswerk.lab.artifact import Artifact, read_manifest
from glaswerk.lab.migrations import MIGRATIONS

# SQLite codes for a damaged file: no such table, malformed, not a database.
_DAMAGE = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Ledger:
    """An open ledger. Safe for several processes (WAL, 30 s busy wait)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._readable():
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            # Python 3.13 warns of a connection that nobody closed.
            weakref.finalize(self, self._db.close)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._migrate()

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Raises GlaswerkError for a damaged file, but not for a full disk or a busy database."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            # The low byte is the primary code; an error about text that is not UTF-8 has no code.
            if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF not in _DAMAGE:
                raise
            raise self._broken(str(error)) from error

    def _broken(self, words: str) -> GlaswerkError:
        return GlaswerkError(
            f"the ledger {self.path} cannot be read: {words}",
            hint="move ledger.db aside; `glaswerk status` rebuilds it from the manifests",
        )

    def _migrate(self) -> None:
        found = self._db.execute("PRAGMA user_version").fetchone()[0]
        if found > len(MIGRATIONS):
            raise GlaswerkError(
                f"{self.path} has ledger version {found}; glaswerk {glaswerk.__version__} reads up to "
                f"{len(MIGRATIONS)}",
                hint="update glaswerk: pip install -U glaswerk",
            )
        for version in range(found, len(MIGRATIONS)):
            # Each script is one transaction: a kill between steps leaves the previous version intact.
            self._db.executescript(
                f"BEGIN IMMEDIATE; {MIGRATIONS[version]} PRAGMA user_version = {version + 1}; COMMIT;"
            )

    def check(self) -> None:
        """Raises GlaswerkError if the structure of the file is damaged (PRAGMA integrity_check)."""
        found = [row[0] for row in self.rows("PRAGMA integrity_check(1)")]
        if found != ["ok"]:
            raise self._broken(" ".join(str(found[0]).split()))

    def close(self) -> None:
        """Close the database; the ledger cannot be used afterwards."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit if the block exits normally, else roll back; the write lock is taken at the start."""
        with self._readable():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                # On a full disk SQLite has already rolled back.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def record(self, artifact: Artifact, root: Path) -> None:
        """Record an artifact, its edges and the digest of its manifest; a second time changes nothing."""
        path = artifact.path.relative_to(root).as_posix()
        with self.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO artifact VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                (
                    artifact.id,
                    artifact.kind,
                    artifact.name,
                    path,
                    artifact.digest,
                    artifact.finished_at,
                    artifact.seconds,
                    artifact.cpu_seconds,
                    artifact.bytes,
                    _json(artifact.config),
                    _json(artifact.stats),
                ),
            )
            db.executemany(
                "INSERT OR REPLACE INTO edge VALUES (?,?,?)",
                [(artifact.id, role, parent) for role, parent in artifact.inputs.items()],
            )
            db.execute(
                "INSERT OR REPLACE INTO manifest VALUES (?,?,?,?,?)",
                (path, artifact.id, *_of_manifest(artifact)),
            )
            decisions = artifact.stats.get("decisions", {})
            db.executemany(
                "INSERT OR REPLACE INTO decision_total VALUES (?,?,?,?)",
                [
                    (artifact.id, reason, int(reason.startswith("kept")), count)
                    for reason, count in decisions.items()
                ],
            )

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """All rows of a query. Raises GlaswerkError if the file is damaged."""
        with self._readable():
            return self._db.execute(query, values).fetchall()

    def parsed(self, text: str) -> dict[str, Any]:
        """The config or stats of a row, from JSON. Raises GlaswerkError if the text is damaged."""
        try:
            found: dict[str, Any] = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self._broken(f"expected JSON, found {text!r:.60}") from error
        return found

    def start_run(self, command: str) -> int:
        """Record a running command; returns its number."""
        (row,) = self.rows(
            "INSERT INTO run (command, code, pid, started_at, status) "
            "VALUES (?,?,?,?,'running') RETURNING id",
            command,
            glaswerk.__version__,
            os.getpid(),
            _now(),
        )
        return int(row[0])

    def finish_run(
        self, run: int, status: str, seconds: float, cpu_seconds: float, message: str = ""
    ) -> None:
        """Close a run as done, failed or interrupted. A killed run stays 'running' with a dead pid."""
        self.rows(
            "UPDATE run SET finished_at=?, status=?, seconds=?, cpu_seconds=?, message=? WHERE id=?",
            _now(),
            status,
            seconds,
            cpu_seconds,
            message,
            run,
        )


def _of_manifest(artifact: Artifact) -> tuple[str, str, str]:
    """The digest of the manifest on disk, and the recipe and code version that made the artifact."""
    manifest = read_manifest(artifact.path) or {}
    recipe, code = str(manifest.get("recipe", "")), str(manifest.get("code", ""))
    return digest_file(artifact.path / MANIFEST), recipe, code


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), sort_keys=True, ensure_ascii=False)


def _now() -> str:
    return datetime.now(UTC).isoformat()
