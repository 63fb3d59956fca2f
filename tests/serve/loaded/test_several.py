"""Several models of a lab on one server: loaded on demand, unloaded by least use, swapped to new releases."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from glaswerk.lab import Lab, Spec
from glaswerk.serve import create_app
from glaswerk.serve.limits import DEFAULT_LIMITS, Limits
from tests.serve.clients import key_of, openai_client
from tests.serve.conftest import BRIDGE, ENDLESS, Running, make_model, run_app, wait_until

from .conftest import QUESTION, SAYS

QUICK = replace(DEFAULT_LIMITS, release_seconds=0.05)
Serve = Callable[..., Running]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server: serve(lab, "chat", "baker", text of lab.toml)."""
    with ExitStack() as stack:

        def run(lab: Lab, *models: str, settings: str = "", limits: Limits = QUICK) -> Running:
            with (lab.root / "lab.toml").open("a") as file:
                file.write(f"\n{settings}\n")
            app = create_app(Lab.open(lab.root), models, limits=limits)
            return stack.enter_context(run_app(app, limits))

        yield run


def ask(http: httpx.Client, model: str, question: str = QUESTION, **more: Any) -> httpx.Response:
    body = {"model": model, "temperature": 0, "messages": [{"role": "user", "content": question}], **more}
    return http.post("/v1/chat/completions", json=body)


def said(reply: httpx.Response) -> str:
    assert reply.status_code == 200, reply.text
    found = reply.json()
    return str(found["choices"][0]["message"]["content"])


def in_memory(running: Running) -> set[str]:
    models = running.app.state.models
    return {model.id for model in models.listed() if models.loaded(model.id) is not None}


def test_without_settings_one_model_is_listed_and_with_tables_each_that_the_lab_has(
    town: Lab, serve: Serve
) -> None:
    with openai_client(serve(town)) as client:
        assert [model.id for model in client.models.list()] == ["chat"]
    tables = '[serve.models.baker]\n[serve.models.builder]\nmodel = "mason"\n[serve.models.absent]'
    with openai_client(serve(town, settings=tables)) as client:
        assert [model.id for model in client.models.list()] == ["chat", "baker", "builder"]


def test_models_are_loaded_at_their_first_request_and_answered_side_by_side(town: Lab, serve: Serve) -> None:
    running = serve(town, "chat", "baker", "mason")
    assert in_memory(running) == {"chat"}
    with running.client() as http, ThreadPoolExecutor(6) as threads:
        wanted = {"chat": BRIDGE, **SAYS}
        replies = list(threads.map(lambda name: (name, said(ask(http, name))), [*wanted, *wanted]))
    assert replies == [(name, wanted[name]) for name in [*wanted, *wanted]]
    assert in_memory(running) == {"chat", "baker", "mason"}


def test_every_endpoint_answers_with_the_model_that_was_asked(town: Lab, serve: Serve) -> None:
    running = serve(town, "chat", "baker")
    user = [{"role": "user", "content": QUESTION}]
    with running.client() as http:
        response = http.post("/v1/responses", json={"model": "baker", "input": QUESTION, "temperature": 0})
        assert response.json()["output"][0]["content"][0]["text"] == SAYS["baker"]
        body = {"model": "baker", "messages": user, "max_tokens": 99, "temperature": 0}
        assert http.post("/v1/messages", json=body).json()["content"][0]["text"] == SAYS["baker"]
        vectors = [
            http.post("/v1/embeddings", json={"model": model, "input": "a bridge"}).json()["data"][0][
                "embedding"
            ]
            for model in ("chat", "baker")
        ]
        assert vectors[0] != vectors[1]
        prompt = {"model": "baker", "prompt": QUESTION, "echo": True, "logprobs": 0, "max_tokens": 0}
        scored = [http.post("/v1/completions", json=prompt | {"model": m}).json() for m in ("baker", "chat")]
        figures = [one["choices"][0]["logprobs"]["token_logprobs"] for one in scored]
        assert figures[0] != figures[1]


