"""Tasks that are ended: what they have open is closed, whatever happens to whoever ends them."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

from anyio import move_on_after

from glaswerk.serve.pool import ended


def test_what_is_open_is_closed_though_the_one_who_ends_it_is_cancelled() -> None:
    closed = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.2)
            closed.append(True)

    async def run() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        # As when a client leaves: everything in the scope is cancelled, again and again.
        with move_on_after(0.05):
            try:
                await asyncio.sleep(60)
            finally:
                await ended(task)

    asyncio.run(run())
    assert closed == [True]


def test_what_a_task_raises_meanwhile_is_not_printed() -> None:
    said: list[dict[str, Any]] = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            raise ValueError("while closing")

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        await ended(task)
        del task
        gc.collect()
        await asyncio.sleep(0)

    asyncio.run(run())
    assert said == []
