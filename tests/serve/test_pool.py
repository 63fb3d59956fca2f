"""Generations in threads: errors reach the reader, a stop ends the thread, slots come back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from glaswerk.serve.errors import ApiError
from glaswerk.serve.pool import Pool


@asynccontextmanager
async def opened(running: int, waiting: int) -> AsyncIterator[Pool]:
    pool = Pool(running, waiting)
    try:
        yield pool
    finally:
        pool.close()


def until(gate: threading.Event) -> Iterator[int]:
    """0, then 1, 2, … once the gate is open."""
    yield 0
    gate.wait()
    yield from range(1, 1_000_000)


def test_items_come_in_order_and_the_slot_comes_back() -> None:
    async def scene() -> list[int]:
        async with opened(1, 0) as pool:
            for _ in range(3):
                found = [item async for item in await pool.start(lambda: iter(range(5)))]
                await asyncio.sleep(0)
            assert pool.stopped == 0
            return found

    assert asyncio.run(scene()) == [0, 1, 2, 3, 4]


def test_an_error_of_the_thread_reaches_the_reader() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("broken on purpose")

    async def scene() -> None:
        async with opened(1, 0) as pool:
            generation = await pool.start(broken)
            assert await anext(generation) == 1
            with pytest.raises(ValueError, match="on purpose"):
                await anext(generation)

    asyncio.run(scene())


def test_a_stop_ends_the_thread() -> None:
    async def scene() -> int:
        async with opened(1, 0) as pool:
            gate = threading.Event()
            generation = await pool.start(lambda: until(gate))
            assert await anext(generation) == 0
            generation.stop()
            gate.set()
            await generation.thread
            await asyncio.sleep(0)
            assert pool.running == 0
            return pool.stopped

    assert asyncio.run(scene()) == 1


def test_beyond_the_queue_a_request_is_refused_and_within_it_waits() -> None:
    async def scene() -> None:
        async with opened(1, 1) as pool:
            gate = threading.Event()
            first = await pool.start(lambda: until(gate))
            waiting = asyncio.create_task(pool.start(lambda: iter([7])))
            await asyncio.sleep(0)
            assert (pool.running, pool.waiting) == (1, 1)
            with pytest.raises(ApiError) as caught:
                await pool.start(lambda: iter([8]))
            assert caught.value.status == 429
            first.stop()
            gate.set()
            assert [item async for item in await waiting] == [7]
            assert pool.waiting == 0

    asyncio.run(scene())


def test_who_gives_up_waiting_leaves_the_queue() -> None:
    async def scene() -> None:
        async with opened(1, 1) as pool:
            gate = threading.Event()
            first = await pool.start(lambda: until(gate))
            waiting = asyncio.create_task(pool.start(lambda: iter([7])))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            assert pool.waiting == 0
            first.stop()
            gate.set()
            assert [item async for item in await pool.start(lambda: iter([9]))] == [9]

    asyncio.run(scene())
