"""A client that sends slowly, or never reads, cannot hold a connection; others are served meanwhile."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from glaswerk.serve.limits import Limits

from .conftest import ENDLESS, Running, run_app

HALVES = {
    "nothing": b"",
    "one letter": b"G",
    "half a head": b"GET /health HTTP/1.1\r\nhost: localhost\r\nx-a: ",
    "half a body": b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 900\r\n\r\n{",
    "half a chunk": (
        b"POST /v1/glaswerk/trace HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n40\r\n{"
    ),
    "a second half": b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\nGET /hea",
    "a body to a page": b"GET / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n",
}
QUICK = Limits(head_seconds=0.5, body_seconds=0.5, write_seconds=0.5, idle_seconds=1)


@pytest.fixture
def quick(start: Callable[..., Running]) -> Running:
    """A server with limits of half a second."""
    return start(QUICK)


def opened(server: Running) -> socket.socket:
    place = urlsplit(server.url)
    connection = socket.create_connection((place.hostname, place.port), timeout=30)
    return connection


def until_closed(connection: socket.socket) -> bytes:
    """All that is received until the server closes; a connection that stays open fails the test."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    connection.close()
    return b"".join(parts)


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES.keys())
def test_half_a_request_is_closed_and_the_server_answers_others(quick: Running, half: bytes) -> None:
    waiting = [opened(quick) for _ in range(40)]
    for connection in waiting:
        connection.sendall(half)
    with quick.client() as client:
        assert client.get("/health").status_code == 200
    for connection in waiting:
        received = until_closed(connection)
        if half[:4] in (b"POST", b"G") or b"x-a" in half:
            assert received.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("begin", [HALVES["half a head"], HALVES["half a body"]], ids=["head", "body"])
def test_letter_by_letter_gives_no_more_time(quick: Running, begin: bytes) -> None:
    connection = opened(quick)
    connection.sendall(begin)
    connection.settimeout(0.1)
    received, deadline = b"", time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            connection.sendall(b"a")
            part = connection.recv(4096)
        except TimeoutError:
            continue
        except OSError:
            break
        received += part
        if not part:
            break
    connection.close()
    assert received.startswith(b"HTTP/1.1 408 ")


def test_a_client_that_never_reads_is_cut_off() -> None:
    async def much(_: Request) -> Response:
        return Response(b"a" * 1_000_000)

    with run_app(Starlette(routes=[Route("/", much)]), QUICK) as server, opened(server) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(60)
        # Pipelined requests: their answers fill every buffer on the way.
        with pytest.raises(OSError, match=r"reset|pipe"):
            _send_for_a_minute(connection, b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n" * 50)


def _send_for_a_minute(connection: socket.socket, data: bytes) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        connection.sendall(data)


@pytest.mark.slow
def test_an_answer_that_takes_longer_than_the_limits_arrives_whole(quick: Running) -> None:
    body = {
        "model": "chat",
        "messages": [{"role": "user", "content": ENDLESS}],
        "max_tokens": 600,
        "stream": True,
        "temperature": 0,
    }
    with quick.client() as client:
        reply = client.post("/v1/chat/completions", content=json.dumps(body))
    assert reply.status_code == 200
    assert reply.text.endswith("data: [DONE]\n\n")


def test_a_connection_is_used_again_for_one_request_after_another(quick: Running) -> None:
    with quick.client() as client:
        for _ in range(5):
            assert client.get("/health").status_code == 200
            assert client.post("/v1/glaswerk/trace", json={"text": "a bridge"}).status_code == 200
            time.sleep(0.3)
