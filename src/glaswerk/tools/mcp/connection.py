"""One MCP server for as long as it is used: started or reached at the first call, and again after it died."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.extras import load_extra
from glaswerk.tools.mcp.results import outcome_of
from glaswerk.tools.mcp.settings import McpServer
from glaswerk.tools.output import failure
from glaswerk.tools.tool import Outcome

# Bytes of one message of a server.
LARGEST = 8 << 20
_RELAY = Path(__file__).with_name("relay.py")
# Seconds after a failure before it is tried again; pages of a list of tools.
_AGAIN, _PAGES = 3.0, 8
# The list of tools is asked for again after so many seconds, or when the server says that it changed.
_FRESH = 60.0


class Connection:
    """Of one server. log: the file for what its program says. Belongs to one event loop."""

    def __init__(self, server: McpServer, log: Path, seconds: float = 30) -> None:
        self.server, self._log, self._seconds = server, log, seconds
        self._task: asyncio.Task[None] | None = None
        self._client: asyncio.Future[Any] | None = None
        self._leave = asyncio.Event()
        self._failed = (0.0, "")
        self._listed: tuple[float, Sequence[Any]] | None = None

    async def tools(self) -> Sequence[Any]:
        """What it lists now. Raises GlaswerkError if it is not there."""
        if self._listed is None or time.monotonic() - self._listed[0] > _FRESH:
            client = await self._connected()
            self._listed = time.monotonic(), await self._asked(_all_tools(client))
        return self._listed[1]

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Outcome:
        """Call a tool. What goes wrong, with the server or with its answer, is an outcome."""
        try:
            client = await self._connected()
            return outcome_of(await self._asked(client.call_tool(name, dict(arguments))))
        except GlaswerkError as error:
            return failure(error.message)

    async def close(self) -> None:
        """End it."""
        self._leave.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=10)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _asked(self, question: Any) -> Any:
        try:
            return await asyncio.wait_for(question, self._seconds)
        except TimeoutError as error:
            # It may still write what belongs to this call: another one begins with another connection.
            self._drop()
            raise self._absent(f"gave no answer within {self._seconds:g} seconds") from error
        # The SDK raises errors of many kinds for what a server says: its own, pydantic's, anyio's.
        except Exception as error:
            # An answer that is wrong leaves the connection as it is; whatever else this is may have ended it.
            if not _is_answer(error):
                self._drop()
            raise self._absent(_words(error)) from error

    async def _connected(self) -> Any:
        if self._task is not None and self._task.done():
            self._drop()
        if self._client is None:
            since, why = self._failed
            if why and time.monotonic() - since < _AGAIN:
                raise self._absent(why)
            self._client, self._leave = asyncio.get_running_loop().create_future(), asyncio.Event()
            self._task = asyncio.create_task(self._run(self._client, self._leave))
        try:
            return await asyncio.wait_for(asyncio.shield(self._client), self._seconds)
        except TimeoutError as error:
            self._drop()
            raise self._note(f"did not begin within {self._seconds:g} seconds") from error

    async def _run(self, told: asyncio.Future[Any], leave: asyncio.Event) -> None:
        """Hold the client: it is entered and left by one task, as its task groups need."""
        try:
            async with AsyncExitStack() as stack:
                client = await stack.enter_async_context(await self._entered(stack))
                if not told.done():
                    told.set_result(client)
                await leave.wait()
        # As above; whatever ends the connection is no reason to end the server.
        except Exception as error:  # noqa: BLE001
            found = self._note(_words(error))
            if not told.done():
                told.set_exception(found)
        finally:
            if not told.done():
                told.cancel()

    async def _entered(self, stack: AsyncExitStack) -> Any:
        load_extra("mcp", "mcp", "tools of MCP servers")
        from mcp.client.client import Client
        from mcp_types import Implementation

        import glaswerk

        info = Implementation(name="glaswerk", version=glaswerk.__version__)
        transport = await self._transport(stack)
        return Client(
            transport,
            read_timeout_seconds=self._seconds,
            client_info=info,
            message_handler=self._heard,
            cache=None,
        )

    async def _transport(self, stack: AsyncExitStack) -> Any:
        if self.server.url:
            from mcp.client.streamable_http import streamable_http_client

            from glaswerk.tools.mcp.bounded_http import http_client

            client = await stack.enter_async_context(http_client(self.server, self._seconds, LARGEST))
            return streamable_http_client(self.server.url, http_client=client, max_sse_event_size=LARGEST)
        from mcp.client.stdio import StdioServerParameters, stdio_client

        self._log.parent.mkdir(parents=True, exist_ok=True)
        words = ["-I", str(_RELAY), str(LARGEST), *self.server.command]
        program = StdioServerParameters(command=sys.executable, args=words, env=self.server.environment())
        return stdio_client(program, stack.enter_context(self._log.open("w")))

    async def _heard(self, message: Any) -> None:
        """A server that changes its tools is asked for them again. Nothing else that it says is heeded."""
        if "ToolListChanged" in type(message).__name__:
            self._listed = None

    def _drop(self) -> None:
        self._leave.set()
        if self._task is not None and not self._task.done():
            self._task.cancel()
        self._task = self._client = None
        self._listed = None

    def _note(self, why: str) -> GlaswerkError:
        self._failed = time.monotonic(), why
        return self._absent(why)

    def _absent(self, why: str) -> GlaswerkError:
        message = f"the MCP server {self.server.name} {why}"
        hint = "" if self.server.url else f"its log: {self._log}"
        return GlaswerkError(message, hint=hint or f"is {self.server.url} running?")


def _is_answer(error: Exception) -> bool:
    from mcp.shared.exceptions import MCPError
    from mcp_types import CONNECTION_CLOSED
    from pydantic import ValidationError

    return isinstance(error, ValidationError) or (
        isinstance(error, MCPError) and error.code != CONNECTION_CLOSED
    )


async def _all_tools(client: Any) -> Sequence[Any]:
    found: list[Any] = []
    cursor = None
    for _ in range(_PAGES):
        page = await client.list_tools(cursor=cursor)
        found += page.tools
        cursor = page.next_cursor
        if not cursor:
            break
    return found


def _words(error: BaseException) -> str:
    """The innermost reason of a failure, on one line."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    text = " ".join(str(error).split())[:200]
    return f"failed: {text or type(error).__name__}"
