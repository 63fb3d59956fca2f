"""Tools and forms of answers in the Responses API, through OpenAI's own client over a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openai import BadRequestError, OpenAI

from tests.serve.clients import openai_client
from tests.serve.conftest import BRIDGE, Running
from tests.serve.test_tools import BOMBS, PARAMETERS

WEATHER: Any = {"type": "function", "name": "weather", "parameters": PARAMETERS, "strict": True}
CLOCK: Any = {"type": "function", "name": "clock", "description": "The time.", "parameters": None}
ASKED = "How is the weather?"
FORM: Any = {"format": {"type": "json_schema", "name": "place", "schema": PARAMETERS, "strict": True}}


@pytest.fixture
def client(server: Running) -> Iterator[OpenAI]:
    with openai_client(server) as found:
        yield found


def called(response: Any) -> Any:
    (item,) = response.output
    assert item.type == "function_call"
    return item


@pytest.mark.parametrize(
    "choice",
    [
        {"type": "function", "name": "weather"},
        {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "weather"}]},
    ],
    ids=["named", "allowed"],
)
def test_a_tool_that_must_be_called_is_called_with_arguments_of_its_schema(
    client: OpenAI, choice: Any
) -> None:
    made = client.responses.create(
        model="chat", input=ASKED, tools=[WEATHER, CLOCK], tool_choice=choice, max_output_tokens=400
    )
    item = called(made)
    assert (item.name, item.status, made.status) == ("weather", "completed", "completed")
    assert set(json.loads(item.arguments)) == {"town", "days"}
    assert item.call_id.startswith("call_")
    assert [(tool.name, tool.strict) for tool in made.tools] == [("weather", True), ("clock", False)]  # type: ignore[union-attr]
    assert client.responses.retrieve(made.id).output == made.output


def test_a_streamed_call_has_every_event_and_its_deltas_are_its_arguments(client: OpenAI) -> None:
    events = list(
        client.responses.create(
            model="chat", input=ASKED, tools=[WEATHER], tool_choice="required",
            max_output_tokens=400, stream=True,
        )
    )  # fmt: skip
    names = [event.type.removeprefix("response.") for event in events]
    assert names[:3] == ["created", "in_progress", "output_item.added"]
    assert names[-3:] == ["function_call_arguments.done", "output_item.done", "completed"]
    assert set(names[3:-3]) == {"function_call_arguments.delta"}
    assert [event.sequence_number for event in events] == list(range(len(events)))
    added, done, last = events[2], events[-3], events[-1]
    assert added.type == "response.output_item.added"
    assert done.type == "response.function_call_arguments.done"
    assert last.type == "response.completed"
    item = called(last.response)
    joined = "".join(e.delta for e in events if e.type == "response.function_call_arguments.delta")
    assert joined == done.arguments == item.arguments
    assert (added.item.id, done.item_id) == (item.id, item.id)
    assert set(json.loads(joined)) == {"town", "days"}


def test_the_helper_that_assembles_a_stream_parses_the_arguments(client: OpenAI) -> None:
    with client.responses.stream(
        model="chat", input=ASKED, tools=[WEATHER], tool_choice="required", max_output_tokens=400
    ) as stream:
        for _ in stream:
            pass
        item = called(stream.get_final_response())
    assert set(item.parsed_arguments) == {"town", "days"}


def test_a_call_and_its_result_go_back_as_items_or_by_the_earlier_response(client: OpenAI) -> None:
    first = client.responses.create(
        model="chat", input=ASKED, tools=[WEATHER], tool_choice="required", max_output_tokens=400
    )
    item = called(first)
    result: Any = {"type": "function_call_output", "call_id": item.call_id, "output": "Rain."}
    whole = [
        {"role": "user", "content": ASKED},
        item.model_dump(exclude_none=True),
        result | {"output": [{"type": "input_text", "text": "Rain."}]},
    ]
    counted = client.responses.input_tokens.count(model="chat", input=whole, tools=[WEATHER])  # type: ignore[arg-type]
    again = client.responses.create(
        model="chat", input=[result], previous_response_id=first.id, tools=[WEATHER], max_output_tokens=3
    )
    assert again.usage is not None
    assert again.usage.input_tokens == counted.input_tokens
    kinds = [one.type for one in client.responses.input_items.list(again.id)]
    assert kinds == ["function_call_output"]


def test_a_conversation_keeps_calls_and_their_results(client: OpenAI) -> None:
    conversation = client.conversations.create()
    first = client.responses.create(
        model="chat", input=ASKED, tools=[WEATHER], tool_choice="required", max_output_tokens=400,
        conversation=conversation.id,
    )  # fmt: skip
    result: Any = {
        "type": "function_call_output",
        "call_id": called(first).call_id,
        "output": "Rain.",
    }
    client.responses.create(model="chat", input=[result], conversation=conversation.id, max_output_tokens=2)
    items = client.conversations.items.list(conversation.id, order="asc").data
    kinds = ["message", "function_call", "function_call_output", "message"]
    assert [item.type for item in items] == kinds


def test_a_history_with_calls_is_compacted_to_their_words(client: OpenAI) -> None:
    items: Any = [
        {"role": "user", "content": ASKED},
        {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": '{"town": "Lind"}'},
        {"type": "function_call_output", "call_id": "c1", "output": "Rain."},
    ]
    short = client.responses.compact(model="chat", input=items)
    packed: Any = [item.model_dump(exclude_none=True) for item in short.output]
    counted = client.responses.input_tokens.count(model="chat", input=packed)
    assert counted.input_tokens > 20


@pytest.mark.parametrize("streaming", [False, True])
def test_a_schema_is_kept_whole_and_streamed(client: OpenAI, streaming: bool) -> None:
    asked: dict[str, Any] = {"model": "chat", "input": ASKED, "text": FORM, "max_output_tokens": 400}
    if streaming:
        with client.responses.stream(**asked) as stream:
            for _ in stream:
                pass
            made: Any = stream.get_final_response()
    else:
        made = client.responses.create(**asked)
    assert set(json.loads(made.output_text)) == {"town", "days"}
    assert (made.text.format.type, made.text.format.name) == ("json_schema", "place")


def test_a_json_object_begins_as_one(client: OpenAI) -> None:
    made = client.responses.create(
        model="chat", input="JSON!", text={"format": {"type": "json_object"}}, max_output_tokens=20
    )
    assert made.output_text.lstrip().startswith("{")


def test_tools_that_may_not_be_called_are_not_in_the_prompt(client: OpenAI) -> None:
    def size(**more: Any) -> int:
        return client.responses.input_tokens.count(model="chat", input=ASKED, **more).input_tokens

    assert size(tools=[WEATHER], tool_choice="none") == size() < size(tools=[WEATHER])


def test_offered_tools_leave_room_for_an_answer_in_words(client: OpenAI) -> None:
    asked = "Who built the old bridge?"
    made = client.responses.create(model="chat", input=asked, temperature=0)
    assert made.output_text == BRIDGE
    free = client.responses.create(model="chat", input=asked, tools=[CLOCK], max_output_tokens=9)
    assert [item.type for item in free.output] == ["message"]


def test_a_call_that_was_cut_off_is_incomplete(client: OpenAI) -> None:
    made = client.responses.create(
        model="chat", input=ASKED, tools=[WEATHER], tool_choice="required", max_output_tokens=2
    )
    assert made.status == "incomplete"
    assert made.output[0].status == "incomplete"  # type: ignore[union-attr]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"tools": "x"}, "tools"),
    ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
    ({"tools": [{"type": "function", "name": "a b"}]}, "tools[0].name"),
    ({"tools": [WEATHER, WEATHER]}, "tools[1]"),
    ({"tools": [WEATHER] * 200}, "tools"),
    ({"tools": [WEATHER], "tool_choice": "maybe"}, "tool_choice"),
    ({"tools": [WEATHER], "tool_choice": {"type": "function", "name": "clock"}}, "tool_choice"),
    ({"tool_choice": "required"}, "tool_choice"),
    ({"tools": [WEATHER], "tool_choice": "required", "text": FORM}, "text.format"),
    ({"text": {"format": {"type": "xml"}}}, "text.format.type"),
    ({"text": {"format": {"type": "json_schema", "name": "x"}}}, "text.format.schema"),
    ({"input": [{"type": "function_call_output", "call_id": "c", "output": "x"}]}, "input"),
    ({"input": [{"type": "function_call", "call_id": "c", "name": "x"}]}, "input[0].arguments"),
]


@pytest.mark.parametrize(("change", "param"), WRONG, ids=lambda value: str(value)[:50])
def test_a_wrong_field_is_named(client: OpenAI, change: dict[str, Any], param: str) -> None:
    asked = {"model": "chat", "input": ASKED, "max_output_tokens": 2} | change
    with pytest.raises(BadRequestError) as refused:
        client.responses.create(**asked)
    assert refused.value.param == param
    assert len(refused.value.message) < 500


@pytest.mark.parametrize("schema", BOMBS[:1], ids=lambda schema: str(schema)[:50])
def test_a_schema_that_cannot_be_kept_is_refused_by_name(client: OpenAI, schema: dict[str, Any]) -> None:
    form: Any = {"format": {"type": "json_schema", "name": "x", "schema": schema}}
    with pytest.raises(BadRequestError) as refused:
        client.responses.create(model="chat", input=ASKED, text=form, max_output_tokens=4)
    assert refused.value.code == "unsupported_parameter"
    assert str(refused.value.param).startswith("text.format")