def test_an_answer_is_traced_in_what_its_own_model_learned(town: Lab, serve: Serve) -> None:
    with serve(town, "chat", "baker").client() as http:
        reply = ask(http, "baker", glaswerk={"trace": True}).json()
        assert "Mill Street" in reply["glaswerk"]["trace"]["spans"][0]["text"]
        again = http.get(f"/v1/traces/{reply['id']}").json()
        assert again["spans"] == reply["glaswerk"]["trace"]["spans"]


def test_a_name_of_no_model_is_not_found_and_the_others_are_named(town: Lab, serve: Serve) -> None:
    with serve(town, "chat", "baker").client() as http:
        reply = ask(http, "parrot")
        assert reply.status_code == 404
        assert reply.json()["error"]["code"] == "model_not_found"
        assert "'chat', 'baker'" in reply.json()["error"]["message"]


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


def test_a_key_sees_the_models_of_its_scope_and_no_other(town: Lab, serve: Serve) -> None:
    everything, scoped = key_of(town, "all"), key_of(town, "few", models=("baker",))
    aliases = '[serve.aliases]\n"gpt-4o" = "chat"\n"gpt-4o-mini" = "baker"'
    running = serve(town, "chat", "baker", settings=aliases)
    with running.client() as http:

        def get(path: str, key: str, method: str = "GET") -> httpx.Response:
            return http.request(method, path, headers={"authorization": f"Bearer {key}"})

        def ids(key: str) -> list[str]:
            return [model["id"] for model in get("/v1/models", key).json()["data"]]

        assert ids(everything) == ["chat", "gpt-4o", "baker", "gpt-4o-mini"]
        assert ids(scoped) == ["baker", "gpt-4o-mini"]
        assert get("/v1/models/gpt-4o-mini", scoped).status_code == 200
        for name in ("chat", "gpt-4o", "chat/step-60", "parrot"):
            for method in ("GET", "DELETE"):
                reply = get(f"/v1/models/{name}", scoped, method)
                assert reply.status_code == 404
                assert "'chat'" not in reply.json()["error"]["message"].partition("found")[0]


def test_a_key_cannot_have_a_model_loaded_that_is_not_its_own(town: Lab, serve: Serve) -> None:
    key = key_of(town, "few", models=("chat",))
    running = serve(town, "chat", "baker")
    with running.client() as http:
        http.headers["authorization"] = f"Bearer {key}"
        for path in ("chat/completions", "completions", "responses", "messages", "embeddings"):
            messages = [{"role": "user", "content": "hi"}]
            asked = {
                "chat/completions": {"messages": messages},
                "messages": {"max_tokens": 2, "messages": messages},
                "completions": {"prompt": "hi"},
            }.get(path, {"input": "hi"})
            assert http.post(f"/v1/{path}", json={"model": "baker", **asked}).status_code == 403
    assert in_memory(running) == {"chat"}


def test_a_model_is_deleted_where_the_owner_allows_it(town: Lab, serve: Serve) -> None:
    with serve(town, "chat", "baker").client() as http:
        refused = http.delete("/v1/models/baker")
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "permission_denied")
    assert town.latest("model", "baker") is not None
    running = serve(town, "chat", "baker", "mason", settings="[serve]\ndelete = true")
    with openai_client(running) as client:
        assert client.models.delete("baker").model_dump() == {
            "id": "baker",
            "object": "model",
            "deleted": True,
        }
        assert [model.id for model in client.models.list()] == ["chat", "mason"]
    assert town.latest("model", "baker") is None
    with running.client() as http:
        assert http.delete("/v1/models/baker").status_code == 404
        assert ask(http, "baker").status_code == 404
        assert said(ask(http, "chat")) == BRIDGE
        make_model(town, "mason/step-41", steps=0)
        several = http.delete("/v1/models/mason")
        assert (several.status_code, several.json()["error"]["code"]) == (409, "model_in_use")
        assert http.delete("/v1/models/mason/step-41").status_code == 200
    assert [model.name for model in town.all("model") if model.name.startswith("mason")] == ["mason/step-40"]
