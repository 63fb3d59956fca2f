"""The model's own words: an endpoint of chat completions asked by the gateway itself, read as it streams."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from anyio import create_memory_object_stream
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message

from glaswerk.serve.errors import ApiError
from glaswerk.serve.pool import ended
from glaswerk.serve.request_body import with_object

Endpoint = Callable[[Request], Awaitable[Response]]
# Pieces that wait to be read; then the endpoint waits.
_HELD = 64


@asynccontextmanager
async def streamed(
    endpoint: Endpoint, request: Request, body: dict[str, Any]
) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """The events of an answer to `body` in place of the request's own body; its end ends the answer.

    Raises ApiError before the first event if it is not admitted, and later for an event that is an error.
    """
    inner = with_object(request, body | {"stream": True, "stream_options": {"include_usage": True}})
    response = await endpoint(inner)
    writer, pieces = create_memory_object_stream[bytes](_HELD)

    async def send(message: Message) -> None:
        if found := message.get("body"):
            await writer.send(found)

    async def run() -> None:
        # Closed, not told of the end: nobody may be left who reads.
        with writer:
            await response(inner.scope, inner.receive, send)

    task = asyncio.create_task(run())
    try:
        with pieces:
            yield _events(pieces, whole=isinstance(response, JSONResponse))
    finally:
        await ended(task)


async def _events(pieces: AsyncIterable[bytes], *, whole: bool) -> AsyncIterator[dict[str, Any]]:
    held = b""
    async for piece in pieces:
        *lines, held = (held + piece).split(b"\n\n")
        for line in lines:
            if line.startswith(b"data: {"):
                yield _checked(json.loads(line[6:]))
    if whole and held:
        yield _checked(json.loads(held))


def _checked(event: dict[str, Any]) -> dict[str, Any]:
    error = event.get("error")
    if isinstance(error, dict):
        raise ApiError(502, str(error.get("message", "")), code=str(error.get("code") or "model_failed"))
    return event
