"""The lab as an MCP server, asked by the SDK's own client, unmodified: over HTTP and as a program."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from glaswerk.lab import Lab
from glaswerk.retrieve import build
from glaswerk.serve import create_app
from tests.serve.clients import key_of
from tests.serve.conftest import BRIDGE, Running, run_app
from tests.support.lab_copies import copied

pytest.importorskip("mcp", reason="the extra glaswerk[mcp] is not installed")
Use = Callable[[Any], Awaitable[Any]]


@pytest.fixture(scope="module")
def folder(glass_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lab with passages."""
    made = tmp_path_factory.mktemp("as_mcp") / "lab"
    copied(glass_folder, made)
    lab = Lab.open(made)
    build(lab, lab.need("corpus", "main", hint=""))
    lab.ledger.close()
    return made


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Running]:
    lab = Lab.open(folder)
    with run_app(create_app(lab)) as found:
        yield found
    lab.ledger.close()


def use(server: Any, work: Use) -> Any:
    """What `work` gives of a client of the SDK; server: a URL or the parameters of a program."""
    from mcp import Client

    async def run() -> Any:
        async with Client(server, read_timeout_seconds=120) as client:
            return await work(client)

    return asyncio.run(run())


async def everything(client: Any) -> dict[str, Any]:
    """The tools, and an answer of each."""
    listed = (await client.list_tools()).tools
    asked = {
        "search": {"query": "Who built the old bridge?", "limit": 2},
        "trace": {"text": BRIDGE},
        "why": {"document": "p2"},
        "ask": {"question": "Who built the old bridge?"},
    }
    answers = {name: await client.call_tool(name, given) for name, given in asked.items()}
    return {"tools": listed, **answers}


def check(found: dict[str, Any]) -> None:
    assert [tool.name for tool in found["tools"]] == ["search", "trace", "why", "ask"]
    assert all(tool.annotations.read_only_hint for tool in found["tools"])
    text = {name: found[name].content[0].text for name in ("search", "trace", "why", "ask")}
    assert not any(found[name].is_error for name in text), text
    assert "Anna Behr" in text["search"]
    assert "source: " in text["search"]
    assert "× in the training data" in text["trace"]
    assert "id: p2" in text["why"]
    assert f"text: {BRIDGE}" in text["why"]
    assert "Anna Behr" in text["ask"]


def test_the_sdks_client_uses_the_lab_over_http(running: Running) -> None:
    check(use(f"{running.url}/mcp", everything))


def test_the_sdks_client_uses_the_lab_as_a_program(folder: Path) -> None:
    from mcp.client.stdio import StdioServerParameters

    words = ["-m", "glaswerk", "mcp", "--lab", str(folder)]
    paths = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    check(use(StdioServerParameters(command=sys.executable, args=words, env=paths), everything))


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("search", {}, "'query'"),
        ("search", {"query": 5}, "of type string"),
        ("search", {"query": "x", "shell": "id"}, "no other names"),
        ("search", {"query": "x", "since": "yesterday"}, "a day such as"),
        ("trace", {"text": "x" * 30_000}, "characters"),
        ("why", {"document": "../../etc/passwd"}, "no training document"),
        ("why", {"document": "nothing"}, "no training document"),
        ("ask", {"question": "?", "model": "nothing"}, "nothing"),
        ("shell", {"command": "id"}, "expected one of search"),
    ],
)
def test_what_does_not_fit_is_an_error_in_words(
    running: Running, name: str, arguments: dict[str, Any], words: str
) -> None:
    async def work(client: Any) -> Any:
        return await client.session.call_tool(name, arguments)

    found = use(f"{running.url}/mcp", work)
    assert found.is_error
    assert words in found.content[0].text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"jsonrpc": "2.0"}', b"\xff\xfe", b"[" * 5000])
def test_what_is_no_message_is_refused(running: Running, body: bytes) -> None:
    headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    with running.client() as client:
        found = client.post("/mcp", content=body, headers=headers)
    assert 400 <= found.status_code < 500


def test_other_web_pages_may_not_ask(running: Running) -> None:
    with running.client() as client:
        found = client.post("/mcp", json={}, headers={"origin": "https://evil.example"})
    assert found.status_code == 403


def test_a_lab_with_keys_wants_one_and_its_limits_hold(folder: Path, tmp_path: Path) -> None:
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    copied(folder, tmp_path / "lab")
    lab = Lab.open(tmp_path / "lab")
    key = key_of(lab, "project")
    with run_app(create_app(lab)) as running:
        assert httpx.post(f"{running.url}/mcp", json={}).status_code == 401

        async def run() -> dict[str, Any]:
            from mcp import Client

            headers = {"authorization": f"Bearer {key}"}
            async with (
                httpx2.AsyncClient(headers=headers, timeout=120) as http,
                Client(streamable_http_client(f"{running.url}/mcp", http_client=http)) as client,
            ):
                return await everything(client)

        check(asyncio.run(run()))
    lab.ledger.close()
