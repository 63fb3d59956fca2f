"""This server's tools in the Messages API: calls as blocks, as Anthropic's MCP connector has them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from glaswerk.lab import Lab
from tests.serve.conftest import Running

from .conftest import Script

pytest.importorskip("mcp", reason="the extra glaswerk[mcp] is not installed")
ASKED = [{"role": "user", "content": "Save it."}]
SAVE = [("odd_save", {"text": "x"})]
Ask = Callable[..., Any]


@pytest.fixture
def client(served: tuple[Lab, Running]) -> Iterator[httpx.Client]:
    with served[1].client() as found:
        yield found


def body(*tools: str, messages: Any = ASKED, words: Any = None, **more: Any) -> dict[str, Any]:
    ours = {"tools": list(tools), **({"approvals": words} if words else {})}
    asked = {"model": "other/script", "max_tokens": 400, "messages": messages, "glaswerk": ours}
    return asked | more


def ask(client: httpx.Client, *tools: str, status: int = 200, **more: Any) -> Any:
    found = client.post("/v1/messages", json=body(*tools, **more))
    assert found.status_code == status, found.text
    return found.json()


def test_a_call_and_what_it_gave_are_two_blocks(script: Script, client: httpx.Client) -> None:
    script.replies = [[("calculator", {"expression": "2 * 21"})], "It is 42."]
    found = ask(client, "calculator")
    call, gave, text = found["content"]
    assert (call["type"], call["server_name"], call["name"]) == ("mcp_tool_use", "glaswerk", "calculator")
    assert call["input"] == {"expression": "2 * 21"}
    assert (gave["tool_use_id"], gave["is_error"]) == (call["id"], False)
    assert gave["content"][0]["text"] == "42"
    assert (text["text"], found["stop_reason"]) == ("It is 42.", "end_turn")
    # Sent back, they are not read again.
    script.replies = ["Yes."]
    more = [*ASKED, {"role": "assistant", "content": found["content"]}, {"role": "user", "content": "Sure?"}]
    assert ask(client, "calculator", messages=more)["content"][0]["text"] == "Yes."
    assert [one["role"] for one in script.bodies[-1]["messages"]] == ["user", "assistant", "user"]


def test_a_call_that_writes_waits_until_a_person_agrees(
    script: Script, client: httpx.Client, calls: Path
) -> None:
    script.replies = [SAVE]
    found = ask(client, "mcp:odd")
    assert [block["type"] for block in found["content"]] == ["mcp_tool_use"]
    (call,) = found["glaswerk"]["tool_calls"]
    assert (call["status"], found["stop_reason"]) == ("pending", "end_turn")
    assert not calls.exists()
    script.replies = ["Saved."]
    words = [{"id": call["approval"], "approve": True}]
    after = ask(client, "mcp:odd", words=words)
    assert [one["type"] for one in after["content"]] == ["mcp_tool_use", "mcp_tool_result", "text"]
    assert calls.read_text() == 'save {"text": "x"}\n'
    ask(client, "mcp:odd", words=words, status=404)


def test_a_stream_has_the_same_blocks_in_their_order(script: Script, client: httpx.Client) -> None:
    script.replies = [[("odd_say", {"text": "a"}), ("odd_say", {"text": "b"})], "Both."]
    sent = client.post("/v1/messages", json=body("mcp:odd", stream=True)).text
    events = [json.loads(line[6:]) for line in sent.splitlines() if line.startswith("data: ")]
    starts = [one for one in events if one["type"] == "content_block_start"]
    kinds = ["mcp_tool_use", "mcp_tool_result", "mcp_tool_use", "mcp_tool_result", "text"]
    assert [one["content_block"]["type"] for one in starts] == kinds
    assert [one["index"] for one in starts] == list(range(5))
    stops = [one["index"] for one in events if one["type"] == "content_block_stop"]
    assert stops == list(range(5))
    joined = "".join(
        one["delta"]["partial_json"]
        for one in events
        if one["type"] == "content_block_delta" and one["index"] == 0
    )
    assert json.loads(joined) == {"text": "a"}
    assert starts[3]["content_block"]["content"][0]["text"] == "You said b."
    (last,) = (one for one in events if one["type"] == "message_delta")
    assert len(last["glaswerk"]["tool_calls"]) == 2


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"glaswerk": {"tools": ["nothing"]}}, "must be names of tools"),
        ({"glaswerk": {"tools": "search"}}, "glaswerk"),
        ({"glaswerk": {"tools": ["search"], "ground": True}}, "glaswerk.ground"),
        ({"messages": [*ASKED, {"role": "assistant", "content": "I"}]}, "messages"),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}},
            "output_config",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_name(client: httpx.Client, more: dict[str, Any], words: str) -> None:
    assert words in ask(client, "calculator", status=400, **more)["error"]["message"]


def test_without_tools_all_is_as_before(script: Script, client: httpx.Client) -> None:
    script.replies = ["Hello."]
    found = ask(client, glaswerk={"tools": []})
    assert [block["type"] for block in found["content"]] == ["text"]
    assert "glaswerk" not in found
