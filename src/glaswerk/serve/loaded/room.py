"""Room in memory: what is loaded, what may go, and engines that end after their last answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from anyio import to_thread

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.terminal import note
from glaswerk.serve.errors import ApiError
from glaswerk.serve.loaded.held import Entry, Held
from glaswerk.serve.loaded.loading import Loader
from glaswerk.serve.pool import Pool

# Between two looks at whether answers have ended.
_LOOK = 0.02


class Room:
    """The memory of the loaded models. memory: bytes for all; seconds: how long a model waits for room.

    strict: no model may pass the memory; else one may, and is the only one then.
    """

    def __init__(
        self,
        entries: Mapping[str, Entry],
        pool: Pool,
        loader: Loader,
        memory: int,
        seconds: float,
        *,
        strict: bool,
    ) -> None:
        self._entries, self._pool, self._loader, self._seconds = entries, pool, loader, seconds
        self._strict, self._memory = strict, memory
        self._leaving: dict[Held, asyncio.Task[None]] = {}

    def busy(self, held: Held) -> bool:
        """Whether a request uses it."""
        return held.leases > 0 or self._pool.uses(held.model.tokens)

    def fits_beside(self, size: int, old: Held) -> bool:
        """Whether so many bytes fit beside `old` once what is idle has gone."""
        there = [held for held in self._held() if held is old or self.busy(held)]
        return sum(held.bytes for held in there) + self._loader.shared_bytes + size <= self._memory

    async def make(self, size: int, name: str, keep: Held | None = None) -> None:
        """Unload idle models until `size` bytes are free, those first that were not used for longest.

        Raises GlaswerkError for a model that never fits, ApiError 503 if the others stay in use.
        """
        if self._strict and size > self._memory:
            raise GlaswerkError(
                f"{name} needs up to {_gb(size)}, and [serve] memory is {_gb(self._memory)}",
                hint=f"memory = {size} under [serve] in lab.toml",
            )
        ends = time.monotonic() + self._seconds
        while sum(held.bytes for held in self._held()) + self._loader.shared_bytes + size > self._memory:
            idle = [
                e for e in self._entries.values() if e.held and e.held is not keep and not self.busy(e.held)
            ]
            if idle:
                await self.unload(min(idle, key=_used))
            elif not [held for held in self._held() if held is not keep]:
                return
            elif time.monotonic() > ends:
                message = (
                    f"there is no room for {name} beside the models that are answering; try again shortly"
                )
                raise ApiError(503, message, code="models_busy", headers={"retry-after": "5"})
            else:
                await asyncio.sleep(_LOOK)

    async def unload(self, entry: Entry) -> None:
        """Take a model out of memory."""
        held, entry.held = entry.held, None
        if held is not None:
            note(f"unloading {entry.offer.name}: {_gb(held.bytes)}")
            await to_thread.run_sync(held.free)

    async def idle(self, held: Held) -> None:
        """Wait until no request uses it."""
        while self.busy(held):
            await asyncio.sleep(_LOOK)

    def retire(self, held: Held) -> None:
        """End an engine after its last answer."""
        self._leaving[held] = asyncio.create_task(self._leave(held))

    async def _leave(self, held: Held) -> None:
        try:
            await self.idle(held)
            await to_thread.run_sync(held.free)
        finally:
            del self._leaving[held]

    def _held(self) -> list[Held]:
        return [*(e.held for e in self._entries.values() if e.held), *self._leaving]

    async def close(self) -> None:
        """End everything at once."""
        there, tasks = self._held(), list(self._leaving.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for held in there:
            await to_thread.run_sync(held.close)


def _gb(count: int) -> str:
    return f"{count / 1e9:,.3f} GB"


def _used(entry: Entry) -> float:
    return entry.held.used if entry.held else 0.0
