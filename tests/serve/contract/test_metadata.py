"""Metadata and attributes are bounded as in OpenAI's API, wherever they are taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openai import BadRequestError, OpenAI

from tests.serve.clients import openai_client
from tests.serve.conftest import Running

WIDEST = {f"{i:064}": "v" * 512 for i in range(16)}
TOO_MUCH = [{"k" * 65: "v"}, {"k": "v" * 513}, {str(i): "v" for i in range(17)}, {"k": 1}]
Ask = Callable[[OpenAI, Any], Any]


@pytest.fixture
def client(server: Running) -> Iterator[OpenAI]:
    with openai_client(server) as found:
        yield found


def _response(client: OpenAI, metadata: Any) -> Any:
    return client.responses.create(model="chat", input="a", max_output_tokens=1, metadata=metadata)


def _chat(client: OpenAI, metadata: Any) -> Any:
    return client.chat.completions.create(
        model="chat", messages=[{"role": "user", "content": "a"}], max_tokens=1, store=True, metadata=metadata
    )


def _conversation(client: OpenAI, metadata: Any) -> Any:
    return client.conversations.create(metadata=metadata)


def _store(client: OpenAI, metadata: Any) -> Any:
    return client.vector_stores.create(metadata=metadata)


def _changed_store(client: OpenAI, metadata: Any) -> Any:
    return client.vector_stores.update(client.vector_stores.create().id, metadata=metadata)


def _batch(client: OpenAI, metadata: Any) -> Any:
    file = client.files.create(file=("a.jsonl", b""), purpose="batch").id
    return client.batches.create(
        input_file_id=file, endpoint="/v1/responses", completion_window="24h", metadata=metadata
    )


@pytest.mark.parametrize("ask", [_response, _chat, _conversation, _store, _changed_store, _batch])
def test_sixteen_pairs_of_64_and_512_characters_are_taken_and_no_more(client: OpenAI, ask: Ask) -> None:
    if ask is not _batch:
        assert ask(client, WIDEST) is not None
    for metadata in TOO_MUCH:
        with pytest.raises(BadRequestError, match="metadata"):
            ask(client, metadata)


def test_attributes_of_files_have_the_same_bounds(client: OpenAI) -> None:
    home = client.vector_stores.create().id
    file = client.files.create(file=("a.txt", b"a"), purpose="assistants").id
    made = client.vector_stores.files.create(home, file_id=file, attributes=WIDEST)
    assert made.attributes == WIDEST
    for attributes in TOO_MUCH[:3]:
        with pytest.raises(BadRequestError, match="attributes"):
            client.vector_stores.files.update(file, vector_store_id=home, attributes=attributes)  # type: ignore[arg-type]
