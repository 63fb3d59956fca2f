"""A gateway in front of another one of ours: grammars, probabilities and counts come through both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from anthropic import Anthropic
from openai import OpenAI

from glaswerk.lab import Lab
from glaswerk.serve import create_app
from tests.serve.clients import openai_client
from tests.serve.conftest import BRIDGE, DIALOGUES, ENDLESS, Running, run_app

PARAMETERS: Any = {
    "type": "object",
    "properties": {"open": {"type": "boolean"}},
    "required": ["open"],
    "additionalProperties": False,
}


@pytest.fixture
def chain(copy: Lab, server: Running) -> Iterator[Running]:
    with (copy.root / "lab.toml").open("a") as file:
        file.write(f'\n[serve.upstreams.ours]\nurl = "{server.url}/v1"\n')
    with run_app(create_app(Lab.open(copy.root))) as running:
        yield running


def test_what_our_own_server_answers_comes_through_another(chain: Running, server: Running) -> None:
    with openai_client(chain) as far, openai_client(server) as near:
        for question, answer in DIALOGUES.items():
            asked: Any = {"input": question, "temperature": 0, "top_logprobs": 2}
            here, there = (
                near.responses.create(model="chat", **asked),
                far.responses.create(model="ours/chat", **asked),
            )
            assert there.output_text == answer
            assert _counts(there) == _counts(here)
            assert _tokens(there) == _tokens(here)
        check_forms(far)
        cut = far.responses.create(model="ours/chat", input=ENDLESS, max_output_tokens=7)
        assert (cut.status, _counts(cut)[1]) == ("incomplete", 7)
    with Anthropic(base_url=chain.url, api_key="none", max_retries=0) as client:
        check_messages(client)


def check_forms(client: OpenAI) -> None:
    """A tool that must be called, and a schema."""
    tools: Any = [{"type": "function", "name": "door", "parameters": PARAMETERS}]
    asked: Any = {"model": "ours/chat", "input": "Is it open?", "max_output_tokens": 400}
    (call,) = client.responses.create(tools=tools, tool_choice="required", **asked).output
    assert call.type == "function_call"
    assert json.loads(call.arguments).keys() == {"open"}
    form: Any = {"format": {"type": "json_schema", "name": "door", "schema": PARAMETERS}}
    events: Any = client.responses.create(text=form, stream=True, **asked)
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert json.loads(text).keys() == {"open"}


def check_messages(client: Anthropic) -> None:
    """Words and a call."""
    asked: Any = {"model": "ours/chat", "max_tokens": 400, "extra_body": {"temperature": 0}}
    question: Any = [{"role": "user", "content": "Who built the old bridge?"}]
    assert client.messages.create(messages=question, **asked).content[0].text == BRIDGE  # type: ignore[union-attr]
    tools: Any = [{"name": "door", "input_schema": PARAMETERS}]
    with client.messages.stream(
        messages=question, tools=tools, tool_choice={"type": "any"}, **asked
    ) as stream:
        (block,) = stream.get_final_message().content
    assert block.type == "tool_use"
    assert block.input.keys() == {"open"}


def _counts(made: Any) -> tuple[int, int]:
    return made.usage.input_tokens, made.usage.output_tokens


def _tokens(made: Any) -> list[tuple[str, int]]:
    return [(one.token, len(one.top_logprobs)) for one in made.output[0].content[0].logprobs]
