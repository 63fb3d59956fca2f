"""The Messages API, through Anthropic's own client over a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from anthropic import Anthropic, AuthenticationError, BadRequestError, NotFoundError

from glaswerk.lab import Lab
from tests.serve.clients import key_of
from tests.serve.conftest import BRIDGE, ENDLESS, Running

ASKED = "Who built the old bridge?"


@pytest.fixture
def client(server: Running) -> Iterator[Anthropic]:
    with Anthropic(base_url=server.url, api_key="none", max_retries=0, timeout=60) as found:
        yield found


def _turn(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def test_a_question_is_answered(client: Anthropic) -> None:
    made = client.messages.create(
        model="chat", max_tokens=100, messages=[_turn(ASKED)], extra_body={"temperature": 0}
    )
    assert [block.text for block in made.content] == [BRIDGE]
    assert (made.type, made.role, made.stop_reason, made.stop_sequence) == (
        "message",
        "assistant",
        "end_turn",
        None,
    )
    counted = client.messages.count_tokens(model="chat", messages=[_turn(ASKED)])
    assert made.usage.input_tokens == counted.input_tokens > 0
    assert made.usage.output_tokens > 5


def test_a_stream_assembles_to_the_same_message(client: Anthropic) -> None:
    names = []
    with client.messages.stream(
        model="chat", max_tokens=100, messages=[_turn(ASKED)], extra_body={"temperature": 0}
    ) as stream:
        for event in stream:
            names.append(event.type)
        final = stream.get_final_message()
    assert final.content[0].text == BRIDGE
    assert final.stop_reason == "end_turn"
    assert final.usage.output_tokens > 5
    raw = [name for name in names if name not in ("text", "content_block_delta")]
    assert raw[:2] == ["message_start", "content_block_start"]
    assert raw[-3:] == ["content_block_stop", "message_delta", "message_stop"]


def test_a_stream_on_the_wire_has_the_events_in_anthropics_order(server: Running) -> None:
    body = {"model": "chat", "max_tokens": 3, "messages": [_turn(ENDLESS)], "stream": True}
    with server.client() as http:
        lines = http.post("/v1/messages", json=body).text.splitlines()
    names = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert names[:3] == ["message_start", "content_block_start", "ping"]
    assert set(names[3:-3]) == {"content_block_delta"}
    assert names[-3:] == ["content_block_stop", "message_delta", "message_stop"]


def test_an_answer_says_why_it_ended(client: Anthropic) -> None:
    long = client.messages.create(model="chat", max_tokens=4, messages=[_turn(ENDLESS)])
    assert (long.stop_reason, long.usage.output_tokens) == ("max_tokens", 4)
    cut = client.messages.create(
        model="chat",
        max_tokens=90,
        messages=[_turn(ASKED)],
        stop_sequences=["Rhine", "Lind"],
        extra_body={"temperature": 0},
    )
    assert (cut.stop_reason, cut.stop_sequence) == ("stop_sequence", "Lind")
    assert cut.content[0].text == BRIDGE.partition("Lind")[0]


def test_systems_blocks_and_turns_in_a_row_are_read(client: Anthropic) -> None:
    blocks = [{"type": "text", "text": "Hello.", "cache_control": {"type": "ephemeral"}}]
    turns = [
        {"role": "user", "content": blocks},
        {"role": "user", "content": "Are you there?"},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "?", "signature": "s"}, *blocks]},
        _turn(ASKED),
    ]
    count = client.messages.count_tokens
    joined = [
        _turn("Hello.\nAre you there?"),
        {"role": "assistant", "content": "Hello."},
        _turn(ASKED),
    ]
    assert (
        count(model="chat", messages=turns).input_tokens == count(model="chat", messages=joined).input_tokens
    )
    more = count(model="chat", messages=turns, system=[{"type": "text", "text": "Be kind."}]).input_tokens
    assert more > count(model="chat", messages=turns).input_tokens
    assert more == count(model="chat", messages=turns, system="Be kind.").input_tokens


def test_errors_have_anthropics_form(client: Anthropic, server: Running) -> None:
    with pytest.raises(NotFoundError) as caught:
        client.messages.create(model="nobody", max_tokens=1, messages=[_turn("Hello.")])
    assert caught.value.body["type"] == "error"
    assert caught.value.body["error"]["type"] == "not_found_error"
    with pytest.raises(BadRequestError, match="tools"):
        client.messages.create(
            model="chat",
            max_tokens=1,
            messages=[_turn("Hello.")],
            tools=[{"type": "bash_20250124", "name": "bash"}],
        )
    with server.client() as http:
        for reply, status, kind in (
            (http.get("/v1/messages"), 405, "invalid_request_error"),
            (http.post("/v1/messages", content=b"{" * 9), 400, "invalid_request_error"),
            (http.post("/v1/messages", content=b" " * 3_000_000), 413, "request_too_large"),
        ):
            assert reply.status_code == status
            assert reply.json()["error"]["type"] == kind
            assert reply.json()["type"] == "error"


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"max_tokens": None}, "max_tokens"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "system", "content": "a"}]}, "messages[0].role"),
        ({"messages": [{"role": "assistant", "content": ""}]}, "messages"),
        (
            {
                "messages": [_turn("a"), {"role": "assistant", "content": "{"}],
                "output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}},
            },
            "messages",
        ),
        ({"messages": [_turn("a")], "temperature": 1.5}, "temperature"),
        ({"messages": [_turn("a")], "stop_sequences": [""]}, "stop_sequences[0]"),
        ({"messages": [_turn("a")], "thinking": {"type": "enabled", "budget_tokens": 2000}}, "thinking"),
        ({"messages": [{"role": "user", "content": [{"type": "image", "source": {}}]}]}, "messages[0]"),
        ({"messages": [_turn("a" * 1_500_000)]}, "messages"),
        ({"messages": [_turn("a")], "systems": "b"}, "systems"),
    ],
)
def test_a_field_that_cannot_be_obeyed_is_refused_by_name(
    server: Running, fields: dict[str, object], word: str
) -> None:
    body = {"model": "chat", "max_tokens": 1, "messages": [_turn("Hello.")]} | fields
    with server.client() as http:
        reply = http.post("/v1/messages", json={k: v for k, v in body.items() if v is not None})
    assert reply.status_code == 400
    assert word in reply.json()["error"]["message"]


def test_a_key_is_needed_where_there_are_keys(start: Callable[..., Running], copy: Lab) -> None:
    key = key_of(copy, "town")
    running = start(lab=copy)
    ask = {"model": "chat", "max_tokens": 1, "messages": [_turn("Hello.")]}
    with Anthropic(base_url=running.url, api_key=key, max_retries=0) as client:
        assert client.messages.create(**ask).stop_reason == "max_tokens"
    with (
        Anthropic(base_url=running.url, api_key="gw_wrong", max_retries=0) as client,
        pytest.raises(AuthenticationError) as caught,
    ):
        client.messages.create(**ask)
    assert caught.value.body["error"]["type"] == "authentication_error"
