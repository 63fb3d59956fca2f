"""Files of vector stores: in batches, their attributes, their passages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from tests.serve.clients import openai_client
from tests.serve.conftest import Running


@pytest.fixture
def client(server: Running) -> Iterator[OpenAI]:
    with openai_client(server) as found:
        yield found


def test_files_are_added_together_changed_and_read_back(client: OpenAI) -> None:
    names = [
        client.files.create(file=(f"{word}.txt", word.encode()), purpose="assistants").id
        for word in ("bridge", "bakery")
    ]
    home = client.vector_stores.create(name="town").id
    group = client.vector_stores.file_batches.create(home, file_ids=names, attributes={"town": "Lind"})
    assert (group.status, group.file_counts.completed) == ("completed", 2)
    found = client.vector_stores.file_batches.retrieve(group.id, vector_store_id=home)
    assert found == group
    assert client.vector_stores.file_batches.cancel(group.id, vector_store_id=home) == group
    listed = client.vector_stores.file_batches.list_files(group.id, vector_store_id=home, order="asc")
    assert [file.id for file in listed] == names
    changed = client.vector_stores.files.update(names[0], vector_store_id=home, attributes={"a": 1})
    assert changed.attributes == {"a": 1}
    assert client.vector_stores.files.retrieve(names[1], vector_store_id=home).attributes == {"town": "Lind"}
    (piece,) = client.vector_stores.files.content(names[0], vector_store_id=home)
    assert piece.text == "bridge"
    with pytest.raises(NotFoundError):
        client.vector_stores.file_batches.create(home, file_ids=["file_nobody"])
    with pytest.raises(BadRequestError):
        client.vector_stores.file_batches.create(home, file_ids=[])
