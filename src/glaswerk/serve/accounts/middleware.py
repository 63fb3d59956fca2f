"""Find the account of every request, before anything else reads it; refuse requests without one.

What is not listed as open needs a key: a new route is closed until someone decides otherwise.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glaswerk.serve.accounts.account import Account
from glaswerk.serve.accounts.accounts import Accounts
from glaswerk.serve.accounts.keys import Key
from glaswerk.serve.accounts.report_ticket import REPORT
from glaswerk.serve.errors import ApiError, anthropic_body, error_body, is_anthropic

# The chat page without anything of the lab, whether the server answers, and the description of its API.
_OPEN = re.compile(r"/|/health|/static/.*|/docs|/openapi\.json|/favicon\.ico")
# Figures of the whole server: open to this machine, as Prometheus expects.
_METRICS = "/metrics"
_ONCE = re.compile(r"[\x21-\x7e]{1,255}")
_BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)
_MISSING = (
    'this server needs an API key: send it as "Authorization: Bearer gw_…" or "x-api-key: gw_…"\n'
    "hint: glaswerk keys create laptop"
)
_WRONG = "the API key is not one of this server's\nhint: glaswerk keys ls"


class AccountsMiddleware:
    """ASGI middleware: puts the `Account` of a request into `request.state.account`.

    Adds what is left of the limits to the response, and closes the account at the end of the request.
    """

    def __init__(self, app: ASGIApp, *, accounts: Accounts) -> None:
        self._app, self._accounts = app, accounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        try:
            account = self._account(scope["path"], Headers(scope=scope))
        except ApiError as error:
            await _refuse(error, scope, receive, send)
            return
        scope.setdefault("state", {})["account"] = account
        try:
            await self._app(scope, receive, _with_headers(account, send) if account.limits else send)
        finally:
            account.close()

    def _account(self, path: str, headers: Headers) -> Account:
        """Raises ApiError 401 without a valid key, 403 for an endpoint that is not the key's."""
        self._accounts.start()
        if self._is_open(path):
            return Account()
        if self._accounts.open_to_all:
            return Account(once=_once(headers))
        key = (self._ticket(headers) if path == REPORT else None) or self._key(headers)
        if not key.reaches(path.removeprefix("/v1/").strip("/")):
            message = f"this API key may not use {path[:80]}"
            raise ApiError(403, message, code="permission_denied")
        return Account(key.project, key.id, key.models, key.limits, _once(headers))

    def _is_open(self, path: str) -> bool:
        return bool(_OPEN.fullmatch(path)) or (path == _METRICS and self._accounts.loopback)

    def _ticket(self, headers: Headers) -> Key | None:
        return self._accounts.key_of_ticket(headers.get("cookie", ""))

    def _key(self, headers: Headers) -> Key:
        sent = _sent(headers)
        if not sent:
            raise _unauthorised(_MISSING)
        # Two different keys in one request: one of them may have been added on the way.
        key = self._accounts.key_of(sent[0]) if len(set(sent)) == 1 else None
        if key is None:
            raise _unauthorised(_WRONG)
        state = key.state(time.time())
        if state != "active":
            # Only who has the whole key learns this.
            raise _unauthorised(f"this API key is {state}\nhint: glaswerk keys create laptop")
        return key


def _sent(headers: Headers) -> Sequence[str]:
    """Every key that a request has, in OpenAI's header and in Anthropic's."""
    bearers = [_BEARER.fullmatch(value) for value in headers.getlist("authorization")]
    # Another scheme, or words after the key, is a key that nobody has.
    found = [
        match[1] if match else "?"
        for match, value in zip(bearers, headers.getlist("authorization"), strict=True)
        if value.strip().lower() != "bearer"
    ]
    return [*found, *(value for value in headers.getlist("x-api-key") if value.strip())]


def _once(headers: Headers) -> str | None:
    """The client's idempotency key. Raises ApiError 400 for one that is no line of ASCII."""
    found = headers.get("idempotency-key")
    if found is not None and not _ONCE.fullmatch(found):
        message = f"Idempotency-Key must have 1 to 255 visible ASCII characters, found {found[:60]!r}"
        raise ApiError(400, message, param="Idempotency-Key", code="invalid_value")
    return found


def _unauthorised(message: str) -> ApiError:
    return ApiError(401, message, code="invalid_api_key", headers={"www-authenticate": "Bearer"})


def _with_headers(account: Account, send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(account.headers)
        await send(message)

    return send_with_headers


async def _refuse(error: ApiError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer in the shape of the API that was called; a WebSocket is closed before it opens."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": "invalid_api_key"})
        return
    body = error_body(error.status, error.message, error.param, error.code)
    if is_anthropic(HTTPConnection(scope)):
        body = anthropic_body(error.status, error.message)
    await JSONResponse(body, error.status, error.headers)(scope, receive, send)
