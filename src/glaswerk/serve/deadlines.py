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

from glaswerk.serve.limits import DEFAULT_LIMITS, Limits

_TOO_SLOW = b"the request took too long to arrive"


def server_config(app: ASGIApp, limits: Limits = DEFAULT_LIMITS, **settings: Any) -> uvicorn.Config:
    """uvicorn's settings for a server whose connections keep the time limits."""
    return uvicorn.Config(
        app, http=timed_protocol(limits), timeout_keep_alive=limits.idle_seconds, access_log=False, **settings
    )


def timed_protocol(limits: Limits) -> type[H11Protocol]:
    """The class of HTTP connections with these limits."""

    class LimitedProtocol(TimedProtocol):
        """`TimedProtocol` of one server."""

        time_limits = limits

    return LimitedProtocol


class TimedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 connection; late requests get 408, clients that stop reading are cut off.

    A limit holds for the whole head or body, however many pieces it comes in.
    """

    time_limits = DEFAULT_LIMITS

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._arriving: object = None
        self._arrival: asyncio.TimerHandle | None = None
        self._departure: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the time of the first head."""
        super().connection_made(transport)
        self._watch("head")

    def data_received(self, data: bytes) -> None:
        """Handle the data; start or end the time of the part that is arriving."""
        super().data_received(data)
        self._watch(self._part())

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
