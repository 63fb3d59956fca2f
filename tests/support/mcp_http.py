"""An MCP server over HTTP that behaves as it is told; the protocol by hand, for bad manners."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOOL = {"name": "say", "description": "Say a text.", "inputSchema": {"type": "object"}}


class Server(ThreadingHTTPServer):
    """manner: what it does with a call of a tool. asked: (method, path) of every request."""

    daemon_threads = True

    def __init__(self, manner: str, elsewhere: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.manner, self.elsewhere = manner, elsewhere
        self.asked: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.over = threading.Event()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}/mcp"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._note()
        self.send_error(405)

    def do_DELETE(self) -> None:
        self._note()
        self.send_error(405)

    def do_POST(self) -> None:
        self._note()
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        method, manner = body.get("method"), self.server.manner
        if manner == "redirects all" or (manner == "redirects" and method == "tools/call"):
            self.send_response(307)
            self.send_header("location", self.server.elsewhere)
            self.send_header("content-length", "0")
            self.end_headers()
        elif "id" not in body:
            self.send_response(202)
            self.send_header("content-length", "0")
            self.end_headers()
        elif method == "tools/call" and manner != "good":
            with suppress(OSError):
                getattr(self, f"_{manner.replace(' ', '_')}")(body)
        else:
            self._answer(body["id"], _result(method, body.get("params") or {}))

    def _note(self) -> None:
        self.server.asked.append((self.command, self.path))
        self.server.headers.append({name.lower(): value for name, value in self.headers.items()})

    def _answer(self, name: Any, result: Any) -> None:
        data = json.dumps({"jsonrpc": "2.0", "id": name, "result": result}).encode()
        self._begin("application/json", len(data))
        self.wfile.write(data)

    def _begin(self, kind: str, length: int | None = None) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        if length is None:
            self.send_header("connection", "close")
        else:
            self.send_header("content-length", str(length))
        self.end_headers()

    def _endless_body(self, _: Any) -> None:
        self._begin("application/json")
        while not self.server.over.is_set():
            self.wfile.write(b" " * 65536)

    def _endless_line(self, _: Any) -> None:
        self._begin("text/event-stream")
        self.wfile.write(b"data: ")
        while not self.server.over.is_set():
            self.wfile.write(b"x" * 65536)

    def _endless_events(self, _: Any) -> None:
        self._begin("text/event-stream")
        note = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x"}}
        while not self.server.over.is_set():
            self.wfile.write(b"event: message\ndata: " + json.dumps(note).encode() * 1 + b"\n\n")

    def _slow(self, _: Any) -> None:
        """A byte now and then, so that no pause is long."""
        self._begin("application/json")
        while not self.server.over.wait(0.5):
            self.wfile.write(b" ")

    def _silent(self, _: Any) -> None:
        self.server.over.wait(60)

    def _no_json(self, _: Any) -> None:
        self._begin("application/json", 9)
        self.wfile.write(b"<html>\xff\xfe\x00")

    def _other_type(self, _: Any) -> None:
        self._begin("text/html", 4)
        self.wfile.write(b"<b/>")

    def _error(self, _: Any) -> None:
        self.send_error(500, "<script>alert(1)</script>")

    def _unasked(self, _: Any) -> None:
        """Asks us for a model's answer and for our folders, and then answers nothing."""
        self._begin("text/event-stream")
        for number, method in enumerate(("sampling/createMessage", "roots/list", "elicitation/create")):
            ask = {"jsonrpc": "2.0", "id": 900 + number, "method": method, "params": {}}
            self.wfile.write(b"event: message\ndata: " + json.dumps(ask).encode() + b"\n\n")
            self.wfile.flush()
        self.server.over.wait(60)


def _result(method: str, params: dict[str, Any]) -> Any:
    if method == "initialize":
        return {
            "protocolVersion": params["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "http", "version": "1"},
        }
    if method == "tools/list":
        return {"tools": [TOOL]}
    return {"content": [{"type": "text", "text": "You said it."}]}


@contextmanager
def serving(manner: str, elsewhere: str = "") -> Iterator[Server]:
    """A server for as long as a test needs it."""
    server = Server(manner, elsewhere)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
        time.sleep(0)
