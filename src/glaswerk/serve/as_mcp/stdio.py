"""The lab's MCP server over standard input and output, as programs on this machine start it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack

from starlette.applications import Starlette

from glaswerk.serve.as_mcp.asking import Asking


async def run_stdio(app_of: Callable[[], Starlette], keys: Mapping[str, str]) -> None:
    """Answer until standard input ends. app_of: the lab's application, made at the first call, not before."""
    from mcp.server.stdio import stdio_server

    from glaswerk.serve.as_mcp.server import lab_server

    opening = asyncio.Lock()
    opened: list[Asking] = []
    async with AsyncExitStack() as stack:

        async def asking() -> Asking:
            async with opening:
                if not opened:
                    app = await asyncio.to_thread(app_of)
                    await stack.enter_async_context(app.router.lifespan_context(app))
                    opened.append(Asking(app))
            return opened[0]

        server = lab_server(asking, keys)
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())
