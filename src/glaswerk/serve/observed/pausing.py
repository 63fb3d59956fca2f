"""The lab's pause, obeyed by the gateway: what would be answered by a model gets 503; reading goes on."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from glaswerk.lineage.pause import PauseWatch
from glaswerk.serve.errors import anthropic_body, error_body, is_anthropic

_READING = {"GET", "HEAD", "OPTIONS"}
_SECONDS = "60"


class PauseMiddleware:
    """ASGI middleware: while the lab at `root` is paused, requests that change or generate get 503.

    Lists of models, metrics, the page and sources stay readable. A WebSocket is refused.
    """

    def __init__(self, app: ASGIApp, *, root: Path) -> None:
        self._app, self._watch = app, PauseWatch(root)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asks = scope["type"] in ("http", "websocket") and scope.get("method", "POST") not in _READING
        if not asks or not (why := self._watch.why()):
            await self._app(scope, receive, send)
            return
        request, message = HTTPConnection(scope), f"the lab is {why}"
        body = anthropic_body(503, message) if is_anthropic(request) else _body(message)
        await JSONResponse(body, 503, headers={"retry-after": _SECONDS})(scope, receive, send)


def _body(message: str) -> dict[str, object]:
    return error_body(503, message, None, "paused")
