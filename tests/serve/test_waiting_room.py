"""While a model loads, every request hears so at once, and the socket is whole for who listens next."""

from __future__ import annotations

import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from glaswerk.serve.server import bind
from glaswerk.serve.waiting_room import WaitingRoom

from .conftest import wait_until


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def test_the_api_answers_503_with_a_time_to_try_again_and_the_page_loads_itself_again() -> None:
    with bind("127.0.0.1", 0) as listener, WaitingRoom(listener):
        url = f"http://127.0.0.1:{port_of(listener)}"
        reply = httpx.post(f"{url}/v1/chat/completions", json={"model": "chat", "x": "y" * 100_000})
        page = httpx.get(url, headers={"accept": "text/html"})
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "1")
    assert reply.json()["error"]["code"] == "model_loading"
    assert "loading" in page.text
    assert 'http-equiv="refresh"' in page.text


@pytest.mark.parametrize(
    "sent",
    [b"", b"\x00" * 200_000, b"GET / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\ncontent-length: -9x\r\n\r\n"],
)
def test_what_is_no_request_stops_nobody(sent: bytes) -> None:
    with bind("127.0.0.1", 0) as listener, WaitingRoom(listener):
        odd = socket.create_connection(("127.0.0.1", port_of(listener)))
        with odd:
            odd.sendall(sent)
            assert httpx.get(f"http://127.0.0.1:{port_of(listener)}/health").json()["status"] == "loading"


def test_many_at_once_all_hear_it() -> None:
    with bind("127.0.0.1", 0) as listener, WaitingRoom(listener):
        url = f"http://127.0.0.1:{port_of(listener)}/v1/models"
        with ThreadPoolExecutor(16) as executor:
            found = list(executor.map(lambda _: httpx.get(url).status_code, range(64)))
    assert found == [503] * 64


def test_after_it_the_socket_waits_for_the_server() -> None:
    with bind("127.0.0.1", 0) as listener:
        with WaitingRoom(listener):
            pass
        with socket.create_connection(("127.0.0.1", port_of(listener))) as client:
            client.sendall(b"hello")
            accepted, _ = listener.accept()
            with accepted:
                assert accepted.recv(5) == b"hello"


def test_the_command_answers_before_torch_is_imported_and_then_serves(glass_folder: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, "-m", "glaswerk", "serve", "--lab", str(glass_folder), "--port", str(port)]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    said: list[str] = []

    def status() -> str:
        try:
            found = str(httpx.get(f"http://127.0.0.1:{port}/health", timeout=5).json()["status"])
        except httpx.HTTPError:
            return ""
        if found not in said:
            said.append(found)
        return found

    try:
        wait_until(lambda: status() == "ok" or process.poll() is not None)
        assert said == ["loading", "ok"]
    finally:
        process.terminate()
        process.communicate(timeout=20)
