"""Answers in the background that a stopped server left."""

from __future__ import annotations

from collections.abc import Callable

from glaswerk.lab import Lab
from glaswerk.serve.responses.objects import started
from glaswerk.serve.stored.store import Store
from tests.serve.clients import openai_client
from tests.serve.conftest import Running


def test_an_answer_that_a_stopped_server_left_has_failed_after_the_next_start(
    start: Callable[..., Running], copy: Lab
) -> None:
    store = Store(copy.root / "stored.db")
    left = started({"model": "chat", "background": True}, (0.7, 1.0), None)
    done = left | {"id": "resp_done", "status": "completed"}
    for response in (left, done):
        store.add("local", "response", {"id": response["id"], "response": response, "input": []})
    store.close()
    with openai_client(start(lab=copy)) as client:
        found = client.responses.retrieve(left["id"])
        assert (found.status, found.output) == ("failed", [])
        assert found.error is not None
        assert (found.error.code, "stopped" in found.error.message) == ("server_error", True)
        assert client.responses.retrieve("resp_done").status == "completed"
        assert client.responses.cancel(left["id"]).status == "failed"
