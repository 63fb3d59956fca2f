"""Tools and forms of answers in the Messages API, through Anthropic's own client over a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from anthropic import Anthropic, BadRequestError

from tests.serve.conftest import Running
from tests.serve.test_tools import BOMBS, PARAMETERS

WEATHER: Any = {"name": "weather", "description": "The weather.", "input_schema": PARAMETERS}
CLOCK: Any = {"name": "clock", "input_schema": {"type": "object", "properties": {}}}
ASKED: Any = [{"role": "user", "content": "How is the weather?"}]


@pytest.fixture
def client(server: Running) -> Iterator[Anthropic]:
    with Anthropic(base_url=server.url, api_key="none", max_retries=0, timeout=60) as found:
        yield found


def asking(**more: Any) -> dict[str, Any]:
    return {"model": "chat", "max_tokens": 400, "messages": ASKED, "tools": [WEATHER, CLOCK]} | more


@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "weather"}], ids=str)
def test_a_tool_that_must_be_called_is_called_with_input_of_its_schema(
    client: Anthropic, choice: Any
) -> None:
    made = client.messages.create(**asking(tools=[WEATHER], tool_choice=choice))
    (block,) = made.content
    assert block.type == "tool_use"
    assert (block.name, made.stop_reason) == ("weather", "tool_use")
    assert set(block.input) == {"town", "days"}


def test_a_streamed_call_has_anthropics_events_and_its_deltas_are_its_input(client: Anthropic) -> None:
    kinds, joined = [], ""
    with client.messages.stream(**asking(tool_choice={"type": "tool", "name": "weather"})) as stream:
        for event in stream:
            kinds.append(event.type)
            if event.type == "content_block_start":
                assert (event.content_block.type, event.content_block.input) == ("tool_use", {})  # type: ignore[union-attr]
            if event.type == "content_block_delta":
                assert event.delta.type == "input_json_delta"
                joined += event.delta.partial_json
        final = stream.get_final_message()
    assert final.stop_reason == "tool_use"
    assert json.loads(joined) == final.content[0].input  # type: ignore[union-attr]
    assert set(json.loads(joined)) == {"town", "days"}
    raw = [kind for kind in kinds if kind not in ("input_json", "content_block_delta")]
    assert raw == [
        "message_start",
        "content_block_start",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


def test_a_call_and_its_result_go_back_to_the_model(client: Anthropic) -> None:
    made = client.messages.create(**asking(tool_choice={"type": "any"}))
    (block,) = made.content
    result = {"type": "tool_result", "tool_use_id": block.id, "content": "Rain."}  # type: ignore[union-attr]
    follow: Any = {"type": "text", "text": "And now?"}
    history: Any = [*ASKED, {"role": "assistant", "content": made.content}]
    for content in ([result], [result, follow], [result | {"content": [follow], "is_error": True}]):
        turns = [*history, {"role": "user", "content": content}]
        assert client.messages.create(**asking(messages=turns, max_tokens=2)).usage.output_tokens > 0
    count = client.messages.count_tokens
    one = count(model="chat", messages=[*history, {"role": "user", "content": [result]}]).input_tokens
    empty = count(
        model="chat", messages=[*history, {"role": "user", "content": [result | {"content": ""}]}]
    ).input_tokens
    assert one > empty > 0


def test_text_before_a_call_stays_in_its_turn(client: Anthropic) -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"town": "Lind"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "Rain."}
    said: Any = {"type": "text", "text": "One moment."}

    def size(*content: Any) -> int:
        turns: Any = [
            *ASKED,
            {"role": "assistant", "content": list(content)},
            {"role": "user", "content": [result]},
        ]
        return client.messages.count_tokens(model="chat", messages=turns).input_tokens

    assert size(said, call) > size(call)


def test_tools_that_may_not_be_called_are_not_in_the_prompt(client: Anthropic) -> None:
    def size(**more: Any) -> int:
        return client.messages.count_tokens(model="chat", messages=ASKED, **more).input_tokens

    assert size(tools=[WEATHER], tool_choice={"type": "none"}) == size() < size(tools=[WEATHER])
    assert size(tools=[WEATHER], tool_choice={"type": "auto"}) == size(tools=[WEATHER])


def test_a_schema_is_kept(client: Anthropic) -> None:
    config: Any = {"format": {"type": "json_schema", "schema": PARAMETERS}}
    made = client.messages.create(**asking(tools=[], output_config=config))
    (block,) = made.content
    assert block.type == "text"
    assert set(json.loads(block.text)) == {"town", "days"}
    assert made.stop_reason == "end_turn"


def test_a_call_that_was_cut_off_has_what_is_there(client: Anthropic) -> None:
    made = client.messages.create(**asking(tool_choice={"type": "any"}, max_tokens=2))
    assert made.stop_reason == "max_tokens"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"tools": "x"}, "tools"),
    ({"tools": [{"name": "a b", "input_schema": {}}]}, "tools[0].name"),
    ({"tools": [{"name": "x"}]}, "tools[0].input_schema"),
    ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools[0]"),
    ({"tools": [WEATHER, WEATHER]}, "tools[1]"),
    ({"tool_choice": {"type": "tool", "name": "stranger"}}, "tool_choice"),
    ({"tools": [], "tool_choice": {"type": "any"}}, "tool_choice"),
    ({"tool_choice": {"type": "maybe"}}, "tool_choice"),
    (
        {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "x"}]}]},
        "messages[0]",
    ),
    (
        {
            "messages": [
                {
                    "role": "user",
                    "content": [{"type": "tool_use", "id": "x", "name": "y", "input": {}}],
                }
            ]
        },
        "messages[0]",
    ),
]


@pytest.mark.parametrize(("change", "named"), WRONG, ids=lambda value: str(value)[:50])
def test_a_wrong_field_is_named(client: Anthropic, change: dict[str, Any], named: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        client.messages.create(**asking(**change))
    message = refused.value.body["error"]["message"]  # type: ignore[index,call-overload]
    assert message.startswith(named)
    assert len(message) < 500


@pytest.mark.parametrize("schema", BOMBS[:1], ids=lambda schema: str(schema)[:50])
def test_a_schema_that_cannot_be_kept_is_refused_by_name(client: Anthropic, schema: dict[str, Any]) -> None:
    tool: Any = {"name": "x", "input_schema": schema}
    with pytest.raises(BadRequestError, match=r"cannot be kept|prompt has|expected messages"):
        client.messages.create(**asking(tools=[tool], tool_choice={"type": "any"}, max_tokens=4))
