"""Ask the gateway's own endpoints without a connection, as an account that was checked before."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.applications import Starlette
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import Message

from glaswerk.serve.accounts.account import Account
from glaswerk.serve.errors import HANDLERS

_KNOWN = {kind: handler for kind, handler in HANDLERS.items() if kind is not Exception}


async def ask_self(app: Starlette, account: Account, path: str, body: dict[str, Any]) -> tuple[int, Any]:
    """(status, JSON) of POST `path`. The account is closed afterwards."""
    raw, parts, status = json.dumps(body).encode(), list[bytes](), 0
    unread = [{"type": "http.request", "body": raw, "more_body": False}]

    async def receive() -> Message:
        if unread:
            return unread.pop()
        await asyncio.Event().wait()  # this client never leaves
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)
        parts.append(message.get("body", b""))

    try:
        await ExceptionMiddleware(app.router, _KNOWN)(_scope(app, account, path, len(raw)), receive, send)
    finally:
        account.close()
    return status, json.loads(b"".join(parts))


def _scope(app: Starlette, account: Account, path: str, size: int) -> dict[str, Any]:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(size).encode())]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": None,
        "server": None,
        "app": app,
        "state": {"account": account},
    }
