"""Which answers run: a bounded number at once, shared evenly by who asks, and no more than may wait."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from anyio import CancelScope
from starlette.requests import ClientDisconnect, Request

from glaswerk.infer.answer_text import AnswerText
from glaswerk.infer.engines import Job, TokenEngine
from glaswerk.serve.errors import ApiError
from glaswerk.serve.generation import Generation
from glaswerk.serve.observed.meter import SILENT, Meter

Result = TypeVar("Result")


class Pool:
    """The generations of a server. Up to `limit` jobs run or wait in the engine; the engine orders them.

    `stopped` counts generations that ended early because their client had left.
    """

    def __init__(self, limit: int, meter: Meter = SILENT) -> None:
        self._limit, self._meter = limit, meter
        self._live: dict[Generation, int] = {}
        self._numbers = itertools.count()
        self.stopped = 0

    @property
    def running(self) -> int:
        """Number of generations that have not ended in their engine."""
        return len(self._live)

    def uses(self, engine: TokenEngine) -> bool:
        """Whether a generation over this engine has not ended."""
        return any(generation.engine is engine for generation in self._live)

    def start(
        self, engine: TokenEngine, jobs: Sequence[Job], texts: Sequence[AnswerText], key: str = ""
    ) -> Generation:
        """Hand the jobs of one request of a key to an engine. Raises ApiError 429 if too many wait."""
        there = sum(self._live.values())
        if there and there + len(jobs) > self._limit:
            message = f"{there} answers are running or waiting; try again shortly"
            raise ApiError(429, message, code="queue_full", headers={"retry-after": "2"})
        # Keys share the engine evenly, then the requests of a key.
        owner = (key, str(next(self._numbers)))
        jobs = [replace(job, owner=owner) for job in jobs]
        generation = Generation(engine, jobs, texts, self._ended, self._meter)
        self._live[generation] = len(jobs)
        return generation

    def _ended(self, generation: Generation) -> None:
        if self._live.pop(generation, None) is not None:
            self.stopped += generation.cut_short
            counts = generation.prompt_tokens, generation.cached_tokens, generation.generated
            self._meter.ended(*counts, cut=generation.cut_short)

    def close(self) -> None:
        """Stop all generations."""
        for generation in list(self._live):
            generation.stop()


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
        await ended(task, gone)


async def ended(*tasks: asyncio.Future[Any]) -> None:
    """Cancel tasks and wait for their ends; what they raise is of no interest any more.

    Cancelled once only, whatever happens to us meanwhile: a second time would interrupt the closing of what
    they have open, and an upstream would go on writing.
    """
    for task in tasks:
        task.cancel()
    with CancelScope(shield=True):
        await asyncio.wait(tasks)
    for task in tasks:
        # An exception that nobody asks for is printed.
        if not task.cancelled():
            task.exception()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
