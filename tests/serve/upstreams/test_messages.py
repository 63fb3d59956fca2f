"""Anthropic's Messages API over models of other servers, through Anthropic's own client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from anthropic import Anthropic

from tests.serve.conftest import BRIDGE, Running
from tests.serve.upstreams.scripted import BAD, Scripted

ASKED: Any = [{"role": "user", "content": "Who built the old bridge?"}]
TOOLS: Any = [
    {"name": name, "description": "Finds it.", "input_schema": {"type": "object"}}
    for name in ("find", "look")
]
SCHEMA = {"type": "object", "properties": {"year": {"type": "integer"}}, "additionalProperties": False}


@pytest.fixture
def client(gateway: Running) -> Iterator[Anthropic]:
    with Anthropic(base_url=gateway.url, api_key="none", max_retries=0, timeout=60) as found:
        yield found


def ask(client: Anthropic, model: str, **more: Any) -> Any:
    return client.messages.create(**{"model": f"other/{model}", "max_tokens": 50, "messages": ASKED, **more})


def test_a_question_is_answered_and_every_field_arrives(client: Anthropic, scripted: Scripted) -> None:
    made = ask(client, "good", system="Be brief.", stop_sequences=["END"], extra_body={"temperature": 0.5})
    assert (made.content[0].text, made.model, made.stop_reason) == (BRIDGE, "other/good", "end_turn")
    assert (made.usage.input_tokens, made.usage.output_tokens) == (11, 5)
    sent = scripted.bodies[-1]
    assert sent["messages"] == [{"role": "system", "content": "Be brief."}, *ASKED]
    assert (sent["max_tokens"], sent["stop"], sent["temperature"]) == (50, ["END"], 0.5)
    assert "top_k" not in sent


def test_a_stream_assembles_to_the_same_message(client: Anthropic) -> None:
    with client.messages.stream(model="other/good", max_tokens=50, messages=ASKED) as stream:
        assert "".join(stream.text_stream) == BRIDGE
        final = stream.get_final_message()
    assert (final.usage.input_tokens, final.usage.output_tokens) == (11, 5)
    assert final.stop_reason == "end_turn"


@pytest.mark.parametrize(
    ("model", "reason", "stop"),
    [("cut", "max_tokens", None), ("filtered", "refusal", None), ("stopped", "stop_sequence", "END")],
)
def test_an_answer_says_why_it_ended(client: Anthropic, model: str, reason: str, stop: str | None) -> None:
    made = ask(client, model, stop_sequences=["END"])
    assert (made.stop_reason, made.stop_sequence) == (reason, stop)


@pytest.mark.parametrize("model", ["caller", "whole calls"])
def test_calls_come_back_and_their_results_go_there(
    client: Anthropic, scripted: Scripted, model: str
) -> None:
    made = ask(client, model, tools=TOOLS, tool_choice={"type": "any", "disable_parallel_tool_use": True})
    assert made.stop_reason == "tool_use"
    assert [(block.name, block.input) for block in made.content] == [
        ("find", {"word": "bridge"}),
        ("look", {}),
    ]
    sent = scripted.bodies[-1]
    assert (sent["tool_choice"], sent["parallel_tool_calls"]) == ("required", False)
    with client.messages.stream(model=f"other/{model}", max_tokens=50, messages=ASKED, tools=TOOLS) as stream:
        assert [block.input for block in stream.get_final_message().content] == [{"word": "bridge"}, {}]  # type: ignore[union-attr]
    results = [{"type": "tool_result", "tool_use_id": one.id, "content": "1874"} for one in made.content]
    blocks = [block.model_dump(exclude={"caller"}) for block in made.content]
    turns = [*ASKED, {"role": "assistant", "content": blocks}, {"role": "user", "content": results}]
    ask(client, "good", tools=TOOLS, messages=turns)
    _, calls, *answers = scripted.bodies[-1]["messages"]
    assert calls["tool_calls"][0]["function"] == {"name": "find", "arguments": '{"word": "bridge"}'}
    assert [answer["tool_call_id"] for answer in answers] == [one["id"] for one in calls["tool_calls"]]


def test_thoughts_words_before_calls_and_forms(client: Anthropic, scripted: Scripted) -> None:
    assert [block.type for block in ask(client, "thinks").content] == ["thinking", "text"]
    mixed = ask(client, "words and a call", tools=TOOLS)
    assert [block.type for block in mixed.content] == ["text", "tool_use"]
    ask(client, "good", extra_body={"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}})
    found = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}}
    assert scripted.bodies[-1]["response_format"] == found
    assert ask(client, "nothing").content == []


@pytest.mark.parametrize(
    ("asked", "effort"),
    [
        ({"thinking": {"type": "enabled", "budget_tokens": 12_000}}, "high"),
        ({"thinking": {"type": "enabled", "budget_tokens": 2_000}}, "low"),
        ({"thinking": {"type": "adaptive"}}, "medium"),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}, "xhigh"),
        ({"output_config": {"effort": "low"}}, "low"),
        ({"thinking": {"type": "disabled"}, "output_config": {"effort": "low"}}, None),
        ({}, None),
    ],
)
def test_how_hard_to_think_is_said_in_words_of_the_upstream(
    client: Anthropic, scripted: Scripted, asked: Any, effort: str | None
) -> None:
    ask(client, "thinks", extra_body=asked)
    assert scripted.bodies[-1].get("reasoning_effort") == effort


def test_a_count_of_tokens_is_an_estimate_that_says_so(client: Anthropic) -> None:
    found: Any = client.messages.count_tokens(model="other/good", messages=ASKED, tools=TOOLS)
    assert found.input_tokens > 10
    assert found.glaswerk == {"estimated": True}
    assert not hasattr(client.messages.count_tokens(model="chat", messages=ASKED), "glaswerk")


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(("model", "status"), [("busy", 429), ("refusing", 400), ("failing", 502)])
def test_what_an_upstream_refuses_is_a_status_in_anthropics_form(
    client: Anthropic, model: str, status: int, streamed: bool
) -> None:
    with pytest.raises(anthropic.APIStatusError) as found:
        ask(client, model, stream=streamed)
    assert found.value.status_code == status
    body: Any = found.value.body
    assert body["type"] == "error"
    assert "\x1b" not in body["error"]["message"]


@pytest.mark.parametrize("model", [*BAD, "huge"])
def test_a_stream_that_goes_wrong_fails_in_words(client: Anthropic, model: str) -> None:
    with pytest.raises(anthropic.APIStatusError, match="upstream other") as whole:
        ask(client, model)
    assert whole.value.status_code == 502
    with pytest.raises(anthropic.APIError, match="upstream other") as streamed:
        list(ask(client, model, stream=True))
    assert "\x1b" not in str(streamed.value)


def test_a_client_that_leaves_ends_the_stream_of_the_upstream(client: Anthropic, scripted: Scripted) -> None:
    stream = ask(client, "endless", stream=True)
    next(iter(stream))
    stream.close()
    assert scripted.left.wait(20)
