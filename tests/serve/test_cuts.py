"""Where an answer is cut, no half character is sent, and nothing before a stop string is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from glaswerk.core.document import Message
from glaswerk.infer import Engine
from glaswerk.lab import Lab

from .conftest import BAKERY, Running

QUESTION = "When does the bakery open?"
ASKED: dict[str, Any] = {
    "model": "chat",
    "messages": [{"role": "user", "content": QUESTION}],
    "temperature": 0,
}


def whole(server: Running, **more: Any) -> str:
    with server.client() as client:
        reply = client.post("/v1/chat/completions", json=ASKED | more).raise_for_status()
    return str(reply.json()["choices"][0]["message"]["content"])


def streamed(server: Running, **more: Any) -> list[str]:
    with server.client() as client:
        reply = client.post("/v1/chat/completions", json=ASKED | {"stream": True} | more).raise_for_status()
    events = [json.loads(line[6:]) for line in reply.text.splitlines() if line.startswith("data: {")]
    return [choice["delta"].get("content", "") for event in events for choice in event["choices"]]


def test_the_emoji_of_the_answer_is_more_than_one_token(glass: Lab) -> None:
    engine = Engine.load(glass.path("model", "chat/step-60"))
    assert len(engine.tokenizer.encode("🥐")) > 1


@pytest.mark.slow
def test_an_answer_cut_at_any_token_is_a_beginning_of_the_whole_one(server: Running) -> None:
    for count in range(1, 16):
        text = whole(server, max_tokens=count)
        assert BAKERY.startswith(text), count
        assert "".join(streamed(server, max_tokens=count)) == text


def test_no_piece_of_a_stream_has_half_a_character(server: Running) -> None:
    pieces = streamed(server)
    assert "".join(pieces) == BAKERY
    assert not any("\ufffd" in piece for piece in pieces)


def test_batched_answers_are_cut_in_the_same_way(glass: Lab) -> None:
    engine = Engine.load(glass.path("model", "chat/step-60"))
    asked = [[Message(role="user", content=QUESTION)]]
    for count in range(1, 16):
        (text,) = engine.answer_many(asked, max_tokens=count)
        assert BAKERY.startswith(text), count


@pytest.mark.parametrize("stop", ["pens at", "🥐", "ry", "morning.", "W"])
def test_what_stands_before_a_stop_string_in_the_same_token_is_sent(server: Running, stop: str) -> None:
    assert whole(server, stop=stop) == BAKERY[: BAKERY.index(stop)]
    assert "".join(streamed(server, stop=[stop])) == BAKERY[: BAKERY.index(stop)]
