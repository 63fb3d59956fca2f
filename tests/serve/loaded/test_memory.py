"""What stays in memory, and what comes in its place: bounds, failures, new releases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from glaswerk.lab import Lab, Spec
from tests.serve.conftest import BRIDGE, ENDLESS, make_model, wait_until

from .conftest import QUESTION, SAYS
from .test_several import QUICK, Serve, ask, in_memory, said, serve

__all__ = ["serve"]
# Each loads several models, or trains one while a server runs.
pytestmark = pytest.mark.slow


def test_the_model_that_was_not_used_for_longest_makes_room(town: Lab, serve: Serve) -> None:
    limits = replace(QUICK, running=1)
    running = serve(town, "chat", "baker", "mason", settings='[serve]\nmemory = "40 MB"', limits=limits)
    with running.client() as http:
        assert said(ask(http, "baker")) == SAYS["baker"]
        assert said(ask(http, "chat")) == BRIDGE
        assert in_memory(running) == {"chat", "baker"}
        assert said(ask(http, "mason")) == SAYS["mason"]
        assert in_memory(running) == {"chat", "mason"}
        assert said(ask(http, "baker")) == SAYS["baker"]
        assert in_memory(running) == {"baker", "mason"}


def test_a_model_that_answers_stays_until_its_answer_is_whole(town: Lab, serve: Serve) -> None:
    limits = replace(QUICK, running=1)
    running = serve(town, "chat", "baker", settings='[serve]\nmemory = "20 MB"', limits=limits)
    with running.client() as http, ThreadPoolExecutor(1) as thread:
        text = stream(http, "chat", 300)
        first = next(text)
        other = thread.submit(ask, http, "baker")
        whole = first + "".join(text)
        assert said(other.result()) == SAYS["baker"]
    assert whole.count(" on and") > 60
    assert in_memory(running) == {"baker"}


def test_a_model_beyond_the_memory_is_refused_with_both_figures(town: Lab, serve: Serve) -> None:
    running = serve(town, "chat", "baker", settings="[serve]\nmemory = 1_000_000")
    with running.client() as http:
        reply = ask(http, "baker")
        assert (reply.status_code, reply.json()["error"]["code"]) == (503, "model_unavailable")
        assert "GB" in reply.json()["error"]["message"]
        assert int(reply.headers["retry-after"]) > 0
        assert said(ask(http, "chat")) == BRIDGE


@pytest.mark.parametrize("damage", ["model.safetensors", "config.json", "tokenizer.json"])
def test_a_model_that_fails_to_load_harms_no_other(town: Lab, serve: Serve, damage: str) -> None:
    broken = town.latest("model", "baker")
    assert broken is not None
    (broken.path / damage).write_bytes(b"\x00broken")
    with serve(town, "chat", "baker").client() as http:
        for _ in range(2):
            reply = ask(http, "baker")
            assert reply.status_code in (500, 503)
            assert reply.json()["error"]["code"] in ("model_unavailable", "model_failed")
            assert "baker" in reply.json()["error"]["message"]
            assert "Traceback" not in reply.text
        assert said(ask(http, "chat")) == BRIDGE


def stream(http: httpx.Client, model: str, tokens: int) -> Iterator[str]:
    """The pieces of an answer that goes on until its tokens end."""
    body = {"model": model, "stream": True, "max_tokens": tokens, "temperature": 0}
    body["messages"] = [{"role": "user", "content": ENDLESS}]
    finish = None
    with http.stream("POST", "/v1/chat/completions", json=body) as reply:
        assert reply.status_code == 200
        for line in reply.iter_lines():
            if line.startswith("data: {"):
                event = json.loads(line[6:])
                assert "error" not in event, event
                choice = event["choices"][0]
                finish = choice["finish_reason"] or finish
                if choice["delta"].get("content"):
                    yield choice["delta"]["content"]
    assert finish == "length"


@pytest.mark.parametrize("memory", ["", '[serve]\nmemory = "20 MB"'])
def test_an_answer_that_runs_while_a_new_release_comes_is_whole(town: Lab, serve: Serve, memory: str) -> None:
    limits = replace(QUICK, running=1 if memory else 64)
    running = serve(town, "chat", settings=memory, limits=limits)
    models = running.app.state.models
    old = models.loaded().artifact
    with running.client() as http:
        text = stream(http, "chat", 800)
        pieces = [next(text)]
        make_model(town, "chat/step-61", steps=40, dialogues={QUESTION: SAYS["mason"]})
        if not memory:
            wait_until(lambda: models.loaded().artifact.id != old.id)
        pieces += text
        assert "".join(pieces).count(" on and") > 150
        wait_until(lambda: models.loaded() is not None and models.loaded().artifact.id != old.id)
        assert said(ask(http, "chat")) == SAYS["mason"]
        assert http.get("/health").json()["model"] == "chat/step-61"


def test_a_new_release_that_cannot_be_loaded_leaves_the_old_one_answering(town: Lab, serve: Serve) -> None:
    running = serve(town, "chat")
    make_model(town, "chat/step-61", steps=0)
    newest = town.latest("model", "chat")
    assert newest is not None
    wait_until(lambda: running.app.state.models.loaded().artifact.id == newest.id)
    with running.client() as http:
        before = said(ask(http, "chat", max_tokens=4))
        town.make(Spec("model", "chat/step-62", "test/1", {}, {}), no_model)
        for _ in range(20):
            assert said(ask(http, "chat", max_tokens=4)) == before


def no_model(folder: Path) -> dict[str, Any]:
    (folder / "config.json").write_text("{")
    return {}
