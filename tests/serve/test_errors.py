"""Every wrong request gets its status and OpenAI's error shape, and the server goes on."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from glaswerk.lab import Lab
from tests.support.lab_copies import copied

from .conftest import Running

GOOD: dict[str, Any] = {"model": "chat", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}


def shape(body: dict[str, Any]) -> dict[str, Any]:
    """The error object, after a check of its shape."""
    assert list(body) == ["error"]
    error: dict[str, Any] = body["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert isinstance(error["message"], str)
    assert error["message"]
    assert isinstance(error["type"], str)
    return error


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"messages": []}, "messages"),
    ({"messages": None}, "messages"),
    ({"messages": "Hi"}, "messages"),
    ({"messages": ["Hi"]}, "messages[0]"),
    ({"messages": [{"role": "wizard", "content": "Hi"}]}, "messages[0].role"),
    ({"messages": [{"role": ["user"], "content": "Hi"}]}, "messages[0].role"),
    ({"messages": [{"role": "tool", "content": "Hi"}]}, "messages[0].tool_call_id"),
    ({"messages": [{"role": "user"}]}, "messages[0].content"),
    ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
    ({"messages": [{"role": "user", "content": []}]}, "messages[0].content"),
    ({"messages": [{"role": "user", "content": "a\ud800b"}]}, "messages[0].content"),
    (
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
        "messages[0].content[0]",
    ),
    ({"model": None}, "model"),
    ({"model": 7}, "model"),
    ({"temperature": 9}, "temperature"),
    ({"temperature": -0.1}, "temperature"),
    ({"temperature": float("nan")}, "temperature"),
    ({"temperature": "hot"}, "temperature"),
    ({"temperature": True}, "temperature"),
    ({"top_p": 0}, "top_p"),
    ({"top_p": 1.1}, "top_p"),
    ({"max_tokens": 0}, "max_tokens"),
    ({"max_tokens": 1.5}, "max_tokens"),
    ({"max_completion_tokens": -3}, "max_completion_tokens"),
    ({"stop": ""}, "stop"),
    ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
    ({"stop": [1]}, "stop"),
    ({"seed": 2**63}, "seed"),
    ({"seed": 10**4000}, "seed"),
    ({"seed": "x"}, "seed"),
    ({"stream": "yes"}, "stream"),
    ({"stream_options": {"include_usage": True}}, "stream_options"),
    ({"stream": True, "stream_options": [1]}, "stream_options"),
    ({"stream": True, "stream_options": {"include_usage": 1}}, "include_usage"),
    ({"n": 129}, "n"),
    ({"n": 0}, "n"),
    ({"tools": [{"type": "function"}]}, "tools[0].function"),
    ({"logprobs": "yes"}, "logprobs"),
    ({"response_format": {"type": "yaml"}}, "response_format"),
    ({"frequency_penalty": 2.5}, "frequency_penalty"),
    ({"temperature": 1e300}, "temperature"),
    ({"temperature": float("inf")}, "temperature"),
    ({"top_p": float("nan")}, "top_p"),
    ({"top_p": -1e-300}, "top_p"),
    ({"max_tokens": -1}, "max_tokens"),
    ({"max_tokens": 10**30}, "max_tokens"),
    ({"max_tokens": float("inf")}, "max_tokens"),
    ({"seed": 2**64}, "seed"),
    ({"seed": 1e3}, "seed"),
    ({"top_k": 10**30}, "top_k"),
    ({"top_k": 1.5}, "top_k"),
    ({"top_k": True}, "top_k"),
    ({"min_p": 1.1}, "min_p"),
    ({"repetition_penalty": 0}, "repetition_penalty"),
    ({"repetition_penalty": float("inf")}, "repetition_penalty"),
    ({"typical_p": 0.5}, "typical_p"),
    ({"logit_bias": {"five": -100}}, "logit_bias"),
    ({"logit_bias": {"5": 101}}, "logit_bias"),
    ({"logit_bias": {"5": "high"}}, "logit_bias"),
    ({"logit_bias": {"5": None}}, "logit_bias"),
    ({"logit_bias": {"5": True}}, "logit_bias"),
    ({"logit_bias": {"5": float("nan")}}, "logit_bias"),
    ({"reasoning_effort": "high"}, "reasoning_effort"),
    ({"mirostat": 2}, "mirostat"),
    ({"temperatura": 0.1}, "temperatura"),
    ({"": 1}, ""),
    ({"a\ud800": 1}, "a?"),
]


@pytest.mark.parametrize(("change", "param"), WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_field_is_named(server: Running, change: dict[str, Any], param: str) -> None:
    with server.client() as client:
        reply = client.post("/v1/chat/completions", content=json.dumps(GOOD | change))
    assert reply.status_code == 400
    error = shape(reply.json())
    assert error["param"] == param
    assert error["type"] == "invalid_request_error"
    assert len(error["message"]) < 300


def test_the_bounds_themselves_are_taken(server: Running) -> None:
    edges = {"temperature": 2, "top_p": 1, "seed": -(2**63), "stop": ["a", "b", "c", "d"], "n": 1}
    with server.client() as client:
        assert client.post("/v1/chat/completions", json=GOOD | edges).status_code == 200
        assert client.post("/v1/chat/completions", json=GOOD | {"temperature": 0}).status_code == 200
        nothing = dict.fromkeys(["temperature", "top_p", "seed", "stop", "n", "stream", "stream_options"])
        assert client.post("/v1/chat/completions", json=GOOD | nothing).status_code == 200


@pytest.mark.parametrize(
    "edges",
    [
        {"top_p": 1e-300},
        {"top_p": 5e-324},
        {"temperature": 1e-300},
        {"temperature": 1.1e-4, "top_p": 1e-12},
        {"temperature": 2, "top_k": 1},
        {"temperature": 2, "min_p": 1},
    ],
    ids=str,
)
@pytest.mark.parametrize("stream", [False, True])
def test_the_smallest_numbers_take_the_likeliest_tokens(
    server: Running, edges: dict[str, Any], stream: bool
) -> None:
    asked = GOOD | {"max_tokens": 8, "stream": stream}
    with server.client() as client:
        reply = client.post("/v1/chat/completions", json=asked | edges)
        likeliest = client.post("/v1/chat/completions", json=asked | {"temperature": 0})
    assert reply.status_code == 200
    assert _words(reply.text) == _words(likeliest.text)


def _words(body: str) -> str:
    """The answer in a body, streamed or not."""
    events = [json.loads(line.removeprefix("data: ")) for line in body.splitlines() if line.endswith("}")]
    return "".join(
        choice.get("delta", choice.get("message", {})).get("content") or ""
        for event in events
        for choice in event["choices"]
    )


def test_a_misspelt_field_is_refused_with_the_nearest_name(server: Running) -> None:
    with server.client() as client:
        error = shape(client.post("/v1/chat/completions", json=GOOD | {"top_q": 0.5}).json())
    assert error["code"] == "unknown_parameter"
    assert "did you mean top_p?" in error["message"]


def test_fields_of_other_servers_are_applied(server: Running) -> None:
    asked = GOOD | {"max_tokens": 30, "temperature": 0}
    with server.client() as client:
        usual = client.post("/v1/chat/completions", json=asked | {"top_k": 2**31, "min_p": 0}).json()
        other = client.post("/v1/chat/completions", json=asked | {"repetition_penalty": 10}).json()
    assert usual["choices"] != other["choices"]


def test_fields_without_effect_are_taken(server: Running) -> None:
    fields = {"user": "ann", "metadata": {"a": "b"}, "store": False, "service_tier": "auto", "top_k": 0}
    neutral = {"min_p": 0.0, "repetition_penalty": 1.0, "presence_penalty": 0.0, "tool_choice": "none"}
    with server.client() as client:
        reply = client.post("/v1/chat/completions", json=GOOD | fields | neutral)
    assert reply.status_code == 200


NO_OBJECT = [b"", b"{", b"nonsense", b"[]", b'"text"', b"null", b"\xff\xfe"]
# Too deep for the parser, and a number of more digits than Python reads.
HOSTILE = [b"[" * 100_000, b'{"a":' * 50_000, b'{"seed": 1' + b"0" * 5000 + b"}"]


@pytest.mark.parametrize("raw", NO_OBJECT + HOSTILE, ids=range(10))
def test_a_body_that_is_no_json_object(server: Running, raw: bytes) -> None:
    with server.client() as client:
        reply = client.post("/v1/chat/completions", content=raw)
    assert reply.status_code == 400
    assert shape(reply.json())["code"] == "invalid_json"


@pytest.mark.parametrize("size", [2_000_001, 17_000_000])
def test_a_body_that_is_too_large(server: Running, size: int) -> None:
    with server.client() as client:
        reply = client.post("/v1/chat/completions", content=b" " * size)
        assert reply.status_code == 413
        assert shape(reply.json())["code"] == "body_too_large"


def test_a_body_that_is_too_large_and_sent_in_chunks(server: Running) -> None:
    with server.client() as client:
        reply = client.post("/v1/chat/completions", content=(b" " * 100_000 for _ in range(30)))
    assert reply.status_code == 413


@pytest.mark.parametrize("path", ["/nothing", "/v1", "/v1/audio/speech", "/static/nothing.js", "/static/"])
def test_an_unknown_route(server: Running, path: str) -> None:
    with server.client() as client:
        reply = client.get(path)
    assert reply.status_code == 404
    assert shape(reply.json())["code"] == "not_found"


def test_static_files_outside_the_folder_stay_there(server: Running) -> None:
    parts = urlsplit(server.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    try:
        for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py"):
            connection.request("GET", path)
            reply = connection.getresponse()
            reply.read()
            assert reply.status == 404
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/v1/chat/completions"), ("POST", "/v1/models"), ("DELETE", "/health"), ("PUT", "/")],
)
def test_a_wrong_method(server: Running, method: str, path: str) -> None:
    with server.client() as client:
        reply = client.request(method, path)
    assert reply.status_code == 405
    assert shape(reply.json())["code"] == "method_not_allowed"
    assert reply.headers["allow"]


def test_an_internal_error_shows_no_traceback(
    glass_folder: Path, tmp_path: Path, start: Callable[..., Running]
) -> None:
    copied(glass_folder, tmp_path / "lab")
    lab = Lab.open(tmp_path / "lab")
    (tmp_path / "lab/corpora/main/documents.parquet").write_bytes(b"no parquet at all")
    running = start(lab=lab)
    with running.client() as client:
        reply = client.get("/v1/glaswerk/info")
        assert reply.status_code == 500
        error = shape(reply.json())
        assert error["type"] == "server_error"
        assert "Traceback" not in reply.text
        assert "parquet" not in reply.text
    # A new connection: the server closes the one that failed.
    with running.client() as client:
        assert client.post("/v1/chat/completions", json=GOOD).status_code == 200
    lab.ledger.close()
