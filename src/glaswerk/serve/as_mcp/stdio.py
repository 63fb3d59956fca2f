"""The lab's MCP server over standard input and output, as programs on this machine start it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack

from glaswerk.lab import Lab
from glaswerk.serve.as_mcp.asking import Asking


async def run_stdio(lab: Lab, model: str, keys: Mapping[str, str]) -> None:
    """Answer until standard input ends. The lab's models are opened at the first call, not before."""
    from mcp.server.stdio import stdio_server

    from glaswerk.serve.as_mcp.server import lab_server

    opening = asyncio.Lock()
    opened: list[Asking] = []
    async with AsyncExitStack() as stack:

        async def asking() -> Asking:
            async with opening:
                if not opened:
                    from glaswerk.serve.app import create_app

                    app = await asyncio.to_thread(create_app, lab, model)
                    await stack.enter_async_context(app.router.lifespan_context(app))
                    opened.append(Asking(app))
            return opened[0]

        server = lab_server(asking, keys)
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())
