"""Several models of a lab on one server: loaded on demand, unloaded by least use, swapped to new releases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import httpx
import pytest

from glaswerk.lab import Lab
from glaswerk.serve import create_app
from glaswerk.serve.limits import DEFAULT_LIMITS, Limits
from tests.serve.clients import key_of, openai_client
from tests.serve.conftest import BRIDGE, Running, make_model, run_app
from tests.support.lab_copies import add_settings

from .conftest import QUESTION, SAYS

QUICK = replace(DEFAULT_LIMITS, release_seconds=0.05)
Serve = Callable[..., Running]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server: serve(lab, "chat", "baker", text of lab.toml)."""
    with ExitStack() as stack:

        def run(lab: Lab, *models: str, settings: str = "", limits: Limits = QUICK) -> Running:
            add_settings(lab.root, settings)
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
