"""An endpoint that the gateway asks itself ends with its reader."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any, NoReturn

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from glaswerk.serve.grounded.inner import streamed


def asked() -> Request:
    async def nothing() -> NoReturn:
        await asyncio.Event().wait()
        raise AssertionError

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": b"", "asgi": {}}
    return Request({**scope, "asgi": {"spec_version": "2.4"}}, nothing)


def within_seconds(work: Awaitable[Any]) -> Any:
    async def run() -> Any:
        return await asyncio.wait_for(work, 20)

    return asyncio.run(run())


def test_a_reader_that_leaves_an_unread_answer_is_not_waited_for() -> None:
    ended = []

    async def endpoint(_: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            try:
                for _ in range(10_000):
                    yield b'data: {"choices": []}\n\n'
            finally:
                ended.append(True)

        return StreamingResponse(pieces())

    async def read_one() -> dict[str, Any]:
        async with streamed(endpoint, asked(), {}) as events:
            found = await anext(events)
            # More than is held comes in, so that the endpoint waits.
            await asyncio.sleep(0.2)
            return found

    assert within_seconds(read_one()) == {"choices": []}
    assert ended


def test_all_events_are_read_to_the_end_however_they_are_cut() -> None:
    async def endpoint(_: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            for byte in b'data: {"a": 1}\n\ndata: {"b": "\xc3\xa4"}\n\ndata: [DONE]\n\n':
                yield bytes([byte])

        return StreamingResponse(pieces())

    async def read_all() -> list[dict[str, Any]]:
        async with streamed(endpoint, asked(), {}) as events:
            return [event async for event in events]

    assert within_seconds(read_all()) == [{"a": 1}, {"b": "ä"}]
