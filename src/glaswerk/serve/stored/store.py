"""One table of stored things in the lab's `stored.db`, each of one project, and their contents.

A thing has a kind ("response", "file", …), an id that is random, JSON as its body and, for files, bytes. A
thing may be of a parent, and goes with it. Other projects' things do not exist: every question names a
project.
"""

from __future__ import annotations

import json
import math
import secrets
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from anyio import to_thread

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import create_private
from glaswerk.serve.errors import ApiError
from glaswerk.serve.stored.presence import Presence

Body = dict[str, Any]
Result = TypeVar("Result")
# Things that are gone once their `expires_at` is over.
_EXPIRING = ("file",)
_VERSION = 1
_CHUNK = 1 << 20
_SCHEMA = """
CREATE TABLE IF NOT EXISTS thing (
    number INTEGER PRIMARY KEY AUTOINCREMENT, project TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    parent TEXT NOT NULL, body TEXT NOT NULL, size INTEGER NOT NULL, UNIQUE (project, kind, parent, id)
) STRICT;
CREATE INDEX IF NOT EXISTS thing_order ON thing (project, kind, parent, number);
CREATE INDEX IF NOT EXISTS thing_parent ON thing (project, parent);
CREATE TABLE IF NOT EXISTS content (
    thing INTEGER NOT NULL REFERENCES thing (number) ON DELETE CASCADE, part INTEGER NOT NULL,
    data BLOB NOT NULL, PRIMARY KEY (thing, part)
) STRICT;
CREATE TABLE IF NOT EXISTS total (
    project TEXT PRIMARY KEY, things INTEGER NOT NULL, bytes INTEGER NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS thing_added AFTER INSERT ON thing BEGIN
    INSERT INTO total VALUES (NEW.project, 1, NEW.size) ON CONFLICT DO UPDATE
    SET things = things + 1, bytes = bytes + NEW.size; END;
CREATE TRIGGER IF NOT EXISTS thing_removed AFTER DELETE ON thing BEGIN
    UPDATE total SET things = things - 1, bytes = bytes - OLD.size WHERE project = OLD.project; END;
CREATE TRIGGER IF NOT EXISTS thing_changed AFTER UPDATE OF size ON thing BEGIN
    UPDATE total SET bytes = bytes + NEW.size - OLD.size WHERE project = NEW.project; END;
"""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of one project. Above `responses`, the oldest responses are deleted; other things are refused."""

    things: int = 200_000
    bytes: int = 4_000_000_000
    responses: int = 10_000


DEFAULT_BOUNDS = Bounds()


def new_id(prefix: str) -> str:
    """An id that nobody can guess."""
    return f"{prefix}_{secrets.token_hex(24)}"


def now() -> int:
    """Seconds since 1970."""
    return int(time.time())


class Store:
    """The stored things of a lab. Safe for several threads and several processes."""

    def __init__(self, path: Path, bounds: Bounds = DEFAULT_BOUNDS) -> None:
        """Raises GlaswerkError if the file is damaged or of a newer version."""
        self._bounds, self._lock = bounds, threading.RLock()
        try:
            create_private(path)
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            weakref.finalize(self, self._db.close)
            for pragma in (
                "journal_mode = WAL",
                "synchronous = NORMAL",
                "foreign_keys = ON",
                "secure_delete = ON",
            ):
                self._db.execute(f"PRAGMA {pragma}")
            self._set_up()
            self._presence = Presence(path.with_name(f".{path.name}.lock"))
        except sqlite3.DatabaseError as error:
            message = f"expected what clients stored in {path}, found what SQLite cannot read: {error}"
            raise GlaswerkError(message, hint=f"mv '{path}' '{path}.damaged'") from error

    def _set_up(self) -> None:
        found = self._db.execute("PRAGMA user_version").fetchone()[0]
        if found > _VERSION:
            message = f"expected stored.db of version {_VERSION} or older, found {found}"
            raise GlaswerkError(message, hint="pip install -U glaswerk")
        self._db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")

    @property
    def first(self) -> bool:
        """Whether no other process had the file when this one came: then nobody finishes what is left."""
        return self._presence.first

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
        self._presence.leave()

    async def run(self, work: Callable[..., Result], *values: Any) -> Result:
        """`work(*values)` outside the event loop."""
        return await to_thread.run_sync(work, *values)

    def together(self, work: Callable[[], Result]) -> Result:
        """Run `work` as one transaction: all of its changes or none."""
        with self._lock:
            if self._db.in_transaction:
                return work()
            self._db.execute("BEGIN IMMEDIATE")
            try:
                result = work()
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
        return result

    def add(
        self, project: str, kind: str, body: Body, *, parent: str = "", content: Iterable[bytes] = ()
    ) -> None:
        """Store a thing under `body["id"]`. Raises ApiError 400 if the project's room is used up."""
        text = json.dumps(body)

        def work() -> None:
            values = (project, kind, body["id"], parent, text, len(text))
            number = self._db.execute(
                "INSERT INTO thing (project, kind, id, parent, body, size) VALUES (?, ?, ?, ?, ?, ?)", values
            ).lastrowid
            size = len(text)
            for part, data in enumerate(content):
                size += len(data)
                self._db.execute("INSERT INTO content VALUES (?, ?, ?)", (number, part, data))
            self._db.execute("UPDATE thing SET size = ? WHERE number = ?", (size, number))
            self._check_room(project)

        self.together(work)

    def _check_room(self, project: str) -> None:
        query = "SELECT things, bytes FROM total WHERE project = ?"
        things, size = self._db.execute(query, (project,)).fetchone()
        if things > self._bounds.things or size > self._bounds.bytes:
            message = (
                f"expected up to {self._bounds.things:,} stored objects of {self._bounds.bytes:,} bytes, "
                f"found {things:,} of {size:,}; delete some, for example by DELETE /v1/files/ID"
            )
            raise ApiError(400, message, code="storage_full")

    def trim(self, project: str, kind: str, most: int = 0, size: int = 0) -> None:
        """Delete the oldest of a kind above `most` (without it, the bound of responses) or `size` bytes."""
        of = "FROM thing WHERE project = ? AND kind = ? AND parent = ''"
        newest = f"SELECT number {of} ORDER BY number DESC LIMIT -1 OFFSET ?"
        totals = f"SELECT number, sum(size) OVER (ORDER BY number DESC) AS bytes {of}"
        with self._lock:
            values = (project, kind, most or self._bounds.responses)
            self._db.execute(f"DELETE FROM thing WHERE number IN ({newest})", values)
            if size:
                query = f"DELETE FROM thing WHERE number IN (SELECT number FROM ({totals}) WHERE bytes > ?)"
                self._db.execute(query, (project, kind, size))

    def find(self, project: str, kind: str, name: str, parent: str = "") -> Body | None:
        """A thing, or None."""
        query = "SELECT body FROM thing WHERE project = ? AND kind = ? AND parent = ? AND id = ?"
        with self._lock:
            row = self._db.execute(query, (project, kind, parent, name)).fetchone()
        found = None if row is None else json.loads(row[0])
        return None if found is None or _over(kind, found) else found

    def get(self, project: str, kind: str, name: str, parent: str = "", *, param: str | None = None) -> Body:
        """A thing. Raises ApiError 404, the same for what never was and for another project's."""
        found = self.find(project, kind, name, parent)
        if found is None:
            raise missing(kind, name, param)
        return found

    def change(self, project: str, kind: str, body: Body, parent: str = "") -> None:
        """Replace the body of a thing. Raises ApiError 404."""
        text = json.dumps(body)
        query = (
            "UPDATE thing SET body = ?, size = size - length(CAST(body AS BLOB)) + ? "
            "WHERE project = ? AND kind = ? AND parent = ? AND id = ?"
        )

        def work() -> None:
            values = (text, len(text), project, kind, parent, body["id"])
            if self._db.execute(query, values).rowcount == 0:
                raise missing(kind, body["id"])
            self._check_room(project)

        self.together(work)

    def remove(self, project: str, kind: str, name: str, parent: str = "") -> None:
        """Delete a thing and what is of it. Raises ApiError 404."""
        own = "DELETE FROM thing WHERE project = ? AND kind = ? AND parent = ? AND id = ?"

        def work() -> None:
            if self._db.execute(own, (project, kind, parent, name)).rowcount == 0:
                raise missing(kind, name)
            self._db.execute("DELETE FROM thing WHERE project = ? AND parent = ?", (project, name))

        self.together(work)

    def all(self, project: str, kind: str, parent: str = "", *, newest: bool = False) -> Iterator[Body]:
        """All things of a kind in their order, read now."""
        query = "SELECT body FROM thing WHERE project = ? AND kind = ? AND parent = ? ORDER BY number"
        with self._lock:
            rows = self._db.execute(query + " DESC" * newest, (project, kind, parent)).fetchall()
        return (body for (text,) in rows if not _over(kind, body := json.loads(text)))

    def mark(self, project: str, kind: str, parent: str = "") -> tuple[int, int]:
        """How many things of a kind there are, and the latest one's number: another if one came or went."""
        query = (
            "SELECT count(*), coalesce(max(number), 0) FROM thing "
            "WHERE project = ? AND kind = ? AND parent = ?"
        )
        with self._lock:
            count, last = self._db.execute(query, (project, kind, parent)).fetchone()
        return int(count), int(last)

    def everywhere(
        self, kind: str, status: str = "status", among: Sequence[str] = ()
    ) -> list[tuple[str, Body]]:
        """(project, thing) of every project: for work that a stopped server left.

        status: the place of a field in the body; among: its values, without any all things.
        """
        query = "SELECT project, body FROM thing WHERE kind = ?"
        if among:
            query += f" AND json_extract(body, ?) IN ({', '.join('?' * len(among))})"
        with self._lock:
            rows = self._db.execute(query, (kind, *([f"$.{status}", *among] if among else ()))).fetchall()
        return [(project, json.loads(text)) for project, text in rows]

    def purge(self) -> None:
        """Delete what is over."""
        query = "DELETE FROM thing WHERE kind = ? AND json_extract(body, '$.expires_at') <= ?"

        def work() -> None:
            for kind in _EXPIRING:
                self._db.execute(query, (kind, now()))

        self.together(work)

    def page(
        self,
        project: str,
        kind: str,
        query: Body,
        parent: str = "",
        *,
        limit: int = 20,
        wanted: Callable[[Body], bool] = lambda _: True,
    ) -> Body:
        """A page as the API gives it. query: `after`, `before`, `limit` and `order` ("desc" if left out)."""
        newest = query.get("order", "desc") == "desc"
        start = self._number(project, kind, parent, query.get("after"))
        end = self._number(project, kind, parent, query.get("before"))
        if newest:
            start, end = end, start
        sql = (
            "SELECT body FROM thing WHERE project = ? AND kind = ? AND parent = ? AND number > ? "
            f"AND number < ? ORDER BY number {'DESC' if newest else 'ASC'}"
        )
        low, high = -1 if start is None else start, 2**62 if end is None else end
        most, found = query.get("limit", limit), []
        with self._lock:
            for (text,) in self._db.execute(sql, (project, kind, parent, low, high)):
                body = json.loads(text)
                if wanted(body) and not _over(kind, body):
                    found.append(body)
                if len(found) > most:
                    break
        return page_of(found[:most], more=len(found) > most)

    def _number(self, project: str, kind: str, parent: str, name: str | None) -> int | None:
        if name is None:
            return None
        query = "SELECT number FROM thing WHERE project = ? AND kind = ? AND parent = ? AND id = ?"
        with self._lock:
            row = self._db.execute(query, (project, kind, parent, name)).fetchone()
        if row is None:
            raise missing(kind, name, "after")
        return int(row[0])

    def content(self, project: str, kind: str, name: str, parent: str = "") -> Iterator[bytes]:
        """The bytes of a thing in parts of about a megabyte. Raises ApiError 404 at once."""
        self.get(project, kind, name, parent)
        return self._parts(self._number(project, kind, parent, name))

    def _parts(self, number: int | None) -> Iterator[bytes]:
        query, part = "SELECT data FROM content WHERE thing = ? AND part = ?", 0
        while True:
            with self._lock:
                row = self._db.execute(query, (number, part)).fetchone()
            if row is None:
                return
            yield row[0]
            part += 1


def _over(kind: str, body: Body) -> bool:
    """Whether the time of a thing is over."""
    return kind in _EXPIRING and (body.get("expires_at") or math.inf) <= now()


def in_parts(data: bytes) -> Iterator[bytes]:
    """Bytes in the parts in which they are stored."""
    return (data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK))


def page_of(found: Sequence[Body], *, more: bool) -> Body:
    """A list object of the API."""
    return {
        "object": "list",
        "data": list(found),
        "first_id": found[0]["id"] if found else None,
        "last_id": found[-1]["id"] if found else None,
        "has_more": more,
    }


def missing(kind: str, name: str, param: str | None = None) -> ApiError:
    """The 404 for a thing that is not there, or not this project's."""
    label = kind.replace("_", " ").replace(".", " ")
    shown = name[:80].encode(errors="replace").decode()
    return ApiError(404, f"no {label} {shown!r}", param=param, code=f"{kind.replace('.', '_')}_not_found")
