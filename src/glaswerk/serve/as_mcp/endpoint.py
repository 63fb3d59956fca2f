"""POST /mcp: the lab's MCP server over streamable HTTP, without sessions, behind the keys of the API."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from glaswerk.serve.errors import error_body

_ABSENT = "this server was installed without MCP\nhint: pip install 'glaswerk[mcp]'"


class McpEndpoint:
    """The endpoint. The SDK is imported at the first request: most servers never get one."""

    def __init__(self, largest: int) -> None:
        """largest: bytes of a request."""
        self._largest = largest
        self._app: ASGIApp | None = None
        self._manager: asyncio.Future[Any] | None = None
        self._task: asyncio.Task[None] | None = None
        self._leave = asyncio.Event()

    def of(self, app: ASGIApp) -> None:
        """The application that its tools ask."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if find_spec("mcp") is None:
            body = error_body(501, _ABSENT, None, "not_installed")
            await JSONResponse(body, 501)(scope, receive, send)
            return
        if self._manager is None:
            self._manager = asyncio.get_running_loop().create_future()
            self._task = asyncio.create_task(self._run(self._manager))
        manager = await asyncio.shield(self._manager)
        await manager.asgi_app(scope, receive, send)

    async def _run(self, told: asyncio.Future[Any]) -> None:
        """Hold the SDK's manager: its task group is entered and left by one task."""
        try:
            manager = self._made()
            async with manager.run():
                told.set_result(manager)
                await self._leave.wait()
        # Whoever waits for it must learn of it.
        except Exception as error:
            if told.done():
                raise
            # The next request tries again.
            self._manager = None
            told.set_exception(error)

    def _made(self) -> Any:
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
        from mcp.server.transport_security import TransportSecuritySettings

        from glaswerk.serve.as_mcp.asking import Asking
        from glaswerk.serve.as_mcp.server import lab_server

        assert self._app is not None, "the application is there before its requests"
        asks = Asking(self._app)

        async def asking() -> Asking:
            return asks

        return StreamableHTTPSessionManager(
            lab_server(asking, {}),
            json_response=True,
            stateless=True,
            # `SecurityMiddleware` has looked at the host and the origin.
            security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
            max_request_body_size=self._largest,
        )

    async def close(self) -> None:
        """End it."""
        self._leave.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=5)
