"""Tools of the type `mcp` in responses: calls as items, approvals by items, the same events once more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import APIStatusError, BadRequestError, NotFoundError, OpenAI

from glaswerk.lab import Lab
from tests.serve.clients import openai_client
from tests.serve.conftest import Running

from .conftest import Script

pytest.importorskip("mcp", reason="the extra glaswerk[mcp] is not installed")
ODD: dict[str, Any] = {"type": "mcp", "server_label": "odd"}
SUM: dict[str, Any] = {"type": "mcp", "server_label": "glaswerk", "allowed_tools": ["calculator"]}
SAVE = [("odd_save", {"text": "x"})]


@pytest.fixture
def client(served: tuple[Lab, Running]) -> Iterator[OpenAI]:
    with openai_client(served[1]) as found:
        yield found


def made(calls: Path) -> list[str]:
    return calls.read_text().splitlines() if calls.exists() else []


def ask(client: OpenAI, *tools: Any, **fields: Any) -> Any:
    asked: dict[str, Any] = {"model": "other/script", "input": "Save it.", "tools": list(tools)}
    return client.responses.create(**(asked | fields))


def agreed(item: Any, word: bool) -> dict[str, Any]:
    return {"type": "mcp_approval_response", "approval_request_id": item.id, "approve": word}


def test_a_call_is_an_item_with_its_output(script: Script, client: OpenAI) -> None:
    script.replies = [[("calculator", {"expression": "2 * 21"})], "It is 42."]
    found = ask(client, SUM, input="What is 2 * 21?")
    call, message = found.output
    assert (call.type, call.server_label, call.name) == ("mcp_call", "glaswerk", "calculator")
    assert (call.status, call.output, call.error) == ("completed", "42", None)
    assert (found.status, found.output_text) == ("completed", "It is 42.")
    assert message.type == "message"
    assert script.read() == ["42"]
    assert client.responses.retrieve(found.id).output[0].model_dump() == call.model_dump()
    # The next question reads the answer, not the call.
    script.replies = ["Yes."]
    again = ask(client, SUM, input="Sure?", previous_response_id=found.id)
    assert again.output_text == "Yes."
    assert [one["role"] for one in script.bodies[-1]["messages"]] == ["user", "assistant", "user"]


def test_a_call_that_fails_says_why(script: Script, client: OpenAI) -> None:
    script.replies = [[("calculator", {"expression": "1 / 0"})], "It cannot be."]
    call = ask(client, SUM).output[0]
    assert (call.status, call.output) == ("failed", None)
    assert "divisor" in call.error


@pytest.mark.parametrize("stored", [True, False])
def test_a_call_that_writes_waits_for_an_item_of_the_client(
    script: Script, client: OpenAI, calls: Path, *, stored: bool
) -> None:
    script.replies = [SAVE]
    found = ask(client, ODD, store=stored)
    (request,) = found.output
    assert (request.type, request.name, request.server_label) == ("mcp_approval_request", "save", "odd")
    assert found.status == "completed"
    assert made(calls) == []
    script.replies = ["Saved."]
    word = agreed(request, True)
    if stored:
        more: dict[str, Any] = {"input": [word], "previous_response_id": found.id}
    else:
        more = {"input": [{"role": "user", "content": "Save it."}, request.model_dump(), word]}
    after = ask(client, ODD, **more)
    call = after.output[0]
    assert (call.type, call.status, call.approval_request_id) == ("mcp_call", "completed", request.id)
    assert after.output_text == "Saved."
    assert made(calls) == ['save {"text": "x"}']
    with pytest.raises(NotFoundError, match="no call that waits"):
        ask(client, ODD, **more)
    assert len(made(calls)) == 1


def test_a_call_that_is_refused_is_not_made(script: Script, client: OpenAI, calls: Path) -> None:
    script.replies = [SAVE, "Then not."]
    found = ask(client, ODD)
    after = ask(client, ODD, input=[agreed(found.output[0], False)], previous_response_id=found.id)
    assert (after.output[0].status, after.output_text) == ("failed", "Then not.")
    assert made(calls) == []


def test_an_approval_may_be_asked_of_every_call_but_never_of_none(
    script: Script, client: OpenAI, calls: Path
) -> None:
    script.replies = [[("odd_say", {"text": "y"})]]
    assert ask(client, {**ODD, "require_approval": "always"}).output[0].type == "mcp_approval_request"
    script.replies = [SAVE]
    assert ask(client, {**ODD, "require_approval": "never"}).output[0].type == "mcp_approval_request"
    assert made(calls) == []


@pytest.mark.parametrize("replies", [[SAVE], [[("odd_say", {"text": "y"})], "You said y."]])
def test_a_stored_stream_is_the_same_once_more(script: Script, client: OpenAI, replies: Any) -> None:
    script.replies = list(replies)
    first = [event.model_dump() for event in ask(client, ODD, stream=True)]
    name = first[-1]["response"]["id"]
    with client.responses.retrieve(name, stream=True) as again:
        second = [event.model_dump() for event in again]
    kinds = [event["type"] for event in first]
    if len(replies) > 1:
        wanted = ["mcp_call.in_progress", "mcp_call_arguments.delta", "mcp_call_arguments.done"]
        assert [k for k in kinds if "mcp" in k] == [f"response.{k}" for k in (*wanted, "mcp_call.completed")]
    assert [event["type"] for event in second] == kinds
    assert second[-1]["response"]["output"] == first[-1]["response"]["output"]
    assert [event["sequence_number"] for event in first] == list(range(len(first)))


def test_what_was_read_in_the_labs_documents_is_not_stored(script: Script, client: OpenAI) -> None:
    search = {"type": "mcp", "server_label": "glaswerk", "allowed_tools": ["search"]}
    script.replies = [[("search", {"query": "old bridge"})], "Anna did."]
    found = ask(client, search)
    assert found.output[0].output
    assert client.responses.retrieve(found.id).output[0].output is None


@pytest.mark.parametrize(
    ("tool", "more", "words"),
    [
        ({"server_url": "https://evil.example"}, {}, "lab.toml"),
        ({"headers": {"a": "b"}}, {}, "lab.toml"),
        ({"server_label": "nothing"}, {}, "must be names of tools"),
        ({"allowed_tools": ["nothing"]}, {}, "must be names of tools"),
        ({}, {"text": {"format": {"type": "json_object"}}}, "not supported with a tool of the type mcp"),
        ({}, {"top_logprobs": 2}, "not supported with a tool of the type mcp"),
        ({}, {"input": [{"type": "mcp_approval_response", "approve": True}]}, "input"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    client: OpenAI, tool: dict[str, Any], more: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadRequestError, match=words):
        ask(client, ODD | tool, **more)


def test_a_word_without_tools_and_a_server_that_is_not_confirmed_are_refused(client: OpenAI) -> None:
    word = {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True}
    with pytest.raises(BadRequestError, match="same tools"):
        ask(client, input=[{"role": "user", "content": "Save it."}, word])
    with pytest.raises(APIStatusError, match="glaswerk tools confirm other") as found:
        ask(client.with_options(max_retries=0), {"type": "mcp", "server_label": "other"})
    assert found.value.status_code == 503


def test_no_more_calls_are_made_than_the_request_allows(script: Script, client: OpenAI, calls: Path) -> None:
    script.replies = [[("odd_say", {"text": str(i)}) for i in range(3)], "Enough."]
    found = ask(client, ODD, max_tool_calls=2)
    assert [item.status for item in found.output[:3]] == ["completed", "completed", "failed"]
    assert len(made(calls)) == 2
