"""A response is streamed again: while it is written, and once it is stored, from any event on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI

from tests.serve.clients import openai_client
from tests.serve.conftest import BAKERY, ENDLESS, Running, wait_until

ASKED = "Who built the old bridge?"
TOOLS: Any = [{"type": "function", "name": "find", "parameters": {"type": "object"}}]


@pytest.fixture
def client(server: Running) -> Iterator[OpenAI]:
    with openai_client(server) as found:
        yield found


def again(client: OpenAI, name: str, **more: Any) -> list[Any]:
    return [event.to_dict() for event in client.responses.retrieve(name, stream=True, **more)]


@pytest.mark.parametrize(
    "asked",
    [
        {"input": ASKED, "temperature": 0},
        {
            "input": "When does the bakery open?",
            "temperature": 0,
            "include": ["message.output_text.logprobs"],
        },
        {"input": ENDLESS, "max_output_tokens": 7},
        {"input": ASKED, "tools": TOOLS, "tool_choice": "required", "max_output_tokens": 40},
    ],
    ids=["words", "log-probabilities", "cut", "a call"],
)
def test_every_event_comes_again_and_those_after_a_number_too(client: OpenAI, asked: Any) -> None:
    first = [event.to_dict() for event in client.responses.create(model="chat", stream=True, **asked)]
    name = first[0]["response"]["id"]  # type: ignore[index]
    assert again(client, name) == first
    for number in (0, 5, len(first) - 2, len(first) - 1, 10**6):
        assert again(client, name, starting_after=number) == first[number + 1 :]


def test_a_response_that_was_not_streamed_is_streamed_later(client: OpenAI) -> None:
    made = client.responses.create(model="chat", input="When does the bakery open?", temperature=0)
    events = again(client, made.id)
    assert "".join(e["delta"] for e in events if e["type"] == "response.output_text.delta") == BAKERY
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[-1]["response"] == client.responses.retrieve(made.id).to_dict()


def test_an_answer_in_the_background_is_streamed_left_and_resumed(client: OpenAI) -> None:
    stream = client.responses.create(
        model="chat", input=ENDLESS, max_output_tokens=300, background=True, stream=True
    )
    seen: list[Any] = []
    for event in stream:
        seen.append(event.to_dict())
        if len(seen) == 6:
            break
    stream.close()
    name = seen[0]["response"]["id"]
    rest = again(client, name, starting_after=seen[-1]["sequence_number"])
    numbers = [event["sequence_number"] for event in [*seen, *rest]]
    assert numbers == list(range(len(numbers)))
    assert rest[-1]["type"] == "response.incomplete"
    assert client.responses.retrieve(name).status == "incomplete"
    # Two readers of one answer, and one that comes when it is over.
    assert again(client, name) == [*seen, *rest]


def test_readers_of_a_cancelled_answer_see_its_end(client: OpenAI) -> None:
    made = client.responses.create(model="chat", input=ENDLESS, max_output_tokens=5000, background=True)
    stream = client.responses.retrieve(made.id, stream=True)
    events = iter(stream)
    next(events)
    client.responses.cancel(made.id)
    assert list(events)[-1].to_dict()["response"]["status"] == "cancelled"  # type: ignore[index]
    wait_until(lambda: client.responses.retrieve(made.id).status == "cancelled")
    assert again(client, made.id)[-1]["response"]["status"] == "cancelled"


def test_what_is_not_there_or_no_number_is_refused(client: OpenAI, server: Running) -> None:
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve("resp_none", stream=True)
    made = client.responses.create(model="chat", input=ASKED, max_output_tokens=2)
    for wrong in ("-1", "x", "1e9", ""):
        query = {"stream": "true", "starting_after": wrong}
        reply = httpx.get(f"{server.url}/v1/responses/{made.id}", params=query)
        assert (reply.status_code, reply.json()["error"]["param"]) == (400, "starting_after")
