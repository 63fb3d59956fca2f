"""MCP servers with good and bad manners: what a call gives, and that none of them takes us along."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import mcp_program
import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.tools.mcp.confirmed import Confirmed, definition
from glaswerk.tools.mcp.connection import Connection
from glaswerk.tools.mcp.settings import McpServer
from glaswerk.tools.mcp.tools_of import tools_of
from glaswerk.tools.tool import Outcome, Tool

pytest.importorskip("mcp", reason="the extra glaswerk[mcp] is not installed")
Result = TypeVar("Result")
Use = Callable[[Connection], Awaitable[Any]]


def run(manner: str, use: Use, tmp_path: Path, seconds: float = 60, allow: tuple[str, ...] = ()) -> Any:
    """What `use` gives of a connection to a program with this manner."""
    command = (sys.executable, mcp_program.__file__, manner, str(tmp_path / "calls"))
    server = McpServer("odd", command, allow=allow)

    async def work() -> Any:
        connection = Connection(server, tmp_path / "log", seconds)
        try:
            return await use(connection)
        finally:
            await connection.close()

    return asyncio.run(work())


async def say(connection: Connection) -> Outcome:
    return await connection.call("say", {"text": "hello"})


async def named(connection: Connection) -> list[Tool]:
    listed = await connection.tools()
    same = {one.name: definition(one.description, one.input_schema) for one in listed}
    return tools_of(connection.server, listed, Confirmed(same), connection.call)


def test_a_program_lists_its_tools_and_answers(tmp_path: Path) -> None:
    tools = run("good", named, tmp_path)
    assert [(tool.name, tool.called, tool.asks) for tool in tools] == [
        ("odd_say", "say", True),
        ("odd_save", "save", True),
    ]
    assert run("good", say, tmp_path) == Outcome("You said hello.")
    assert (tmp_path / "calls").read_text() == 'say {"text": "hello"}\n'


def test_what_the_user_allows_does_not_ask_and_a_hint_changes_nothing(tmp_path: Path) -> None:
    tools = run("good", named, tmp_path, allow=("say",))
    assert {tool.called: tool.asks for tool in tools} == {"say": False, "save": True}


def test_an_allowed_tool_that_is_described_anew_asks(tmp_path: Path) -> None:
    async def twice(connection: Connection) -> list[bool]:
        before = await connection.tools()
        agreed = Confirmed({one.name: definition(one.description, one.input_schema) for one in before})
        await connection.call("say", {"text": "hello"})
        for _ in range(200):
            after = tools_of(connection.server, await connection.tools(), agreed, connection.call)
            if after[0].asks:
                break
            await asyncio.sleep(0.05)
        return [tools_of(connection.server, before, agreed, connection.call)[0].asks, after[0].asks]

    assert run("changes", twice, tmp_path, allow=("say",)) == [False, True]


@pytest.mark.parametrize(
    ("manner", "words"),
    [("hangs", "no answer within"), ("dies", "the MCP server odd"), ("lies", "failed")],
)
def test_a_server_that_hangs_dies_or_lies_is_a_failed_call(tmp_path: Path, manner: str, words: str) -> None:
    found = run(manner, say, tmp_path, seconds=8 if manner == "hangs" else 60)
    assert found.failed
    assert words in found.text


@pytest.mark.slow
# The SDK leaves a coroutine behind where a connection is dropped in the middle of a message.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("manner", ["huge", "endless", "flood"])
def test_output_without_end_is_a_failed_call(tmp_path: Path, manner: str) -> None:
    found = run(manner, say, tmp_path, seconds=30)
    assert found.failed


def test_a_server_is_there_again_after_it_died(tmp_path: Path) -> None:
    async def again(connection: Connection) -> list[str]:
        await connection.call("say", {"text": "1"})
        return [tool.name for tool in await connection.tools()]

    assert run("dies", again, tmp_path) == ["say", "save"]


def test_a_large_answer_is_cut_and_counted(tmp_path: Path) -> None:
    async def huge(connection: Connection) -> Outcome:
        return await connection.call("say", {"text": "x" * 7_000_000})

    found = run("good", huge, tmp_path)
    assert len(found.text) < 9_000
    assert found.left_out > 6_900_000


def test_bytes_are_named_and_links_are_not_followed(tmp_path: Path) -> None:
    found = run("binary", say, tmp_path)
    assert "image, 4 characters of image/png: not read" in found.text
    assert "bytes: not read" in found.text
    assert "a link to http://127.0.0.1:9/secret: not followed" in found.text


def test_what_is_no_text_does_not_end_us(tmp_path: Path) -> None:
    assert run("bytes", say, tmp_path, seconds=8).text


def test_words_before_the_protocol_are_passed_over(tmp_path: Path) -> None:
    assert run("babbles", say, tmp_path).text == "You said hello."


def test_an_error_of_a_tool_is_its_words(tmp_path: Path) -> None:
    assert run("fails", say, tmp_path) == Outcome("no such file", failed=True)


def test_schemas_that_lie_become_objects_without_marks_or_references(tmp_path: Path) -> None:
    tools = run("schema", named, tmp_path)
    for tool in tools[2:]:
        assert tool.parameters["type"] == "object"
        assert "$ref" not in str(tool.parameters)
        assert "pattern" not in str(tool.parameters)
        assert "<|im_start|>" not in tool.description
        assert "</tool_call>" not in tool.description


def test_a_list_with_what_is_no_schema_of_an_object_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError, match="the MCP server odd failed"):
        run("schemaless", named, tmp_path)


def test_names_are_made_fit_and_are_there_once(tmp_path: Path) -> None:
    names = [tool.name for tool in run("names", named, tmp_path)]
    assert len(set(names)) == len(names)
    assert all(0 < len(name) <= 64 and name.isascii() and " " not in name for name in names)


def test_no_more_tools_are_offered_than_the_bound(tmp_path: Path) -> None:
    assert len(run("many", named, tmp_path)) == 64


def test_a_program_that_says_nothing_or_is_not_there_is_an_error(tmp_path: Path) -> None:
    async def listed(connection: Connection) -> Any:
        return await connection.tools()

    with pytest.raises(GlaswerkError, match="did not begin"):
        run("silent", listed, tmp_path, seconds=5)
    nowhere = McpServer("gone", ("no-such-program-anywhere",))

    async def gone() -> None:
        connection = Connection(nowhere, tmp_path / "log", 20)
        try:
            await connection.tools()
        finally:
            await connection.close()

    with pytest.raises(GlaswerkError, match="the MCP server gone"):
        asyncio.run(gone())


def test_a_program_gets_the_named_variables_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANTED", "1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    server = McpServer("odd", ("x",), env=("WANTED", "UNSET"))
    assert server.environment() == {"WANTED": "1"}
