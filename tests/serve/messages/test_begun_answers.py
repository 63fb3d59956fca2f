"""Anthropic's Messages API: a last turn of the assistant is a begun answer, which the model goes on with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from anthropic import Anthropic, BadRequestError

from tests.serve.conftest import BRIDGE, ENDLESS, Running

ASKED = {"role": "user", "content": "Who built the old bridge?"}
# Where the model's own tokens end, too.
HEAD = "The old bridge over the"
CALL: Any = {"type": "tool_use", "id": "toolu_1", "name": "clock", "input": {}}
TOOL: Any = {"name": "clock", "input_schema": {"type": "object", "properties": {}}}


@pytest.fixture
def client(server: Running) -> Iterator[Anthropic]:
    with Anthropic(base_url=server.url, api_key="none", max_retries=0, timeout=60) as found:
        yield found


def _ask(client: Anthropic, *turns: Any, **more: Any) -> Any:
    fields = {"model": "chat", "max_tokens": 100, "extra_body": {"temperature": 0}, **more}
    return client.messages.create(messages=[ASKED, *turns], **fields)


def _begun(content: Any = HEAD) -> Any:
    return {"role": "assistant", "content": content}


@pytest.mark.parametrize(
    "content",
    [
        HEAD,
        [{"type": "text", "text": HEAD}],
        [{"type": "thinking", "thinking": "Hm.", "signature": ""}, {"type": "text", "text": HEAD}],
    ],
)
def test_the_model_goes_on_where_the_answer_ends(client: Anthropic, content: Any) -> None:
    made = _ask(client, _begun(content))
    assert HEAD + made.content[0].text == BRIDGE
    assert made.stop_reason == "end_turn"
    counted = client.messages.count_tokens(model="chat", messages=[ASKED, _begun(content)])
    assert counted.input_tokens == made.usage.input_tokens
    assert counted.input_tokens > client.messages.count_tokens(model="chat", messages=[ASKED]).input_tokens


def test_a_stream_goes_on_with_the_same_words(client: Anthropic) -> None:
    asked: Any = [ASKED, _begun()]
    with client.messages.stream(
        model="chat", max_tokens=100, messages=asked, extra_body={"temperature": 0}
    ) as stream:
        assert HEAD + "".join(stream.text_stream) == BRIDGE


def test_an_empty_beginning_is_none(client: Anthropic) -> None:
    assert _ask(client, _begun("")).content[0].text == BRIDGE


def test_a_stop_sequence_of_the_beginning_does_not_end_the_answer(client: Anthropic) -> None:
    made = _ask(client, _begun(), stop_sequences=["bridge", "mason"])
    assert (made.stop_reason, made.stop_sequence) == ("stop_sequence", "mason")
    assert HEAD + made.content[0].text == BRIDGE.partition("mason")[0]


@pytest.mark.parametrize(
    ("turns", "more"),
    [
        ([_begun([{"type": "text", "text": "I look."}, CALL])], {"tools": [TOOL]}),
        ([_begun("{")], {"tools": [TOOL], "tool_choice": {"type": "any"}}),
        ([_begun("{")], {"tools": [TOOL], "tool_choice": {"type": "tool", "name": "clock"}}),
    ],
)
def test_what_cannot_be_gone_on_with_is_refused(client: Anthropic, turns: Any, more: Any) -> None:
    with pytest.raises(BadRequestError, match="messages"):
        _ask(client, *turns, **more)


def test_an_answer_without_a_word_has_no_block(client: Anthropic) -> None:
    more: Any = {"tools": [TOOL], "tool_choice": {"type": "any"}, "max_tokens": 1}
    made = _ask(client, **more)
    assert (made.content, made.stop_reason) == ([], "max_tokens")
    with client.messages.stream(model="chat", messages=[ASKED], **more) as stream:
        kinds = [event.type for event in stream]
    assert [kind for kind in kinds if kind.startswith("content")] == []
    assert kinds[-2:] == ["message_delta", "message_stop"]
    assert stream.get_final_message().stop_reason == "max_tokens"
    cut = client.messages.create(model="chat", max_tokens=1, messages=[{"role": "user", "content": ENDLESS}])
    assert all(block.text for block in cut.content if block.type == "text")
