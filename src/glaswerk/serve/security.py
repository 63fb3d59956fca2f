"""Security headers, and protection of a local server from other web sites.

DNS rebinding: a page from evil.example can point its host name at 127.0.0.1 and then read local servers as
"same origin". Its Host header still says evil.example, so a loopback server accepts loopback names only.
Cross-site POST requests and WebSockets are refused by their Origin header.
"""

from __future__ import annotations

import ipaddress
import re
import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glaswerk.serve.errors import error_body

# A browser resolves "[::1].evil.example" nowhere; what else comes before us may.
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:/@]+)(?::[0-9]*)?")
_READING = {"GET", "HEAD", "OPTIONS"}
_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-cache",
}


def is_loopback(host: str) -> bool:
    """Whether a server bound to `host` can be reached from this machine only."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


class SecurityMiddleware:
    """ASGI middleware: adds headers to every response and refuses requests of other origins with 403.

    loopback: accept only loopback names in the Host header.
    """

    def __init__(self, app: ASGIApp, *, loopback: bool) -> None:
        self._app = app
        self._loopback = loopback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        # Clients show it with their errors: OpenAI's by the first name, Anthropic's by the second.
        number = f"req_{secrets.token_hex(12)}"

        async def send_with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(scope=message)
                for name, value in {**_HEADERS, "x-request-id": number, "request-id": number}.items():
                    headers.setdefault(name, value)
            await send(message)

        # A WebSocket is opened by GET, and may do all that POST may: browsers let any page open one.
        refusal = self._refusal(scope.get("method", "POST"), Headers(scope=scope))
        if refusal:
            response = JSONResponse(error_body(403, refusal, None, "forbidden_origin"), 403)
            await response(scope, receive, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)

    def _refusal(self, method: str, headers: Headers) -> str:
        """Why this request is refused; "" if it is accepted."""
        host = headers.get("host", "")
        if self._loopback and not is_loopback(_name(host)):
            return f"expected localhost, 127.0.0.1 or [::1] as the host, found {host[:80]!r}"
        if method in _READING:
            return ""
        origin = headers.get("origin")
        if origin is not None and origin.lower().partition("://")[2] != host.lower():
            return (
                f"requests from the web page {origin[:80]!r} are refused; open the chat page of this server"
            )
        if origin is None and headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return "requests from other web pages are refused; open the chat page of this server"
        return ""


def _name(host: str) -> str:
    """The host without its port; an IPv6 address keeps its brackets. "" for what is no host with a port."""
    found = _HOST.fullmatch(host.lower())
    return found[1] if found else ""
