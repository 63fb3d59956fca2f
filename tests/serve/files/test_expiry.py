"""What has a time to end: vector stores, batches and their files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openai import BadRequestError, OpenAI

from glaswerk.lab import Lab
from glaswerk.serve.files.files import add_file
from glaswerk.serve.stored.store import Store
from tests.serve.clients import openai_client
from tests.serve.conftest import Running, wait_until


@pytest.fixture
def client(server: Running) -> Iterator[OpenAI]:
    with openai_client(server) as found:
        yield found


def line(name: str, question: str) -> dict[str, Any]:
    body = {"model": "chat", "messages": [{"role": "user", "content": question}], "temperature": 0}
    return {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body}


def rows_of(client: OpenAI, file: str | None) -> list[dict[str, Any]]:
    assert file is not None
    return [json.loads(text) for text in client.files.content(file).text.splitlines()]


def test_a_vector_store_that_expired_is_not_searched(start: Callable[..., Running], copy: Lab) -> None:
    store = Store(copy.root / "stored.db")
    with openai_client(start(lab=copy)) as client:
        made = client.vector_stores.create(name="town", expires_after={"anchor": "last_active_at", "days": 2})
        assert made.expires_at is not None
        assert made.last_active_at is not None
        assert made.expires_at - made.last_active_at == 2 * 86_400
        assert client.vector_stores.search(made.id, query="bridge").data == []
        body = store.get("local", "vector_store", made.id)
        store.change("local", "vector_store", body | {"expires_at": 1})
        assert client.vector_stores.retrieve(made.id).status == "expired"
        with pytest.raises(BadRequestError) as refused:
            client.vector_stores.search(made.id, query="bridge")
        assert refused.value.code == "vector_store_expired"
    store.close()


def test_a_batch_whose_time_is_over_ends_with_what_is_answered(
    start: Callable[..., Running], copy: Lab
) -> None:
    store = Store(copy.root / "stored.db")
    lines = [line("bridge", "Who built the old bridge?"), line("bakery", "When does the bakery open?")]
    data = "\n".join(map(json.dumps, lines)).encode()
    file = add_file(store, "local", "in.jsonl", "batch", [data], len(data))
    counts = {"total": 2, "completed": 1, "failed": 0}
    batch = {
        "id": "batch_1",
        "object": "batch",
        "endpoint": "/v1/chat/completions",
        "input_file_id": file["id"],
    }
    batch |= {"completion_window": "24h", "status": "in_progress", "created_at": 1, "expires_at": 2}
    store.add("local", "batch", batch | {"request_counts": counts, "in_progress_at": 1})
    store.add("local", "batch_key", {"id": "batch_1", "key": ""}, parent="batch_1")
    answer = {"status_code": 200, "request_id": "req_1", "body": {}}
    answered = {"id": "line_1", "custom_id": "bridge", "response": answer, "error": None}
    store.add("local", "batch_line", answered, parent="batch_1")
    store.close()
    with openai_client(start(lab=copy)) as client:
        wait_until(lambda: client.batches.retrieve("batch_1").status == "expired")
        ended = client.batches.retrieve("batch_1")
        assert ended.expired_at is not None
        assert [row["custom_id"] for row in rows_of(client, ended.output_file_id)] == ["bridge"]
        (row,) = rows_of(client, ended.error_file_id)
        assert (row["custom_id"], row["error"]["code"]) == ("bakery", "batch_expired")


def test_the_output_of_a_batch_expires_when_that_is_asked_for(client: OpenAI) -> None:
    data = json.dumps(line("bridge", "Who built the old bridge?")).encode()
    file = client.files.create(file=("in.jsonl", data), purpose="batch").id
    made = client.batches.create(
        input_file_id=file,
        endpoint="/v1/chat/completions",  # type: ignore[arg-type]
        completion_window="24h",
        output_expires_after={"anchor": "created_at", "seconds": 3600},
    )
    wait_until(lambda: client.batches.retrieve(made.id).status == "completed")
    done = client.batches.retrieve(made.id)
    assert done.output_file_id is not None
    found = client.files.retrieve(done.output_file_id)
    assert found.expires_at is not None
    assert found.expires_at - found.created_at == 3600
