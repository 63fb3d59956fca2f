"""Chat completions with this server's own tools: rounds, what is shown, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from openai import OpenAI

from glaswerk.lab import Lab
from glaswerk.serve import create_app
from tests.serve.conftest import BRIDGE, Running, run_app

from .conftest import Script

Ask = Callable[..., dict[str, Any]]


def test_a_model_searches_reads_what_is_found_and_answers(script: Script, ask: Ask) -> None:
    script.replies = [[("search", {"query": "old bridge mason"})], "Anna Behr built it."]
    found = ask("Who built the old bridge?", "search")
    assert found["choices"][0]["message"]["content"] == "Anna Behr built it."
    assert found["choices"][0]["finish_reason"] == "stop"
    (call,) = found["glaswerk"]["tool_calls"]
    assert (call["server"], call["name"], call["status"]) == ("glaswerk", "search", "completed")
    assert json.loads(call["arguments"]) == {"query": "old bridge mason"}
    assert "Anna Behr" in call["output"]
    assert "source: clara, 2021-05-01, p1" in call["output"]
    assert script.read() == [call["output"]]
    offered = script.bodies[0]["tools"]
    assert [tool["function"]["name"] for tool in offered] == ["search"]


def test_tokens_of_all_rounds_are_counted(script: Script, ask: Ask) -> None:
    script.replies = [[("calculator", {"expression": "17*23"})], "391."]
    found = ask("What is 17 times 23?", "calculator")
    assert found["usage"]["prompt_tokens"] == 20
    assert found["usage"]["completion_tokens"] == 10
    assert script.read() == ["391"]


def test_a_stream_shows_a_call_while_it_runs_and_what_came_of_it(script: Script, tooled: Running) -> None:
    script.replies = [[("calculator", {"expression": "1/0"})], "That has no value."]
    body = {
        "model": "other/script",
        "messages": [{"role": "user", "content": "What is 1/0?"}],
        "glaswerk": {"tools": ["calculator"]},
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    with tooled.client() as client:
        lines = client.post("/v1/chat/completions", json=body).text.split("\n\n")
    assert lines[-2] == "data: [DONE]"
    events = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    shown = [event["glaswerk"]["tool_call"] for event in events if "tool_call" in event.get("glaswerk", {})]
    assert [call["status"] for call in shown] == ["running", "failed"]
    assert "divisor" in shown[1]["output"]
    text = "".join(e["choices"][0]["delta"].get("content") or "" for e in events if e["choices"])
    assert text == "That has no value."
    assert events[-2]["glaswerk"]["tool_calls"] == [shown[1]]
    assert events[-1]["usage"]["total_tokens"] == 30
    assert len({event["id"] for event in events}) == 1


def test_an_unmodified_client_of_openai_reads_the_answer(script: Script, tooled: Running) -> None:
    script.replies = [[("tables", {"query": "SELECT count(*) FROM documents"})], "Four."]
    with OpenAI(base_url=f"{tooled.url}/v1", api_key="none", max_retries=0) as client:
        found = client.chat.completions.create(
            model="other/script",
            messages=[{"role": "user", "content": "How many documents are there?"}],
            extra_body={"glaswerk": {"tools": ["tables"]}},
        )
    assert found.choices[0].message.content == "Four."
    assert found.choices[0].message.tool_calls is None
    assert "count_star()" in script.read()[0]


def test_a_clients_own_tools_stay_the_clients(script: Script, ask: Ask) -> None:
    script.replies = [[("calculator", {"expression": "2+2"}), ("weather", {"town": "Lind"})]]
    own = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    found = ask("The weather, and 2+2?", "calculator", tools=[own])
    choice = found["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert [call["function"]["name"] for call in choice["message"]["tool_calls"]] == ["weather"]
    assert [call["output"] for call in found["glaswerk"]["tool_calls"]] == ["4"]


def test_a_client_may_not_take_the_name_of_a_tool(script: Script, ask: Ask) -> None:
    own = {"type": "function", "function": {"name": "search", "parameters": {"type": "object"}}}
    found = ask("?", "search", tools=[own], status=400)
    assert "name of its own" in found["error"]["message"]


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("calculator", {}, "'expression'"),
        ("calculator", {"expression": 5}, "of type string"),
        ("calculator", {"expression": "1", "file": "x"}, "no other names"),
        ("calculator", "[1]", "JSON object"),
        ("calculator", '{"expression": "1"', "JSON object"),
        ("calculator", {"expression": "9" * 30_000}, "up to 20,000 characters"),
        ("search", {"query": "  "}, "words to look for"),
        ("search", {"query": "x" * 501}, "up to 500 characters"),
        ("tables", {"query": "DROP TABLE documents"}, "one SELECT"),
    ],
)
def test_arguments_that_do_not_fit_are_told_to_the_model_and_shown(
    script: Script, ask: Ask, name: str, arguments: Any, words: str
) -> None:
    script.replies = [[(name, arguments)], "I cannot."]
    found = ask("?", "search", "tables", "calculator")
    (call,) = found["glaswerk"]["tool_calls"]
    assert call["status"] == "failed"
    assert words in call["output"]
    assert script.read()[0] == f"Error: {call['output']}"


def test_a_model_that_never_stops_calling_must_answer_at_last(script: Script, ask: Ask) -> None:
    script.replies = [[("calculator", {"expression": str(i)})] for i in range(5)] + ["Enough."]
    found = ask("Count.", "calculator")
    assert len(found["glaswerk"]["tool_calls"]) == 5
    assert found["choices"][0]["message"]["content"] == "Enough."
    assert "tools" in script.bodies[-2]
    assert "tools" not in script.bodies[-1]


def test_no_more_calls_are_made_than_the_bound(script: Script, ask: Ask) -> None:
    script.replies = [[("calculator", {"expression": str(i)}) for i in range(40)], "Enough."]
    calls = ask("Count.", "calculator")["glaswerk"]["tool_calls"]
    assert [call["status"] for call in calls] == ["completed"] * 16 + ["failed"] * 24


def test_a_tool_that_is_required_is_called_once(script: Script, ask: Ask) -> None:
    script.replies = [[("calculator", {"expression": "1"})], "One."]
    ask("?", "calculator", tool_choice="required")
    assert [body["tool_choice"] for body in script.bodies] == ["required", "auto"]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"store": True}, "store"),
    ],
)
def test_what_rounds_cannot_keep_is_refused(ask: Ask, fields: dict[str, Any], param: str) -> None:
    assert ask("?", "search", status=400, **fields)["error"]["param"] == param


@pytest.mark.parametrize("name", ["Search", "shell", "mcp:nowhere", "", "x" * 500, "../search"])
def test_an_unknown_tool_is_named(ask: Ask, name: str) -> None:
    error = ask("?", name, status=400)["error"]
    assert error["code"] == "unknown_tool"
    assert "calculator" in error["message"]


@pytest.mark.parametrize("value", ["search", {"search": True}, [1], [["search"]], ["a"] * 33, ["\ud800"]])
def test_a_list_that_is_none_is_refused(ask: Ask, value: Any) -> None:
    assert ask("?", status=400, more={"tools": value})["error"]["param"] == "glaswerk.tools"


def test_without_tools_the_request_goes_its_old_way(ask: Ask) -> None:
    found = ask("Who built the old bridge?", model="chat", temperature=0)
    assert found["choices"][0]["message"]["content"] == BRIDGE
    assert "glaswerk" not in found


def test_a_trace_of_the_answer_is_there_afterwards(script: Script, ask: Ask, tooled: Running) -> None:
    script.replies = [[("search", {"query": "bridge"})], BRIDGE]
    found = ask("Who built the old bridge?", "search")
    with tooled.client() as client:
        traced = client.get(f"/v1/traces/{found['id']}").json()
    assert any(span["count"] for span in traced["spans"])


def test_the_tools_are_listed_with_what_they_take(tooled: Running) -> None:
    with tooled.client() as client:
        found = client.get("/v1/glaswerk/tools").json()["data"]
    assert {tool["name"] for tool in found} == {"search", "tables", "calculator"}
    assert all(tool["parameters"]["required"] and not tool["asks"] for tool in found)


def test_private_content_is_not_read_for_a_model_at_another_server(tool_folder: Any, ask: Ask) -> None:
    settings = tool_folder / "lab.toml"
    before = settings.read_text()
    settings.write_text(before + "\n[serve.ground]\nprivate = true\n")
    try:
        lab = Lab.open(tool_folder)
        with run_app(create_app(lab)) as running:
            assert ask("?", "tables", status=400, at=running)["error"]["code"] == "private_content"
        lab.ledger.close()
    finally:
        settings.write_text(before)
