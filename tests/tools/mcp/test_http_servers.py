"""MCP servers over HTTP with bad manners: nothing is followed, all has an end, no request is answered."""

from __future__ import annotations

import asyncio
from pathlib import Path

import mcp_http
import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.tools.mcp.connection import Connection
from glaswerk.tools.mcp.settings import McpServer
from glaswerk.tools.tool import Outcome

pytest.importorskip("mcp", reason="the extra glaswerk[mcp] is not installed")


def call(server: mcp_http.Server, tmp_path: Path, seconds: float = 30, key_env: str = "") -> Outcome:
    """What a call of its tool gives."""

    async def work() -> Outcome:
        settings = McpServer("far", url=server.url, key_env=key_env)
        connection = Connection(settings, tmp_path / "log", seconds)
        try:
            return await connection.call("say", {"text": "a secret"})
        finally:
            await connection.close()

    return asyncio.run(work())


def test_a_server_answers_and_gets_its_key_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAR_KEY", "k-1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with mcp_http.serving("good") as server:
        assert call(server, tmp_path, key_env="FAR_KEY") == Outcome("You said it.")
        assert {one["authorization"] for one in server.headers} == {"Bearer k-1"}


@pytest.mark.parametrize("manner", ["redirects", "redirects all"])
def test_a_redirect_to_a_private_address_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manner: str
) -> None:
    monkeypatch.setenv("FAR_KEY", "k-1")
    with mcp_http.serving("good") as private, mcp_http.serving(manner, private.url) as server:
        assert call(server, tmp_path, key_env="FAR_KEY").failed
        assert server.asked
        assert private.asked == []


@pytest.mark.parametrize(
    "where", ["http://169.254.169.254/latest/meta-data", "file:///etc/passwd", "//127.0.0.1/x", "http://[::1"]
)
def test_a_redirect_to_anywhere_else_is_a_failed_call(tmp_path: Path, where: str) -> None:
    with mcp_http.serving("redirects", where) as server:
        found = call(server, tmp_path)
    assert found.failed
    assert "root:" not in found.text


@pytest.mark.slow
# The SDK leaves a coroutine behind where a connection is dropped in the middle of a message.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("manner", ["endless body", "endless line", "endless events"])
def test_a_body_without_end_is_a_failed_call(tmp_path: Path, manner: str) -> None:
    with mcp_http.serving(manner) as server:
        assert call(server, tmp_path, seconds=20).failed


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("manner", ["slow", "silent", "unasked"])
def test_a_server_that_takes_its_time_is_a_failed_call(tmp_path: Path, manner: str) -> None:
    with mcp_http.serving(manner) as server:
        found = call(server, tmp_path, seconds=4)
    assert found.failed
    assert "a secret" not in found.text


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("manner", ["no json", "other type", "error"])
def test_an_answer_that_is_none_is_a_failed_call(tmp_path: Path, manner: str) -> None:
    with mcp_http.serving(manner) as server:
        found = call(server, tmp_path, seconds=10)
    assert found.failed
    assert len(found.text) < 1_200


def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    with mcp_http.serving("good") as server:
        settings = McpServer("far", url=server.url)

    async def listed() -> None:
        connection = Connection(settings, tmp_path / "log", 10)
        try:
            await connection.tools()
        finally:
            await connection.close()

    with pytest.raises(GlaswerkError, match="the MCP server far") as found:
        asyncio.run(listed())
    assert f"is {settings.url} running?" in (found.value.hint or "")
