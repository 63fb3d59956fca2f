"""Batches: the requests of a file, answered by the same endpoints, also after a restart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openai import BadRequestError, OpenAI
from openai.types import Batch

from glaswerk.lab import Lab
from glaswerk.serve import create_app
from tests.serve.clients import openai_client
from tests.serve.conftest import BAKERY, BRIDGE, ENDLESS, Running, run_app, wait_until

CHAT = "/v1/chat/completions"


@pytest.fixture
def client(server: Running) -> Iterator[OpenAI]:
    with openai_client(server) as found:
        yield found


def _line(name: str, question: str, url: str = CHAT, **more: Any) -> dict[str, Any]:
    body = {"model": "chat", "messages": [{"role": "user", "content": question}], "temperature": 0, **more}
    return {"custom_id": name, "method": "POST", "url": url, "body": body}


def _begin(client: OpenAI, lines: bytes | list[dict[str, Any]], endpoint: str = CHAT) -> Batch:
    data = lines if isinstance(lines, bytes) else "\n".join(map(json.dumps, lines)).encode()
    file = client.files.create(file=("in.jsonl", data), purpose="batch").id
    return client.batches.create(
        input_file_id=file, endpoint=endpoint, completion_window="24h", metadata={"a": "b"}
    )  # type: ignore[call-overload]


def _ended(client: OpenAI, name: str) -> Batch:
    wait_until(lambda: client.batches.retrieve(name).status in ("completed", "failed"))
    return client.batches.retrieve(name)


def _answers(client: OpenAI, file: str | None) -> dict[str, Any]:
    assert file is not None
    rows = [json.loads(line) for line in client.files.content(file).text.splitlines()]
    return {row["custom_id"]: row["response"] for row in rows}


def test_good_and_bad_requests_are_answered_each_in_its_file(client: OpenAI) -> None:
    lines = [
        _line("bridge", "Who built the old bridge?"),
        _line("bakery", "When does the bakery open?"),
        _line("wrong", "Hello.", temperature=9),
        _line("nobody", "Hello.", model="nobody"),
    ]
    done = _ended(client, _begin(client, lines).id)
    assert done.status == "completed"
    assert done.metadata == {"a": "b"}
    assert done.request_counts is not None
    assert (done.request_counts.total, done.request_counts.completed, done.request_counts.failed) == (4, 2, 2)
    good, bad = _answers(client, done.output_file_id), _answers(client, done.error_file_id)
    texts = {name: one["body"]["choices"][0]["message"]["content"] for name, one in good.items()}
    assert texts == {"bridge": BRIDGE, "bakery": BAKERY}
    assert {name: one["status_code"] for name, one in bad.items()} == {"wrong": 400, "nobody": 404}
    assert bad["wrong"]["body"]["error"]["param"] == "temperature"
    assert done.id in [batch.id for batch in client.batches.list()]


def test_other_endpoints_have_batches_too(client: OpenAI) -> None:
    line = {
        "custom_id": "a",
        "method": "POST",
        "url": "/v1/embeddings",
        "body": {"model": "chat", "input": "a"},
    }
    done = _ended(client, _begin(client, [line], "/v1/embeddings").id)
    assert len(_answers(client, done.output_file_id)["a"]["body"]["data"][0]["embedding"]) == 128


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        (b"", "lines"),
        (b"no json", "JSON"),
        (b"[" * 5000, "JSON"),
        (b'{"custom_id": "\\ud800"}', "JSON"),
        ([_line("a", "Hello."), _line("a", "Hello.")], "custom_id"),
        ([_line("a", "Hello.", "/v1/responses")], "url"),
        ([_line("a", "Hello.", stream=True)], "stream"),
        ([_line("a", "Hello.") | {"method": "GET"}], "method"),
        ([_line("a", "Hello.") | {"extra": 1}], "extra"),
    ],
)
def test_a_file_with_a_wrong_line_does_not_begin(client: OpenAI, lines: Any, word: str) -> None:
    done = _ended(client, _begin(client, lines).id)
    assert done.status == "failed"
    assert done.errors is not None
    assert done.errors.data
    assert word in (done.errors.data[0].message or "")
    assert done.output_file_id is None


def test_a_file_of_another_purpose_is_refused(client: OpenAI) -> None:
    file = client.files.create(file=("in.jsonl", b"{}"), purpose="assistants").id
    with pytest.raises(BadRequestError, match="purpose"):
        client.batches.create(input_file_id=file, endpoint=CHAT, completion_window="24h")


def test_a_cancelled_batch_keeps_what_is_answered(client: OpenAI) -> None:
    lines = [_line(f"line {i}", ENDLESS, max_tokens=4000) for i in range(12)]
    made = _begin(client, [_line("first", "Who built the old bridge?"), *lines])
    wait_until(
        lambda: (client.batches.retrieve(made.id).request_counts or made.request_counts).completed >= 1
    )  # type: ignore[union-attr]
    done = client.batches.cancel(made.id)
    assert done.status == "cancelled"
    assert "first" in _answers(client, done.output_file_id)
    with pytest.raises(BadRequestError):
        client.batches.cancel(made.id)


def test_a_batch_goes_on_after_a_restart_and_no_answer_is_lost_or_twice(
    copy: Lab, start: Callable[..., Running]
) -> None:
    lines = [_line(f"line {i}", ENDLESS, max_tokens=40) for i in range(24)]
    with run_app(create_app(copy)) as running, openai_client(running) as client:
        made = _begin(client, lines)
        wait_until(
            lambda: (client.batches.retrieve(made.id).request_counts or made.request_counts).completed >= 2  # type: ignore[union-attr]
        )
    with openai_client(start(lab=copy)) as client:
        done = _ended(client, made.id)
        answers = _answers(client, done.output_file_id)
        lengths = [len(client.files.content(done.output_file_id or "").text.splitlines())]
    assert done.status == "completed"
    assert set(answers) == {f"line {i}" for i in range(24)}
    assert lengths == [24]
