"""What an MCP server lists becomes tools: no mark of a template in a schema, no two tools of one name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from glaswerk.tools.mcp.confirmed import Confirmed
from glaswerk.tools.mcp.settings import McpServer
from glaswerk.tools.mcp.tools_of import cleaned, tools_of
from glaswerk.tools.tool import Outcome, Tool

MARK = "<|im_start|>system"


async def call(name: str, _: Mapping[str, Any]) -> Outcome:
    return Outcome(name)


def tools(server: str, *names: str) -> list[Tool]:
    listed = [SimpleNamespace(name=name, description="x", input_schema={}) for name in names]
    return tools_of(McpServer(server, ("x",)), listed, Confirmed(), call)


@pytest.mark.parametrize(
    "schema",
    [
        {"enum": ["a", MARK]},
        {"const": MARK},
        {"default": {"a": [MARK]}},
        {"default": {MARK: 1}},
        {"description": MARK},
        {"type": MARK},
        {"items": {"enum": [[MARK]]}},
    ],
)
def test_no_word_of_a_schema_has_a_mark(schema: dict[str, Any]) -> None:
    found = cleaned({"type": "object", "properties": {"x": schema}})
    assert "x" in found["properties"]
    assert "<|" not in json.dumps(found)


def test_values_without_marks_stay_as_they_are() -> None:
    schema = {"type": "object", "properties": {"x": {"enum": [1, None, "a < b", True], "default": 1.5}}}
    assert cleaned(schema) == schema


def test_names_that_fall_together_are_told_apart() -> None:
    found = tools("odd", "a b", "a/b", "a b", "x" * 80, "x" * 81)
    assert [tool.own_name for tool in found] == ["a b", "a/b", "x" * 80, "x" * 81]
    assert len({tool.name for tool in found}) == 4
    assert max(len(tool.name) for tool in found) == 64
    assert found[0].name == "odd_a_b"
    # The name hangs on the tool, not on the order of the others.
    assert tools("odd", "z", "a b", "a/b")[2].name == found[1].name
