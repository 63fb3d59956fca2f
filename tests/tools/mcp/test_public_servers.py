"""Public MCP servers of PyPI and npm with our client, where they are installed.

`pip install mcp-server-time mcp-server-fetch` and `npm install -g @modelcontextprotocol/server-everything
@modelcontextprotocol/server-filesystem @modelcontextprotocol/server-memory` put their programs on the PATH.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from glaswerk.tools.mcp.confirmed import Confirmed
from glaswerk.tools.mcp.connection import Connection
from glaswerk.tools.mcp.settings import McpServer
from glaswerk.tools.mcp.tools_of import tools_of
from glaswerk.tools.tool import Outcome

pytest.importorskip("mcp", reason="the extra glaswerk[mcp] is not installed")
pytestmark = pytest.mark.slow


def called(tmp_path: Path, words: tuple[str, ...], tool: str, arguments: dict[str, Any]) -> Outcome:
    """What a tool of a program gives, after its tools were listed: each of them asks."""
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed")

    async def work() -> Outcome:
        connection = Connection(McpServer("public", words), tmp_path / "log", 60)
        try:
            listed = await connection.tools()
            tools = tools_of(connection.server, listed, Confirmed(), connection.call)
            assert tools
            assert all(one.asks for one in tools)
            return await next(one for one in tools if one.called == tool).run(arguments)
        finally:
            await connection.close()

    return asyncio.run(work())


def test_the_time(tmp_path: Path) -> None:
    found = called(tmp_path, ("mcp-server-time",), "get_current_time", {"timezone": "Europe/Berlin"})
    assert not found.failed
    assert '"timezone": "Europe/Berlin"' in found.text


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "file:///etc/passwd"])
def test_fetch_does_not_reach_this_machine(tmp_path: Path, url: str) -> None:
    found = called(tmp_path, ("mcp-server-fetch",), "fetch", {"url": url})
    assert found.failed
    assert "root:" not in found.text


def test_everything(tmp_path: Path) -> None:
    program = ("mcp-server-everything",)
    assert called(tmp_path, program, "echo", {"message": "hi"}) == Outcome("Echo: hi")
    assert "image/png: not read" in called(tmp_path, program, "get-tiny-image", {}).text


def test_files_of_one_folder(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "a.txt").write_text("hello")
    program = ("mcp-server-filesystem", str(tmp_path / "inside"))
    inside = called(tmp_path, program, "read_text_file", {"path": str(tmp_path / "inside" / "a.txt")})
    assert inside == Outcome("hello")
    assert called(tmp_path, program, "read_text_file", {"path": "/etc/passwd"}).failed


def test_memory(tmp_path: Path) -> None:
    found = called(tmp_path, ("mcp-server-memory",), "search_nodes", {"query": "nothing-of-this-name"})
    assert not found.failed
