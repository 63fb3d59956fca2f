"""Run the gateway: bind a port, open the browser, stop on Ctrl-C."""

from __future__ import annotations

import errno
import socket
import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.terminal import note
from glaswerk.lab import Lab
from glaswerk.serve.deadlines import server_config
from glaswerk.serve.waiting_room import WaitingRoom


@dataclass(frozen=True, slots=True)
class ServeConfig:
    """Defaults of `glaswerk serve`."""

    host: str = "127.0.0.1"
    port: int = 8000


DEFAULTS = ServeConfig()


def serve(
    lab: Lab,
    *,
    model: str | Sequence[str] = "",
    host: str = DEFAULTS.host,
    port: int = DEFAULTS.port,
    open_browser: bool = False,
) -> None:
    """Serve the chat page and the API until Ctrl-C. Port 0 selects a free port.

    Raises GlaswerkError if the lab has no such model, the address cannot be bound, or it is one that
    others can reach and there is no key.
    """
    with bind(host, port) as listener:
        address = _address(host, listener)
        with WaitingRoom(listener):
            first = model if isinstance(model, str) else next(iter(model), "")
            note(f"loading {first or 'the model'} … {address} says so until it is there")
            # Only now: importing it takes seconds.
            from glaswerk.serve.app import create_app

            app = create_app(lab, model, host=host)
        names = ", ".join(one.artifact.name for one in app.state.models.listed())
        server = Server(app, address, f"{names} at {address}", open_browser)
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            note("stopped")


class Server(uvicorn.Server):
    """uvicorn, with a notice of its address once it listens."""

    def __init__(self, app: Starlette, address: str, notice: str, open_browser: bool) -> None:
        # A few seconds for running answers; Ctrl-C must not wait for a slow client.
        super().__init__(server_config(app, log_level="warning", timeout_graceful_shutdown=3))
        self._address, self._notice, self._open = address, notice, open_browser

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then print the notice and open the browser if wished."""
        await super().startup(sockets)
        if self.started:
            note(f"{self._notice}  (Ctrl-C stops)")
            if self._open:
                webbrowser.open(self._address)


def bind(host: str, port: int, command: str = "glaswerk serve") -> socket.socket:
    """A listening socket. Raises GlaswerkError if it cannot be had; its hint is `command`, working."""
    if not 0 <= port <= 65535:
        raise GlaswerkError(f"expected --port from 0 to 65535, found {port}", hint=f"{command} --port 8000")
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        message = f"expected --host to be an address of this machine, found {host!r}: {error.strerror}"
        raise GlaswerkError(message, hint=f"{command} --host 127.0.0.1") from error
    listener = socket.socket(family, kind, proto)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        # With SO_REUSEADDR, Linux lets two sockets bind; only the second listen fails.
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise _unbound(host, port, error, command) from error
    return listener


def _unbound(host: str, port: int, error: OSError, command: str) -> GlaswerkError:
    reasons = {
        errno.EADDRINUSE: f"port {port} on {host} is in use by another program",
        errno.EACCES: f"port {port} needs administrator rights",
        errno.EADDRNOTAVAIL: f"{host} is not an address of this machine",
    }
    message = reasons.get(error.errno or 0, f"cannot listen on {host}:{port}: {error.strerror}")
    if error.errno == errno.EADDRNOTAVAIL:
        return GlaswerkError(message, hint=f"{command} --host 127.0.0.1")
    return GlaswerkError(message, hint=f"{command} --port {_free_port(host, port)}")


def _free_port(host: str, port: int) -> int:
    """A free port near `port`, or any free port."""
    for candidate in [*range(max(port, 1024) + 1, min(max(port, 1024) + 50, 65536)), 0]:
        try:
            family, kind, proto, _, address = socket.getaddrinfo(host, candidate, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, proto) as probe:
                probe.bind(address)
                return int(probe.getsockname()[1])
        except OSError:
            continue
    return 8000


def _address(host: str, listener: socket.socket) -> str:
    port = listener.getsockname()[1]
    name = {"0.0.0.0": "localhost", "::": "localhost"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}"
