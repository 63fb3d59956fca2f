"""The lab's own corpus as the vector store `vs_lab`: found and searched, never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import NotFoundError, OpenAI, PermissionDeniedError

from glaswerk.core.document import Document, Rights
from glaswerk.lab import Lab
from glaswerk.retrieve import build
from glaswerk.serve import create_app
from glaswerk.serve.limits import Limits
from tests.serve.clients import key_of, openai_client
from tests.serve.conftest import BRIDGE, Running, documents, make_corpus, run_app

LAB = "vs_lab"


@pytest.fixture
def client(start: Callable[..., Running], copy: Lab) -> Iterator[OpenAI]:
    build(copy, copy.need("corpus", "main", hint=""))
    with openai_client(start(lab=copy)) as found:
        yield found


def test_without_passages_there_is_no_such_store(server: Running) -> None:
    with openai_client(server) as client:
        assert LAB not in [one.id for one in client.vector_stores.list()]
        for ask in (client.vector_stores.retrieve, lambda name: client.vector_stores.search(name, query="a")):
            with pytest.raises(NotFoundError, match="glaswerk index"):
                ask(LAB)


def test_it_is_found_and_searched(client: OpenAI) -> None:
    found = client.vector_stores.retrieve(LAB)
    assert (found.name, found.status, found.file_counts.total) == ("corpus main", "completed", 5)
    best = client.vector_stores.search(LAB, query="Who built the bridges?").data[0]
    assert BRIDGE in best.content[0].text
    assert 0 < best.score < 1
    assert best.attributes is not None
    assert best.attributes["author"] in ("clara", "town")
    assert client.vector_stores.search(LAB, query="zeppelin").data == []


@pytest.mark.parametrize(
    ("filters", "files"),
    [
        ({"type": "eq", "key": "author", "value": "clara"}, ["p1"]),
        ({"type": "ne", "key": "author", "value": "clara"}, ["p2", "p3"]),
        ({"type": "lte", "key": "date", "value": "2021-05-02"}, ["p1", "p2"]),
        ({"type": "gte", "key": "date", "value": "2021-05-03"}, ["p3"]),
        ({"type": "in", "key": "author", "value": ["jonas", "town"]}, ["p2", "p3"]),
        (
            {
                "type": "and",
                "filters": [
                    {"type": "eq", "key": "source", "value": "posts"},
                    {"type": "gt", "key": "date", "value": "2021-05-01"},
                    {"type": "ne", "key": "author", "value": "jonas"},
                ],
            },
            ["p2"],
        ),
        ({"type": "eq", "key": "colour", "value": "red"}, []),
    ],
)
def test_filters_are_of_the_documents_own_facts(client: OpenAI, filters: Any, files: list[str]) -> None:
    found = client.vector_stores.search(LAB, query="bridge or bakery", filters=filters, max_num_results=50)
    assert sorted(one.file_id for one in found) == files


def test_it_is_the_oldest_of_all_stores_in_every_order_and_page(client: OpenAI) -> None:
    made = [client.vector_stores.create(name=str(i)).id for i in range(3)]
    for limit in (1, 2, 3, 4, 20):
        newest = [one.id for one in client.vector_stores.list(limit=limit)]
        assert newest == [*reversed(made), LAB]
        oldest = [one.id for one in client.vector_stores.list(limit=limit, order="asc")]
        assert oldest == [LAB, *made]
    assert [one.id for one in client.vector_stores.list(after=made[0]).data] == [LAB]
    assert [one.id for one in client.vector_stores.list(before=LAB).data] == [*reversed(made)]


def test_nobody_changes_it(client: OpenAI) -> None:
    file = client.files.create(file=("a.txt", b"a"), purpose="assistants").id
    stores = client.vector_stores
    asks: list[Callable[[], object]] = [
        lambda: stores.update(LAB, name="mine"),
        lambda: stores.delete(LAB),
        lambda: stores.files.create(LAB, file_id=file),
        lambda: stores.files.list(LAB),
        lambda: stores.files.retrieve("p1", vector_store_id=LAB),
        lambda: stores.files.update("p1", vector_store_id=LAB, attributes={}),
        lambda: stores.files.delete("p1", vector_store_id=LAB),
        lambda: stores.file_batches.create(LAB, file_ids=[file]),
    ]
    for ask in asks:
        with pytest.raises(PermissionDeniedError, match="read only"):
            ask()
    assert client.vector_stores.retrieve(LAB).name == "corpus main"


def test_searching_it_counts_as_a_request_of_the_key(start: Callable[..., Running], copy: Lab) -> None:
    build(copy, copy.need("corpus", "main", hint=""))
    key = key_of(copy, "ours", models=("chat",))
    with openai_client(start(Limits(), lab=copy), key) as client:
        assert client.vector_stores.search(LAB, query="bridge").data


def test_private_documents_are_not_in_it_unless_the_settings_say_so(tmp_path: Path) -> None:
    secret = Document(
        "s1", "posts", "The secret bridge is blue.", Rights("", "own", audience="private"), kind="post"
    )
    lab = Lab.init(tmp_path / "lab", "test")
    make_corpus(lab, [*documents(), ("train", secret)])
    corpus = lab.need("corpus", "main", hint="")
    build(lab, corpus)
    assert _secrets(lab) == set()
    build(lab, corpus, private=True)
    with pytest.raises(NotFoundError):
        _secrets(lab)
    with (lab.root / "lab.toml").open("a") as file:
        file.write("\n[serve.ground]\nprivate = true\n")
    assert _secrets(Lab.open(lab.root)) == {"s1"}


def _secrets(lab: Lab) -> set[str]:
    """Ids of private documents that a search finds in a lab without a model."""
    with run_app(create_app(lab)) as running, openai_client(running) as client:
        return {one.file_id for one in client.vector_stores.search(LAB, query="secret bridge")} & {"s1"}
