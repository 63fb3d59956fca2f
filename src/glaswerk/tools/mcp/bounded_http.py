"""The HTTP client for one MCP server: no redirects, no proxies of the environment, bounded answers."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Any

import httpx2

from glaswerk.core.errors import GlaswerkError
from glaswerk.tools.mcp.settings import McpServer


def http_client(server: McpServer, seconds: float, largest: int) -> httpx2.AsyncClient:
    """A client that sends the server's key, if it has one. Raises GlaswerkError without that key."""
    headers = {}
    if server.key_env:
        key = os.environ.get(server.key_env, "")
        if not key or not key.isascii() or not key.isprintable():
            raise GlaswerkError(
                f"expected the key of the MCP server {server.name} in the environment variable "
                f"{server.key_env}, found none",
                hint=f"export {server.key_env}=…",
            )
        headers["authorization"] = f"Bearer {key}"
    return httpx2.AsyncClient(
        headers=headers,
        timeout=httpx2.Timeout(seconds),
        follow_redirects=False,
        trust_env=False,
        transport=_Bounded(largest),
    )


class _Bounded(httpx2.AsyncHTTPTransport):
    """Ends an answer that is larger than 32 messages of `largest` bytes."""

    def __init__(self, largest: int) -> None:
        super().__init__()
        self._largest = largest

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """See httpx."""
        response = await super().handle_async_request(request)
        response.stream = _Counted(response.stream, self._largest)
        return response


class _Counted(httpx2.AsyncByteStream):
    def __init__(self, inner: Any, largest: int) -> None:
        self._inner, self._left = inner, largest

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._inner:
            self._left -= len(piece)
            if self._left < 0:
                raise httpx2.ReadError("the answer is larger than is read")
            yield piece

    async def aclose(self) -> None:
        """See httpx."""
        await self._inner.aclose()
