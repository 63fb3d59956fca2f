"""One thread that owns the database: it takes what waits, runs it in one transaction, and tells who waits.

While one group is being committed the next one gathers, so that a busy server pays for few commits, and an
idle one waits for nothing.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.terminal import note
from glaswerk.serve.accounts.database import Database

Result = TypeVar("Result")
TICK_SECONDS = 0.5
_AGAIN_SECONDS = 1
_GROUP = 500
# Records that wait for a database that is away; each has some hundred bytes.
_BACKLOG = 100_000


class Unavailable(Exception):
    """The database cannot be reached."""


@dataclass(slots=True)
class _Job:
    """What to run; `lock`: the key it is about; `keep`: try again until it is done."""

    run: Callable[[Database], Any]
    lock: str
    keep: bool
    loop: asyncio.AbstractEventLoop | None = None
    future: asyncio.Future[Any] | None = None


class Worker:
    """Runs jobs over a database in a thread of its own, in the order they came, in groups.

    connect: opens the database. tick: called twice a second.
    """

    def __init__(self, connect: Callable[[], Database], tick: Callable[[Database], None]) -> None:
        self._connect, self._tick = connect, tick
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._backlog: list[_Job] = []
        self._db: Database | None = None
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._again_at = 0.0
        self.failing_since: float | None = None

    def start(self) -> None:
        """Start the thread, once."""
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    thread = threading.Thread(target=self._work, name="accounts", daemon=True)
                    thread.start()
                    self._thread = thread

    async def run(self, job: Callable[[Database], Result], lock: str, *, keep: bool = False) -> Result:
        """The result of `job`, once it is committed. Raises Unavailable.

        keep: if the database cannot be reached, the job is run when it can, although this raises.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._put(_Job(job, lock, keep, loop, future))
        return await future

    def post(self, job: Callable[[Database], Any], lock: str) -> None:
        """Run `job` some time, again and again until it is done."""
        self._put(_Job(job, lock, True))

    def close(self) -> None:
        """Finish what was asked for, and close the database."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()
            self._thread = None
        if self._backlog:
            note(f"warning: {len(self._backlog):,} records of usage were lost: their database was away")

    def _put(self, job: _Job) -> None:
        self.start()
        self._jobs.put(job)

    def _work(self) -> None:
        ticked, open_ = 0.0, True
        while open_:
            group, open_ = self._take()
            self._finish(group)
            if time.monotonic() - ticked >= TICK_SECONDS:
                self._beat()
                ticked = time.monotonic()
        self._again_at = 0.0
        self._beat()
        if self._db is not None:
            self._db.close()

    def _take(self) -> tuple[list[_Job], bool]:
        """What waits now, up to a group; false at the end of the work."""
        group: list[_Job] = []
        try:
            job = self._jobs.get(timeout=TICK_SECONDS)
            while job is not None:
                group.append(job)
                if len(group) == _GROUP:
                    break
                job = self._jobs.get_nowait()
        except queue.Empty:
            return group, True
        return group, job is not None

    def _beat(self) -> None:
        """What is due twice a second."""
        waiting, self._backlog = self._backlog, []
        self._finish(waiting)
        try:
            db = self._open()
            self._tick(db)
            db.settle()
            self.failing_since = None
        except Exception as error:  # noqa: BLE001 -- without this thread nothing is recorded any more
            self._failed(error)

    def _finish(self, group: Sequence[_Job]) -> None:
        """Run a group in one transaction, and again one by one if that fails."""
        try:
            self._together(group)
        except Exception as error:  # noqa: BLE001 -- each job alone shows whose error it is
            # A connection that waited may be gone although its database is there.
            if self._is_away(error):
                self._drop()
            for job in group:
                self._alone(job)

    def _alone(self, job: _Job) -> None:
        try:
            self._together([job])
        except Exception as error:  # noqa: BLE001 -- the one who waits raises it
            if not self._is_away(error):
                _tell([(job, error)])
                return
            self._failed(error)
            if job.keep and len(self._backlog) < _BACKLOG:
                self._backlog.append(_Job(job.run, job.lock, True))
            _tell([(job, Unavailable("the accounts cannot be reached"))])

    def _together(self, group: Sequence[_Job]) -> None:
        if not group:
            return
        db = self._open()
        with db.transaction():
            for lock in sorted({job.lock for job in group if job.lock}):
                db.lock(lock)
            done = [(job, job.run(db)) for job in group]
        _tell(done)

    def _open(self) -> Database:
        if self._db is None:
            if time.monotonic() < self._again_at:
                raise GlaswerkError("the database was away a moment ago")
            self._db = self._connect()
        return self._db

    def _drop(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    def _is_away(self, error: Exception) -> bool:
        """Whether the database refused or cannot be reached: no error of a job."""
        more = self._db.errors if self._db is not None else ()
        return isinstance(error, (GlaswerkError, OSError, sqlite3.Error, *more))

    def _failed(self, error: Exception) -> None:
        """Connect anew next time, and say why, once."""
        if self.failing_since is None:
            self.failing_since = time.monotonic()
            note(f"warning: the accounts cannot be reached: {str(error).strip()}")
        if self._db is not None or time.monotonic() >= self._again_at:
            # An address that does not answer takes ten seconds to fail: not once for every job that waits.
            self._again_at = time.monotonic() + _AGAIN_SECONDS
        self._drop()


def _tell(done: Sequence[tuple[_Job, Any]]) -> None:
    """Give every waiting job its result; each event loop is woken once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
    for job, result in done:
        if job.loop is not None and job.future is not None:
            by_loop.setdefault(job.loop, []).append((job.future, result))
    for loop, results in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, results)


def _resolve(results: Sequence[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, result in results:
        if future.done():
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
