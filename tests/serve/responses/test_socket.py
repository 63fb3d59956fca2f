"""The Responses API over a WebSocket, through OpenAI's own client and a plain one that means no good."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest
from openai import OpenAI
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from glaswerk.lab import Lab
from glaswerk.serve.accounts.database import open_database
from glaswerk.serve.accounts.key_store import all_keys, revoke_keys
from glaswerk.serve.accounts.settings import AccountSettings
from glaswerk.serve.limits import DEFAULT_LIMITS
from tests.serve.clients import key_of, openai_client, totals_of
from tests.serve.conftest import BRIDGE, ENDLESS, Running, wait_until

ASKED = "Who built the old bridge?"
START = '{"type": "response.create", "model": "chat"'
CREATE = {"type": "response.create", "model": "chat", "temperature": 0}


@pytest.fixture
def client(server: Running) -> Iterator[OpenAI]:
    with openai_client(server) as found:
        yield found


@contextmanager
def opened(running: Running, key: str = "", **headers: str) -> Iterator[ClientConnection]:
    url = running.url.replace("http", "ws") + "/v1/responses"
    if key:
        headers["authorization"] = f"Bearer {key}"
    # The library writes a Host of its own beside one that is given.
    with connect(url, additional_headers=headers, proxy=None, max_size=None) as found:
        yield found


def ask(connection: ClientConnection, **fields: Any) -> list[dict[str, Any]]:
    """The events of one request, up to its end."""
    connection.send(json.dumps({**CREATE, **fields}))
    return rest(connection)


def rest(connection: ClientConnection) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    ends = ("response.completed", "response.incomplete", "response.failed", "error")
    while not events or events[-1]["type"] not in ends:
        events.append(json.loads(connection.recv(timeout=60)))
    return events


def text_of(events: list[dict[str, Any]]) -> str:
    return "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")


def test_openais_client_asks_twice_over_one_connection(client: OpenAI) -> None:
    with client.responses.connect() as connection:
        connection.response.create(model="chat", input=ASKED, temperature=0)
        events: list[Any] = []
        for event in connection:
            events.append(event)
            if event.type == "response.completed":
                break
        assert events[-1].response.output_text == BRIDGE
        assert [event.sequence_number for event in events] == list(range(len(events)))
        first = events[-1].response.id
        connection.response.create(
            model="chat", input="And?", previous_response_id=first, max_output_tokens=3
        )
        last: Any = next(e for e in connection if e.type in ("response.completed", "response.incomplete"))
    assert last.response.previous_response_id == first
    assert client.responses.retrieve(first).output_text == BRIDGE


def test_the_events_are_those_of_a_stream_over_http(server: Running, client: OpenAI) -> None:
    streamed = [
        event.type for event in client.responses.create(model="chat", input=ASKED, temperature=0, stream=True)
    ]
    with opened(server) as connection:
        events = ask(connection, input=ASKED, stream=True)
    assert sorted(set(streamed)) == sorted({event["type"] for event in events})
    assert text_of(events) == BRIDGE
    assert not any("stream_id" in event for event in events)


def test_what_is_not_stored_is_continued_on_its_connection_and_nowhere_else(server: Running) -> None:
    with opened(server) as connection:
        first = ask(connection, input=ASKED, store=False)[-1]["response"]
        short: Any = {"store": False, "max_output_tokens": 2}
        second = ask(connection, input="And?", previous_response_id=first["id"], **short)[-1]["response"]
        third = ask(connection, input="So?", previous_response_id=second["id"], **short)[-1]["response"]
        # Each is longer by what was said before it.
        tokens = [found["usage"]["input_tokens"] for found in (first, second, third)]
        assert tokens == sorted(set(tokens))
        gone = ask(connection, input="And?", previous_response_id=first["id"])[-1]
        assert (gone["status"], gone["error"]["code"]) == (400, "previous_response_not_found")
        assert ask(connection, input=ASKED)[-1]["type"] == "response.completed"
    with opened(server) as connection:
        (gone,) = ask(connection, input="And?", previous_response_id=second["id"])
        assert gone["error"]["code"] == "previous_response_not_found"


def test_a_request_that_is_prepared_is_continued(server: Running) -> None:
    with opened(server) as connection:
        events = ask(connection, input=ASKED, generate=False)
        assert [event["type"] for event in events] == [
            "response.created", "response.in_progress", "response.completed"
        ]  # fmt: skip
        prepared = events[-1]["response"]
        assert (prepared["output"], prepared["usage"]["total_tokens"]) == ([], 0)
        assert text_of(ask(connection, input=[], previous_response_id=prepared["id"])) == BRIDGE


def test_requests_wait_for_each_other_and_their_events_name_their_lane(server: Running) -> None:
    with opened(server) as connection:
        for lane in ("a", "b", "c"):
            connection.send(json.dumps({**CREATE, "input": ASKED, "stream_id": lane}))
        for lane in ("a", "b", "c"):
            events = rest(connection)
            assert {event["stream_id"] for event in events} == {lane}
            assert text_of(events) == BRIDGE


@pytest.mark.parametrize(
    ("message", "param", "code"),
    [
        ("", None, "invalid_json"),
        ("{not json", None, "invalid_json"),
        ("[1]", None, "invalid_json"),
        ("[" * 100_000, None, "invalid_json"),
        ('{"type": "response.create", "model": "chat", "input": "\\ud83e"}', None, "invalid_json"),
        (f"{START}, \"input\": \"a\", \"temperature\": NaN}}", None, "invalid_json"),
        ("{}", "type", "invalid_value"),
        ('{"type": "response.cancel"}', "type", "invalid_value"),
        ('{"type": "response.steer", "input": "a"}', "type", "steering_not_supported"),
        ('{"type": "response.create"}', "model", None),
        ('{"type": "response.create", "model": "chat"}', "input", None),
        ('{"type": "response.create", "model": "none", "input": "a"}', "model", "model_not_found"),
        ('{"type": "response.create", "model": "chat", "input": 7}', "input", None),
        ('{"type": "response.create", "model": "chat", "input": "a", "foo": 1}', "foo", None),
        (f"{START}, \"input\": \"a\", \"background\": true}}", "background", None),
        ('{"type": "response.create", "model": "chat", "input": "a", "stream_id": 7}', "stream_id", None),
    ],
)  # fmt: skip
def test_a_wrong_message_is_an_error_and_the_connection_goes_on(
    server: Running, message: str, param: str | None, code: str | None
) -> None:
    with opened(server) as connection:
        connection.send(message)
        (found,) = rest(connection)
        assert found["status"] in (400, 404)
        assert found["error"]["param"] == param
        assert code is None or found["error"]["code"] == code
        connection.send(b"\x00\xff")
        assert rest(connection)[0]["error"]["code"] == "invalid_json"
        assert ask(connection, input=ASKED, max_output_tokens=1)[-1]["type"] == "response.incomplete"


@pytest.mark.parametrize("frames", [1, 50])
def test_a_message_of_a_hundred_megabytes_closes_the_connection_unread(server: Running, frames: int) -> None:
    piece = b"x" * (100_000_000 // frames)
    pieces = [piece.decode()] * frames

    def send_and_read(connection: ClientConnection) -> None:
        connection.send(pieces[0] if frames == 1 else pieces)
        connection.recv(timeout=60)

    with opened(server) as connection, pytest.raises(ConnectionClosed) as found:
        send_and_read(connection)
    assert found.value.rcvd is None or found.value.rcvd.code == 1009


def refused(running: Running, key: str = "", **headers: str) -> int:
    with pytest.raises(InvalidStatus) as found, opened(running, key, **headers):
        pass
    assert json.loads(found.value.response.body)["error"]["message"]
    return found.value.response.status_code


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", "http://[bad"])
def test_a_page_of_another_site_opens_no_connection(server: Running, origin: str) -> None:
    assert refused(server, origin=origin) == 403
    with opened(server, origin=server.url) as connection:
        assert ask(connection, input=ASKED, max_output_tokens=1)[-1]["type"] == "response.incomplete"


@pytest.mark.parametrize("host", ["evil.example", "[::1].evil.example", "127.0.0.1.evil.example:80", ""])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_name_of_another_host_opens_no_connection(server: Running, host: str, method: str) -> None:
    assert raw(server, f"{method} /v1/responses HTTP/1.1\r\nHost: {host}\r\n{UPGRADE}\r\n").startswith(
        b"HTTP/1.1 403"
    )


UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


def raw(running: Running, sent: str) -> bytes:
    """What the server answers to these bytes, until it closes."""
    parts = urlsplit(running.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) as found:
        found.sendall(sent.encode())
        return found.recv(65536)


@pytest.mark.parametrize(
    "head",
    [
        f"POST /v1/responses HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n{UPGRADE}\r\n{{}}",
        f"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n{UPGRADE}\r\n",
        "GET /v1/responses HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        "GET /v1/responses HTTP/1.1\r\nHost: localhost\r\nX: " + "x" * 20_000 + f"\r\n{UPGRADE}\r\n",
        "GET /v1/responses HTTP/1.1\r\nHost: localhost\r\n" + "X: a\r\n" * 200 + f"{UPGRADE}\r\n",
        f"GET /v1/responses HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n{UPGRADE}\r\n",
        f"GET /v1/responses HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n{UPGRADE}\r\n",
        "GET /v1/responses HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    ],
    ids=["post", "path", "no key", "long line", "many lines", "body", "chunks", "h2c"],
)
def test_a_strange_opening_is_refused_in_words_of_http(server: Running, head: str) -> None:
    assert raw(server, head).startswith(b"HTTP/1.1 4")


def test_keys_are_needed_and_one_that_is_revoked_asks_no_more(
    start: Callable[..., Running], copy: Lab
) -> None:
    key = key_of(copy, "few", models=("chat",))
    running = start(lab=copy)
    assert refused(running) == 401
    assert refused(running, "gw_wrong") == 401
    with opened(running, key) as connection:
        assert ask(connection, input=ASKED)[-1]["type"] == "response.completed"
        assert ask(connection, input=ASKED, model="base")[-1]["error"]["code"] in (
            "permission_denied",
            "model_not_found",
        )
        assert totals_of(copy)["chat"].requests == 1
        database = open_database(copy.root, AccountSettings.of(copy).accounts, create=True)
        revoke_keys(database, all_keys(database).values(), 1)
        database.close()
        wait_until(lambda: ask(connection, input=ASKED, max_output_tokens=1)[-1].get("status") == 401)
        with pytest.raises(ConnectionClosed) as found:
            connection.recv(timeout=60)
        assert found.value.rcvd is not None
        assert found.value.rcvd.code == 1008


def test_another_projects_responses_do_not_exist(start: Callable[..., Running], copy: Lab) -> None:
    mine, theirs = key_of(copy, "mine"), key_of(copy, "theirs")
    running = start(lab=copy)
    with opened(running, mine) as connection:
        made = ask(connection, input=ASKED)[-1]["response"]["id"]
    with opened(running, theirs) as connection:
        (found,) = ask(connection, input="And?", previous_response_id=made)
        assert found["error"]["code"] == "previous_response_not_found"
    with openai_client(running, theirs) as client, pytest.raises(openai.NotFoundError):
        client.responses.retrieve(made)


def test_a_client_that_leaves_in_the_middle_frees_its_place(start: Callable[..., Running], copy: Lab) -> None:
    key = key_of(copy, "few")
    running = start(lab=copy)
    with opened(running, key) as connection:
        connection.send(json.dumps({**CREATE, "input": ENDLESS, "max_output_tokens": 5500}))
        for _ in range(8):
            connection.recv(timeout=60)
        assert running.app.state.pool.running == 1
    wait_until(lambda: running.app.state.pool.running == 0)
    assert running.app.state.pool.stopped == 1
    # What it used is recorded.
    wait_until(lambda: "chat" in totals_of(copy))
    assert 0 < totals_of(copy)["chat"].completion < 5500


def test_a_silent_client_and_an_old_connection_are_closed(start: Callable[..., Running]) -> None:
    running = start(replace(DEFAULT_LIMITS, socket_idle_seconds=0.2))
    with opened(running) as connection, pytest.raises(ConnectionClosed) as silent:
        connection.recv(timeout=60)
    assert silent.value.rcvd is not None
    assert silent.value.rcvd.code == 1000
    running = start(replace(DEFAULT_LIMITS, socket_seconds=0.2))
    with opened(running) as connection:
        assert rest(connection)[0]["error"]["code"] == "websocket_connection_limit_reached"
        with pytest.raises(ConnectionClosed):
            connection.recv(timeout=60)


def test_one_key_opens_no_more_connections_than_it_may(start: Callable[..., Running]) -> None:
    running = start(replace(DEFAULT_LIMITS, sockets=2))
    with opened(running), opened(running) as second:
        assert refused(running) == 429
        assert ask(second, input=ASKED, max_output_tokens=1)[-1]["type"] == "response.incomplete"


def test_a_client_that_does_not_read_is_cut_off(start: Callable[..., Running]) -> None:
    running = start(replace(DEFAULT_LIMITS, write_seconds=0.5))
    parts = urlsplit(running.url)
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        deaf.connect((parts.hostname or "", parts.port or 0))
        deaf.sendall(f"GET /v1/responses HTTP/1.1\r\nHost: localhost\r\n{UPGRADE}\r\n".encode())
        assert deaf.recv(12).startswith(b"HTTP/1.1 101")
        asked = {**CREATE, "input": ENDLESS, "max_output_tokens": 5500, "top_logprobs": 20}
        message = json.dumps(asked).encode()
        # Masked by zeros, as a client must; more events than the buffers of the system hold.
        head = b"\x81" + bytes([128 + 126]) + len(message).to_bytes(2, "big") + b"\0" * 4
        deaf.sendall((head + message) * 4)
        wait_until(lambda: running.app.state.pool.stopped == 1)
        wait_until(lambda: running.app.state.pool.running == 0)
