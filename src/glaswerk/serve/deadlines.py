"""HTTP connections with time limits: for a request's head, for its body, and for a client that reads.

uvicorn closes idle connections only. Without more, a client that sends half a request, or that never reads
its answer, holds a connection and a file descriptor for as long as it likes (slowloris).
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from glaswerk.serve.limits import DEFAULT_LIMITS, Limits

_TOO_SLOW = b"the request took too long to arrive"
_NO_SOCKET = "the request opens no WebSocket"


def server_config(app: ASGIApp, limits: Limits = DEFAULT_LIMITS, **settings: Any) -> uvicorn.Config:
    """uvicorn's settings for a server whose connections keep the time limits."""
    return uvicorn.Config(
        app,
        http=timed_protocol(limits),
        ws=timed_socket(limits),
        # A message is a request; compressed, a short one may be a long one.
        ws_max_size=limits.body_bytes,
        ws_per_message_deflate=False,
        timeout_keep_alive=limits.idle_seconds,
        access_log=False,
        **settings,
    )


def timed_protocol(limits: Limits) -> type[H11Protocol]:
    """The class of HTTP connections with these limits."""

    class LimitedProtocol(TimedProtocol):
        """`TimedProtocol` of one server."""

        time_limits = limits

    return LimitedProtocol


def timed_socket(limits: Limits) -> type[WebSocketsSansIOProtocol]:
    """The class of WebSockets with these limits."""

    class LimitedSocket(TimedSocket):
        """`TimedSocket` of one server."""

        time_limits = limits

    return LimitedSocket


class TimedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 connection; late requests get 408, clients that stop reading are cut off.

    A limit holds for the whole head or body, however many pieces it comes in.
    """

    time_limits = DEFAULT_LIMITS

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._arriving: object = None
        self._upgraded = False
        self._arrival: asyncio.TimerHandle | None = None
        self._departure: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the time of the first head."""
        super().connection_made(transport)
        self._watch("head")

    def data_received(self, data: bytes) -> None:
        """Handle the data; start or end the time of the part that is arriving."""
        super().data_received(data)
        if not self._upgraded:
            self._watch(self._part())

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """The connection is a WebSocket's from now on; no time of a request runs for it."""
        self._upgraded = True
        self._watch(None)
        super().handle_websocket_upgrade(event)

    def _should_upgrade(self) -> bool:
        # The other methods are requests, whatever else they ask for.
        return self.scope["method"] == "GET" and super()._should_upgrade()

    def on_response_complete(self) -> None:
        """Begin a new request; its time runs once its first byte is there, before that it is idle."""
        super().on_response_complete()
        self._watch(self._part() if self.conn.trailing_data[0] or self._reads_body() else None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the times."""
        self._watch(None)
        self._stop_departure()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client reads more slowly than the answer is written: start its time."""
        super().pause_writing()
        self._depart()

    def resume_writing(self) -> None:
        """The client has read."""
        super().resume_writing()
        self._stop_departure()

    def _part(self) -> object:
        """What is arriving: "head", the request whose body it is, or None."""
        if self._reads_body():
            return self.cycle
        return "head" if self.conn.their_state is h11.IDLE else None

    def _reads_body(self) -> bool:
        return self.conn.their_state is h11.SEND_BODY

    def _watch(self, part: object) -> None:
        if part is self._arriving:
            return
        self._arriving = part
        if self._arrival is not None:
            self._arrival.cancel()
            self._arrival = None
        if part is not None:
            seconds = self.time_limits.head_seconds if part == "head" else self.time_limits.body_seconds
            self._arrival = self.loop.call_later(seconds, self._too_late)

    def _too_late(self) -> None:
        """Answer 408 if nothing was answered yet, and close."""
        if self.transport.is_closing():
            return
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            headers = [
                ("content-type", "text/plain"),
                ("content-length", str(len(_TOO_SLOW))),
                ("connection", "close"),
            ]
            reply = h11.Response(status_code=408, headers=headers, reason=b"Request Timeout")
            for event in (reply, h11.Data(data=_TOO_SLOW), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
        self._depart()

    def _depart(self) -> None:
        if self._departure is None:
            self._departure = self.loop.call_later(self.time_limits.write_seconds, self.transport.abort)

    def _stop_departure(self) -> None:
        if self._departure is not None and not self.transport.is_closing():
            self._departure.cancel()
            self._departure = None


class TimedSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket; a client that does not read is cut off."""

    time_limits = DEFAULT_LIMITS
    _departure: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """The client reads more slowly than is written: start its time."""
        super().pause_writing()
        self._departure = self.loop.call_later(self.time_limits.write_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has read."""
        super().resume_writing()
        self._stop_departure()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the time."""
        self._stop_departure()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Handle the data; what opens no WebSocket (a long line, a body) is answered with 400."""
        super().data_received(data)
        # uvicorn would wait for more, for ever.
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            head = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: text/plain\r\n"
            self.transport.write(f"{head}content-length: {len(_NO_SOCKET)}\r\n\r\n{_NO_SOCKET}".encode())
            self.transport.close()

    def _stop_departure(self) -> None:
        if self._departure is not None:
            self._departure.cancel()
            self._departure = None
