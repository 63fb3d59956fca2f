"""Answer at once while the model loads: importing torch and reading weights take seconds.

Every request gets 503 with Retry-After, which clients of the API try again by themselves; the page loads
itself again until the gateway is there.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from types import TracebackType
from typing import Self

_SECONDS, _HEAD_BYTES, _BODY_BYTES = 5.0, 64 << 10, 2 << 20
_ERROR = {"message": "the model is loading; try again in a second", "type": "server_error", "param": None}
_JSON = json.dumps({"status": "loading", "error": _ERROR | {"code": "model_loading"}}).encode()
_PAGE = (
    b'<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="1">'
    b'<meta name="viewport" content="width=device-width"><title>Loading</title>'
    b"<p>The model is loading.</p></html>"
)


class WaitingRoom:
    """A context manager over a listening socket; while it is open, requests hear that the model loads.

    The socket stays open: connections that arrive after the room was closed wait for who listens next.
    """

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="waiting-room", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._listen())
        finally:
            self._started.set()

    async def _listen(self) -> None:
        # A copy: the end of this server closes its socket. Who is still being answered then is cut off.
        server = await asyncio.start_server(_answer, sock=self._listener.dup(), limit=_HEAD_BYTES)
        self._loop = asyncio.get_running_loop()
        self._started.set()
        await self._over.wait()
        server.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        async with asyncio.timeout(_SECONDS):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            await _drain(reader, head)
            writer.write(_reply(head))
            await writer.drain()
    # Whoever is too slow, sends too much or leaves gets no answer.
    except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        pass
    finally:
        writer.close()


async def _drain(reader: asyncio.StreamReader, head: str) -> None:
    """Read the body: a client that is still writing when the connection closes never sees the answer."""
    length = next((line[15:] for line in head.split("\r\n") if line.startswith("content-length:")), "0")
    left = min(int(length), _BODY_BYTES)
    while left > 0 and (part := await reader.read(min(left, 1 << 16))):
        left -= len(part)


def _reply(head: str) -> bytes:
    wants_page = head.startswith("get / ") and "text/html" in head
    body, kind = (_PAGE, "text/html; charset=utf-8") if wants_page else (_JSON, "application/json")
    lines = (
        "HTTP/1.1 503 Service Unavailable",
        f"content-type: {kind}",
        f"content-length: {len(body)}",
        "retry-after: 1",
        "cache-control: no-store",
        "content-security-policy: default-src 'none'; frame-ancestors 'none'",
        "x-content-type-options: nosniff",
        "connection: close",
    )
    return "\r\n".join([*lines, "", ""]).encode() + body
