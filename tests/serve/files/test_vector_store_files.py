"""Files of vector stores: in batches, their attributes, their passages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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


def test_files_are_listed_by_their_status(client: OpenAI) -> None:
    good = client.files.create(file=("a.txt", b"bridge"), purpose="assistants").id
    bad = client.files.create(file=("b.bin", b"\xff\xfe\x00"), purpose="assistants").id
    home = client.vector_stores.create().id
    group = client.vector_stores.file_batches.create(home, file_ids=[good, bad]).id
    files, batches = client.vector_stores.files, client.vector_stores.file_batches
    for status, wanted in {"completed": [good], "failed": [bad], "in_progress": [], "cancelled": []}.items():
        asked: Any = {"filter": status, "vector_store_id": home}
        assert [file.id for file in files.list(**asked)] == wanted
        assert [file.id for file in batches.list_files(group, **asked)] == wanted
    with pytest.raises(BadRequestError):
        files.list(home, filter="done")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        (None, ["a", "b", "c"]),
        ({"type": "eq", "key": "town", "value": "Lind"}, ["a"]),
        ({"type": "ne", "key": "town", "value": "Lind"}, ["b", "c"]),
        ({"type": "gt", "key": "year", "value": 1874}, ["b"]),
        ({"type": "gte", "key": "year", "value": 1874}, ["a", "b"]),
        ({"type": "lt", "key": "town", "value": "M"}, ["a"]),
        ({"type": "lte", "key": "year", "value": "1874"}, []),
        ({"type": "in", "key": "year", "value": [1874, 5]}, ["a"]),
        ({"type": "nin", "key": "year", "value": [1874, 5]}, ["b", "c"]),
        ({"type": "eq", "key": "open", "value": True}, ["b"]),
        ({"type": "eq", "key": "open", "value": 1}, []),
        (
            {
                "type": "or",
                "filters": [
                    {"type": "eq", "key": "town", "value": "Lind"},
                    {
                        "type": "and",
                        "filters": [
                            {"type": "eq", "key": "town", "value": "Mill"},
                            {"type": "lt", "key": "year", "value": 1900},
                        ],
                    },
                ],
            },
            ["a"],
        ),
    ],
)
def test_a_search_keeps_to_files_with_wanted_attributes(
    client: OpenAI, filters: Any, wanted: list[str]
) -> None:
    facts: dict[str, Any] = {
        "a": {"town": "Lind", "year": 1874},
        "b": {"town": "Mill", "year": 1900.5, "open": True},
        "c": {},
    }
    home = client.vector_stores.create().id
    for name, attributes in facts.items():
        file = client.files.create(file=(f"{name}.txt", b"the old bridge"), purpose="assistants").id
        client.vector_stores.files.create(home, file_id=file, attributes=attributes)
    found = client.vector_stores.search(home, query="bridge", filters=filters)
    assert sorted(one.filename for one in found) == [f"{name}.txt" for name in wanted]


@pytest.mark.parametrize(
    ("filters", "param"),
    [
        ({"type": "like", "key": "a", "value": "b"}, "filters.type"),
        ({"type": "in", "key": "a", "value": "b"}, "filters.value"),
        ({"type": "gt", "key": "a", "value": True}, "filters.value"),
        ({"type": "and", "filters": []}, "filters.filters"),
        ({"type": "and", "filters": [{"type": "eq", "key": "a"}]}, "filters.filters[0].value"),
        ("town = Lind", "filters"),
    ],
)
def test_a_filter_that_says_nothing_is_refused_by_its_place(client: OpenAI, filters: Any, param: str) -> None:
    home = client.vector_stores.create().id
    with pytest.raises(BadRequestError) as error:
        client.vector_stores.search(home, query="bridge", filters=filters)
    assert error.value.param == param


def test_a_filter_of_many_levels_is_refused(client: OpenAI) -> None:
    filters: Any = {"type": "eq", "key": "a", "value": 1}
    for _ in range(100):
        filters = {"type": "and", "filters": [filters]}
    home = client.vector_stores.create().id
    with pytest.raises(BadRequestError):
        client.vector_stores.search(home, query="bridge", filters=filters)
