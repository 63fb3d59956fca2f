"""Figures of a running server for Prometheus: GET /metrics.

Labels are routes as they are written in the code, statuses and methods: never paths, keys or models of a
client's choice, whose number nobody bounds. Times are in seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glaswerk.serve.contract.operation import Call, Operation

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
_OPENED = 101
_SLOW = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """All figures of one server; each server has its own."""

    def __init__(self) -> None:
        self._registry = own = CollectorRegistry()
        self._requests = Counter(
            "glaswerk_http_requests", "Answered requests", ("method", "route", "status"), registry=own
        )
        self._seconds = Histogram(
            "glaswerk_http_request_seconds", "Until the last byte", ("route",), buckets=_SLOW, registry=own
        )
        self._tokens = Counter("glaswerk_tokens", "Tokens of finished answers", ("kind",), registry=own)
        self._ended = Counter("glaswerk_answers", "Ended answers", ("cut",), registry=own)
        self._first = Histogram(
            "glaswerk_time_to_first_token_seconds", "From the start of an answer", buckets=_SLOW, registry=own
        )
        self._between = Histogram(
            "glaswerk_inter_token_seconds", "Between tokens of one answer", buckets=_FAST, registry=own
        )

        self._sockets = Counter(
            "glaswerk_websockets", "WebSockets that were opened (101) or refused", ("route", "status"),
            registry=own,
        )  # fmt: skip
        self._open = Gauge("glaswerk_websockets_open", "WebSockets that are open now", registry=own)

    def watch(self, running: Callable[[], int]) -> None:
        """Show how many answers run or wait in an engine, looked up at each request."""
        words = "Answers that are written or wait for their turn"
        Gauge("glaswerk_answers_running", words, registry=self._registry).set_function(running)

    def first_token(self, seconds: float) -> None:
        """An answer has its first token."""
        self._first.observe(seconds)

    def next_tokens(self, seconds: float, count: int) -> None:
        """`count` more tokens came after so many seconds."""
        for _ in range(count):
            self._between.observe(seconds / count)

    def ended(self, prompt: int, cached: int, completion: int, *, cut: bool) -> None:
        """An answer ended, or was cut because its client had left."""
        for kind, count in (("prompt", prompt), ("cached", cached), ("completion", completion)):
            self._tokens.labels(kind).inc(count)
        self._ended.labels(str(cut).lower()).inc()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def socket_answered(self, route: str, status: int) -> None:
        """A WebSocket was opened, status 101, or refused with another one."""
        self._sockets.labels(route, str(status)).inc()

    def sockets_open(self, change: int) -> None:
        """More WebSockets are open, or fewer."""
        self._open.inc(change)

    def operations(self) -> Sequence[Operation]:
        """The endpoint."""
        about = "Figures for Prometheus"
        return [Operation("GET", "/metrics", "server", about, self._page, media=CONTENT_TYPE_LATEST)]

    async def _page(self, _: Call) -> Response:
        return Response(generate_latest(self._registry), headers={"content-type": CONTENT_TYPE_LATEST})


class MetricsMiddleware:
    """ASGI middleware: counts every request by its route. The outermost, so that it sees refusals, too."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, routes: Sequence[BaseRoute]) -> None:
        self._app, self._metrics = app, metrics
        # The scope names the endpoint, not the route; bound methods are new objects at each look.
        own = (route for route in routes if isinstance(route, Route | WebSocketRoute))
        self._paths = {id(route.endpoint): route.path for route in own}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            # 499, as others say: the client left before there was an answer.
            method, seconds = _known_method(scope["method"]), time.perf_counter() - start
            self._metrics.answered(method, self._route(scope), status or 499, seconds)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A WebSocket counts once, when it is opened or refused."""
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if not status and (found := _socket_status(message)):
                status = found
                self._metrics.socket_answered(self._route(scope), found)
                if found == _OPENED:
                    self._metrics.sockets_open(1)
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            if status == _OPENED:
                self._metrics.sockets_open(-1)

    def _route(self, scope: Scope) -> str:
        endpoint: Any = scope.get("endpoint")
        return self._paths.get(id(endpoint), "other")


def _socket_status(message: Message) -> int:
    """The status that answers the opening of a WebSocket; 0 for another message."""
    if message["type"] == "websocket.http.response.start":
        return int(message["status"])
    # Closed before it was open is refused, in HTTP with 403.
    return {"websocket.accept": _OPENED, "websocket.close": 403}.get(message["type"], 0)


def _known_method(name: str) -> str:
    return name if name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"
