"""Calls of tools in dialogues become the text that a server shows to, and reads from, a model of ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glaswerk.core.document import from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.dialogues.calls import with_calls, with_tools
from glaswerk.data.source import add_chats
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Lab
from glaswerk.serve.chat_parts.messages import messages
from glaswerk.serve.chat_parts.prompt import plain
from glaswerk.serve.chat_parts.tool_texts import FreeCalls
from glaswerk.serve.chat_parts.tools import tools

SEARCH = {"name": "search", "description": "Search.", "parameters": {"type": "object"}}
OFFERED = [{"type": "function", "function": SEARCH}]
CALL = {"name": "search", "arguments": '{"query": "Mühle"}'}
CALLS = [{"id": "c1", "type": "function", "function": CALL}]
SAID: list[dict[str, Any]] = [
    {"role": "user", "content": "Who owns the mill?"},
    {"role": "assistant", "content": None, "tool_calls": CALLS},
    {"role": "tool", "tool_call_id": "c1", "content": "Anna Behr owns it."},
    {"role": "assistant", "content": "Anna Behr."},
]


def test_the_text_is_that_of_a_server() -> None:
    served = [plain(one, "tool")["content"] for one in messages(SAID)]
    assert [with_calls(turn)["content"] for turn in SAID] == served


def test_a_server_reads_the_call_from_the_text() -> None:
    (call,) = FreeCalls(["search"]).feed(with_calls(SAID[1])["content"]).calls
    assert (call.name, json.loads(call.arguments)) == ("search", {"query": "Mühle"})


def test_the_offer_is_that_of_a_server() -> None:
    text = tools({"tools": OFFERED}).as_text()
    assert with_tools({"tools": OFFERED}, SAID)[0] == {"role": "system", "content": f"{text}\n"}
    before = [{"role": "system", "content": "Be brief."}, *SAID]
    assert with_tools({"tools": OFFERED}, before)[0]["content"] == f"Be brief.\n{text}\n"
    assert with_tools({}, SAID) is SAID


def test_older_calls_and_text_before_a_call_are_kept() -> None:
    turn = {"role": "assistant", "content": "Let me look.", "function_call": CALL}
    assert with_calls(turn)["content"].startswith("Let me look.\n<tool_call>\n")


@pytest.mark.parametrize(
    "calls",
    [
        [{"function": {"name": 5, "arguments": "{}"}}],
        [{"function": {"name": "search", "arguments": "{"}}],
        [{"function": {"name": "search", "arguments": "[1]"}}],
        [{"function": None}],
        [{}],
        "search",
    ],
)
def test_a_call_that_is_none_is_an_error_with_its_row(tmp_path: Path, calls: Any) -> None:
    with pytest.raises(GlaswerkError, match="expected text as content of the assistant"):
        added(tmp_path, [SAID[0], {"role": "assistant", "content": None, "tool_calls": calls}])


def test_a_dialogue_with_calls_is_added(tmp_path: Path) -> None:
    turns = added(tmp_path, SAID, tools=OFFERED)
    assert [turn["role"] for turn in turns] == ["system", "user", "assistant", "tool", "assistant"]
    assert turns[0]["content"].startswith("Tools:\n")
    assert turns[2]["content"].startswith("<tool_call>\n")


def added(tmp_path: Path, turns: Any, **more: Any) -> list[Any]:
    """The turns of the one dialogue of a file."""
    file = tmp_path / "chats.jsonl"
    file.write_text(json.dumps({"messages": turns, **more}) + "\n")
    lab = Lab.init(tmp_path / "lab", "test")
    try:
        made = add_chats(lab, [file], licence="CC0-1.0", name="chats")
    finally:
        lab.ledger.close()
    (document,) = from_rows(read_rows(made.path / "documents.parquet"))
    return list(document.messages)
