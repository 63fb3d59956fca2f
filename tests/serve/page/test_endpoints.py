"""The endpoints of the chat page: chats, feedback, usage and runs, each project's own."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.serve import create_app
from glaswerk.serve.contract.operation import Call
from glaswerk.serve.page.feedback import Feedback, pairs, ratings
from glaswerk.serve.stored.store import Store
from tests.serve.accounts.conftest import make_key
from tests.serve.conftest import Running
from tests.support.lab_copies import add_settings

WHO = [{"role": "user", "content": "Who built the old bridge?"}]
FEEDBACK, CHATS = "/v1/glaswerk/feedback", "/v1/glaswerk/chats"


@pytest.fixture
def client(copy: Lab, start: Callable[..., Running]) -> Iterator[httpx.Client]:
    with start(lab=copy).client() as found:
        yield found


def rated(name: str, rating: str, answer: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "rating": rating, "messages": WHO, "answer": answer, **more}


def chat(name: str, *texts: str, title: str = "Bridges", version: int = 2) -> dict[str, Any]:
    messages = {f"{name}{i}": {"id": f"{name}{i}", "content": text} for i, text in enumerate(texts)}
    summary = {"id": name, "title": title, "folder": "", "updated": len(texts), "version": version}
    return {"summary": summary, "chat": {"id": name, "messages": messages}}


def test_ratings_become_preference_pairs_and_the_last_one_counts(client: httpx.Client, copy: Lab) -> None:
    for one in (
        rated("a", "up", "Anna did."),
        rated("b", "up", "Nobody."),
        rated("b", "down", "Nobody."),
        rated("c", "down", "A cat."),
        rated("d", "down", "Another question", messages=[{"role": "user", "content": "?"}]),
    ):
        assert client.post(FEEDBACK, json=one).json()["rating"] == one["rating"]
    taken = client.delete(f"{FEEDBACK}/c")
    assert taken.json() == {"id": "c", "object": "glaswerk.feedback", "rating": "none"}
    store = Store(copy.root / "stored.db")
    found = list(ratings(store))
    assert [(one["about"], one["rating"]) for one in found] == [("a", "up"), ("b", "down"), ("d", "down")]
    assert list(pairs(found)) == [
        {
            "prompt": WHO,
            "chosen": [{"role": "assistant", "content": "Anna did."}],
            "rejected": [{"role": "assistant", "content": "Nobody."}],
        }
    ]
    # Nothing is changed or deleted: every rating is still a row.
    assert len(store.everywhere("feedback")) == 6
    store.close()


def test_the_oldest_ratings_of_a_project_make_room(copy: Lab) -> None:
    store = Store(copy.root / "stored.db")
    app = Starlette()

    async def rate(feedback: Feedback, project: str, name: str) -> None:
        request = Request({"type": "http", "app": app, "headers": [], "state": {}})
        await feedback.rate(Call(request, rated(name, "up", "x" * 1000), {}, project))

    async def run() -> None:
        few, small = Feedback(store, on=True, most=3), Feedback(store, on=True, most_bytes=2_500)
        for i in range(5):
            await rate(few, "one", f"a{i}")
            await rate(small, "two", f"b{i}")

    anyio.run(run)
    kept = {project: [row["about"] for row in ratings(store, project)] for project in ("one", "two")}
    assert kept == {"one": ["a2", "a3", "a4"], "two": ["b3", "b4"]}
    store.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"rating": "sideways"},
        {"answer": ""},
        {"messages": []},
        {"messages": [{"role": "tool", "content": "x"}]},
        {"more": 1},
        {"id": "x" * 200},
        {"answer": "\ud800"},
    ],
)
def test_a_rating_that_is_none_is_refused(client: httpx.Client, wrong: dict[str, Any]) -> None:
    body = json.dumps({**rated("a", "up", "Anna did."), **wrong})
    assert (
        client.post(FEEDBACK, content=body, headers={"content-type": "application/json"}).status_code == 400
    )


def test_an_operator_can_turn_feedback_off(copy: Lab, start: Callable[..., Running]) -> None:
    add_settings(copy.root, "[serve]\nfeedback = false")
    with start(lab=Lab.open(copy.root)).client() as client:
        assert client.get("/v1/glaswerk/info").json()["feedback"] is False
        refused = client.post(FEEDBACK, json=rated("a", "up", "Anna did."))
        assert refused.status_code == 403
        assert refused.json()["error"]["code"] == "feedback_off"
    settings = copy.root / "lab.toml"
    settings.write_text(settings.read_text().replace("false", '"no"'))
    with pytest.raises(GlaswerkError, match="feedback under"):
        create_app(Lab.open(copy.root))


def test_chats_are_kept_found_and_deleted(client: httpx.Client) -> None:
    assert client.get(CHATS).json()["data"] == []
    for one in (chat("a", "The old BRIDGE", "by Anna"), chat("b", "At six", title="Bakery")):
        assert client.post(f"{CHATS}/{one['summary']['id']}", json=one).json() == one
    listed = client.get(CHATS).json()["data"]
    assert [one["id"] for one in listed] == ["a", "b"]
    assert [one["id"] for one in client.get(CHATS, params={"query": "anna bridge"}).json()["data"]] == ["a"]
    assert client.get(f"{CHATS}/b").json() == chat("b", "At six", title="Bakery")
    assert client.delete(f"{CHATS}/b").json()["deleted"] is True
    gone = client.get(f"{CHATS}/b")
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "chat_not_found")


def test_a_deleted_chat_comes_back_only_if_that_is_meant(client: httpx.Client) -> None:
    one = chat("a", "by Anna")
    client.post(f"{CHATS}/a", json=one)
    client.delete(f"{CHATS}/a")
    refused = client.post(f"{CHATS}/a", json=chat("a", "by Anna", "and more"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (410, "chat_deleted")
    assert client.get(CHATS).json()["data"] == []
    assert client.post(f"{CHATS}/a", json={**one, "undelete": True}).json() == one
    assert client.post(f"{CHATS}/a", json=one).json() == one
    assert client.delete(f"{CHATS}/a").status_code == 200
    assert client.delete(f"{CHATS}/a").status_code == 404


def test_two_browsers_that_write_in_one_chat_lose_nothing(client: httpx.Client) -> None:
    client.post(f"{CHATS}/a", json=chat("a", "first"))
    other = chat("a")
    other["chat"]["messages"] = {"other": {"id": "other", "content": "second"}}
    both = client.post(f"{CHATS}/a", json=other).json()["chat"]["messages"]
    assert sorted(both) == ["a0", "other"]


def test_a_chat_of_a_newer_page_is_not_overwritten(client: httpx.Client) -> None:
    client.post(f"{CHATS}/a", json=chat("a", "first", version=3))
    refused = client.post(f"{CHATS}/a", json=chat("a", "second", version=2))
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "newer_chat")
    assert client.post(f"{CHATS}/b", json=chat("a", "wrong place")).status_code == 400


def test_a_project_sees_neither_chats_nor_usage_of_another(copy: Lab, start: Callable[..., Running]) -> None:
    _, one = make_key(copy, name="one", project="one")
    _, two = make_key(copy, name="two", project="two")
    with start(lab=copy).client() as client:
        mine, theirs = ({"authorization": f"Bearer {key}"} for key in (one, two))
        assert client.get(CHATS).status_code == 401
        client.post(f"{CHATS}/a", json=chat("a", "mine"), headers=mine)
        assert client.get(f"{CHATS}/a", headers=theirs).status_code == 404
        assert client.get(CHATS, headers=theirs).json()["data"] == []
        asked = {"model": "chat", "messages": WHO, "max_tokens": 4}
        client.post("/v1/chat/completions", json=asked, headers=mine)
        used = client.get("/v1/glaswerk/usage", headers=mine).json()
        assert used["project"] == "one"
        assert [(total["name"], total["requests"]) for total in used["by_model"]] == [("chat", 1)]
        assert client.get("/v1/glaswerk/usage", headers=theirs).json()["days"] == []


def test_runs_are_listed_with_their_loss_while_they_go_on(client: httpx.Client, copy: Lab) -> None:
    assert client.get("/v1/glaswerk/runs").json()["data"] == []
    folder = copy.root / "runs" / "0123456789abcdef"
    folder.mkdir(parents=True)
    rows = [{"step": i, "loss": 8 - i / 100, "tokens_per_second": 5} for i in range(500)]
    written = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "metrics.jsonl").write_text(written + '{"step": 500, "lo')
    (run,) = client.get("/v1/glaswerk/runs").json()["data"]
    assert (run["id"], run["state"], run["steps"]) == ("0123456789abcdef", "running", 500)
    assert len(run["loss"]) == 200
    assert (run["loss"][0], run["loss"][-1]) == ([0, 8], [499, 8 - 4.99])
    old = time.time() - 3600
    os.utime(folder / "metrics.jsonl", (old, old))
    assert client.get("/v1/glaswerk/runs").json()["data"][0]["state"] == "stopped"


def test_a_run_that_diverged_is_listed_up_to_there(client: httpx.Client, copy: Lab) -> None:
    for name, last in (("diverged", "NaN"), ("endless", "Infinity"), ("stepless", "7}\n{")):
        folder = copy.root / "runs" / name
        folder.mkdir(parents=True)
        good = '{"step": 0, "loss": 8, "tokens_per_second": NaN}\n'
        (folder / "metrics.jsonl").write_text(f'{good}{{"step": 1, "loss": {last}}}\n[1]\n{{"loss": 3}}\n')
    found = client.get("/v1/glaswerk/runs")
    assert found.status_code == 200
    losses = {run["id"]: run["loss"] for run in found.json()["data"]}
    assert losses == {"diverged": [[0, 8]], "endless": [[0, 8]], "stepless": [[0, 8], [1, 7]]}


@pytest.mark.parametrize("odd", ['"updated": 1e999', '"updated": NaN', '"title": "\\ud800"'])
def test_a_chat_that_is_no_json_breaks_no_list(client: httpx.Client, odd: str) -> None:
    client.post(f"{CHATS}/a", json=chat("a", "first"))
    key = odd.split(":")[0]
    text = json.dumps(chat("b", "second"))
    kept = {'"updated"': '"updated": 1', '"title"': '"title": "Bridges"'}[key]
    assert kept in text
    head = {"content-type": "application/json"}
    sent = client.post(f"{CHATS}/b", content=text.replace(kept, odd), headers=head)
    assert sent.status_code < 500
    listed = client.get(CHATS)
    assert listed.status_code == 200
    assert "a" in [one["id"] for one in listed.json()["data"]]


def test_a_chat_does_not_grow_beyond_its_bound_in_parts(client: httpx.Client) -> None:
    assert client.post(f"{CHATS}/a", json=chat("a", "x" * 5_000_000)).status_code == 200
    more = chat("a")
    more["chat"]["messages"] = {"other": {"id": "other", "content": "y" * 5_000_000}}
    refused = client.post(f"{CHATS}/a", json=more)
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "request_too_large")
    assert list(client.get(f"{CHATS}/a").json()["chat"]["messages"]) == ["a0"]
