"""Run blocking generators in threads: a bounded number at once, with a bounded queue."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from starlette.requests import ClientDisconnect, Request

from glaswerk.serve.errors import ApiError

Item = TypeVar("Item")
Result = TypeVar("Result")


class _End:
    """Marks the end of a generation in its item queue."""


class Generation(Generic[Item]):
    """An iterator that runs in a thread; read it with `async for`. `stop` ends it before its next item."""

    def __init__(self, start: Callable[[], Iterator[Item]], executor: ThreadPoolExecutor) -> None:
        self._loop = asyncio.get_running_loop()
        # Unbounded, but it has one answer at most, which the model's context bounds.
        self._items: asyncio.Queue[Item | _End] = asyncio.Queue()
        self._stopped = threading.Event()
        self.cut_short = False
        self.thread = self._loop.run_in_executor(executor, self._produce, start)

    def stop(self) -> None:
        """Ask the thread to end. Safe to call again or after the end."""
        self._stopped.set()

    def __aiter__(self) -> Generation[Item]:
        return self

    async def __anext__(self) -> Item:
        item = await self._items.get()
        if isinstance(item, _End):
            # Shielded: a reader that is cancelled here must not mark the thread as done.
            await asyncio.shield(self.thread)
            raise StopAsyncIteration
        return item

    def _produce(self, start: Callable[[], Iterator[Item]]) -> None:
        try:
            for item in start():
                if self._stopped.is_set():
                    self.cut_short = True
                    return
                self._put(item)
        finally:
            self._put(_End())

    def _put(self, item: Item | _End) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._items.put_nowait, item)


class Pool:
    """Runs up to `running` generations at once; up to `waiting` more requests queue in order of arrival.

    `stopped` counts generations that ended early because their client had left.
    """

    def __init__(self, running: int, waiting: int) -> None:
        self._executor = ThreadPoolExecutor(running, thread_name_prefix="generation")
        self._slots = asyncio.Semaphore(running)
        self._limit = waiting
        self.waiting = 0
        self.stopped = 0
        self._live: set[Generation[Any]] = set()

    @property
    def running(self) -> int:
        """Number of generations whose thread is still running."""
        return len(self._live)

    async def start(self, start: Callable[[], Iterator[Item]]) -> Generation[Item]:
        """Iterate over `start()` in a thread once a slot is free. Raises ApiError 429 on a full queue."""
        await self._admit()
        generation = Generation(start, self._executor)
        self._live.add(generation)
        generation.thread.add_done_callback(lambda thread: self._finished(generation, thread))
        return generation

    async def _admit(self) -> None:
        if self._slots.locked() and self.waiting >= self._limit:
            message = f"{self.running} answers are running and {self.waiting} are waiting; try again shortly"
            raise ApiError(429, message, code="queue_full", headers={"retry-after": "2"})
        self.waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self.waiting -= 1

    def _finished(self, generation: Generation[Any], thread: asyncio.Future[None]) -> None:
        self._live.discard(generation)
        self.stopped += generation.cut_short
        self._slots.release()
        if not thread.cancelled():
            # Marks the exception as retrieved; a reader that is still there gets it from `__anext__`.
            thread.exception()

    def close(self) -> None:
        """Stop all running generations; queued ones never start."""
        for generation in self._live:
            generation.stop()
        self._executor.shutdown(wait=False, cancel_futures=True)


async def unless_disconnected(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """The result of `work`. If the client disconnects first, cancels it and raises ClientDisconnect.

    The request body must have been read, so that the next message is the disconnect.
    """
    task, gone = asyncio.ensure_future(work), asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return task.result()
    finally:
        task.cancel()
        gone.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
