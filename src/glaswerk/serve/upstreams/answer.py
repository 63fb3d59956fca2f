"""An answer that an upstream writes, read step by step as if it were written here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

from starlette.requests import Request

from glaswerk.serve.accounts.account import Usage
from glaswerk.serve.answering import Step
from glaswerk.serve.answering.answer import NOTHING_OURS
from glaswerk.serve.answering.parts import Part
from glaswerk.serve.errors import ApiError
from glaswerk.serve.pool import unless_disconnected
from glaswerk.serve.upstreams.client import UpstreamClient
from glaswerk.serve.upstreams.reading import Reading

_PATH = "/chat/completions"


class UpstreamAnswer:
    """See `Answer`. body: of the chat completion that is asked for; keep: remembers its text."""

    extra: Mapping[str, Any] = NOTHING_OURS

    def __init__(
        self,
        client: UpstreamClient,
        body: dict[str, Any],
        reading: Reading,
        usage: Usage,
        keep: Callable[[str], None],
    ) -> None:
        self._client, self._reading, self._usage, self._keep = client, reading, usage, keep
        # Always a stream, so that one way reads them all.
        self._body = body | {"stream": True, "stream_options": {"include_usage": True}}
        self._stack = AsyncExitStack()
        self._objects: AsyncIterator[dict[str, Any]] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._ended = False

    @property
    def thought(self) -> int:
        """See `Answer`."""
        return self._reading.counting.thought

    @property
    def finish(self) -> str | None:
        """See `Answer`."""
        return "cancelled" if self._closing and not self._ended else self._reading.finish

    @property
    def parts(self) -> Sequence[Part]:
        """See `Answer`."""
        return self._reading.parts

    @property
    def called(self) -> bool:
        """See `Answer`."""
        return self._reading.called

    @property
    def counts(self) -> tuple[int, int, int]:
        """See `Answer`."""
        return self._reading.counting.counts

    @property
    def stopped_by(self) -> str | None:
        """See `Answer`."""
        return self._reading.stopped_by

    async def open(self, request: Request | None = None) -> None:
        """Ask, and wait until the upstream accepts: what it refuses is an error of the request, not an event.

        Raises ApiError as `UpstreamClient.events`.
        """
        if self._objects is None and self._closing is None:
            work = self._stack.enter_async_context(self._client.events(_PATH, self._body))
            self._objects = await (work if request is None else unless_disconnected(request, work))

    async def steps(self) -> AsyncIterator[Step]:
        """See `Answer`."""
        try:
            await self.open()
            async for chunk in self._objects or _nothing():
                step = self._reading.feed(chunk)
                self._usage.count(*self.counts)
                if step.pieces or step.logprobs:
                    yield step
        except ApiError:
            # Whoever stopped it closed the connection that was being read.
            if self._closing is None:
                raise
        finally:
            await self._stack.aclose()
        if self._closing is None:
            await self._end()

    async def _end(self) -> None:
        self._reading.ended()
        self._ended = True
        self._keep(self._reading.text)
        finish = "tool_calls" if self.called else self._reading.finish
        await self._usage.finish(*self.counts, finish or "stop")

    def stop(self) -> None:
        """See `Answer`."""
        self._usage.close()
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._stack.aclose())


async def _nothing() -> AsyncIterator[dict[str, Any]]:
    return
    yield {}
