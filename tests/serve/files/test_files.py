"""Files, uploads and vector stores, through OpenAI's own client over a real server."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable, Iterator

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from glaswerk.lab import Lab
from glaswerk.serve.files.passages import passages, rank
from tests.serve.clients import key_of, openai_client
from tests.serve.conftest import BAKERY, BRIDGE, Running


@pytest.fixture
def client(server: Running) -> Iterator[OpenAI]:
    with openai_client(server) as found:
        yield found


def _file(client: OpenAI, text: bytes = BRIDGE.encode(), name: str = "town.txt") -> str:
    return client.files.create(file=(name, text), purpose="assistants").id


def test_a_file_comes_back_byte_for_byte_until_it_is_deleted(client: OpenAI) -> None:
    data = bytes(range(256)) * 10_000
    made = client.files.create(
        file=("all.bin", data), purpose="user_data", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    assert (made.bytes, made.filename, made.purpose, made.status) == (
        len(data),
        "all.bin",
        "user_data",
        "processed",
    )
    assert made.expires_at is not None
    assert client.files.content(made.id).read() == data
    assert made.id in [file.id for file in client.files.list(purpose="user_data")]
    assert made.id not in [file.id for file in client.files.list(purpose="batch")]
    assert client.files.delete(made.id).deleted
    for ask in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(NotFoundError):
            ask(made.id)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\system.ini", "system.ini"),
        ("..", "file"),
        ("a\r\nSet-Cookie: b", None),
        ("x" * 1000, "x" * 255),
        ("\u202etxt.exe", "txt.exe"),
        ("<script>.html", "script>.html"),
    ],
)
def test_a_name_is_only_a_name(client: OpenAI, name: str, shown: str | None) -> None:
    made = client.files.create(file=(name, b"a"), purpose="assistants")
    found = client.files.retrieve(made.id).filename
    assert not set(found) & set("/\\\r\n\u202e")
    assert shown is None or found.endswith(shown)
    assert client.files.content(made.id).response.headers["content-disposition"] == "attachment"


def test_forms_that_are_none_are_refused_with_words(server: Running) -> None:
    kind = {"content-type": "multipart/form-data; boundary=x"}
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\na\r\n'
    with server.client() as http:
        replies = [
            http.post("/v1/files", json={"purpose": "batch"}),
            http.post("/v1/files", content=b"--x", headers=kind),
            http.post("/v1/files", content=part, headers=kind),
            http.post("/v1/files", content=part + b"--x--\r\n", headers=kind),
            http.post("/v1/files", content=b"\xff" * 999, headers={"content-type": "multipart/form-data"}),
            http.post("/v1/files", files={"file": ("a", b"a")}, data={"purpose": "theft"}),
            http.post("/v1/files", files={"file": ("a", b"a")}, data={"purpose": "batch", "a[b]": "c"}),
            http.post("/v1/files", files=[("file", ("a", b"a")), ("file", ("b", b"b"))]),
            http.post("/v1/files", data={"file": "no file", "purpose": "batch"}),
        ]
    assert {reply.status_code for reply in replies} == {400}
    assert all(reply.json()["error"]["message"] for reply in replies)


def test_ten_gigabytes_are_refused_before_they_are_sent(server: Running) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    head = (
        f"POST /v1/files HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 10000000000\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=30) as wire:
        wire.sendall(head.encode())
        assert b" 413 " in wire.recv(4096).partition(b"\r\n")[0]


def test_an_upload_is_put_together_in_the_order_that_is_asked_for(client: OpenAI) -> None:
    made = client.uploads.create(bytes=6, filename="../a.txt", mime_type="text/plain", purpose="assistants")
    late, early = (client.uploads.parts.create(made.id, data=data) for data in (b"def", b"abc"))
    with pytest.raises(BadRequestError, match="expected 6 bytes"):
        client.uploads.complete(made.id, part_ids=[early.id])
    with pytest.raises(BadRequestError, match="md5"):
        client.uploads.complete(made.id, part_ids=[early.id, late.id], md5="0" * 32)
    sums = hashlib.md5(b"abcdef", usedforsecurity=False).hexdigest()
    done = client.uploads.complete(made.id, part_ids=[early.id, late.id], md5=sums)
    assert done.status == "completed"
    assert done.file is not None
    assert (done.file.filename, client.files.content(done.file.id).read()) == ("a.txt", b"abcdef")
    with pytest.raises(BadRequestError, match="pending"):
        client.uploads.parts.create(made.id, data=b"g")
    other = client.uploads.create(bytes=1, filename="b", mime_type="text/plain", purpose="batch")
    assert client.uploads.cancel(other.id).status == "cancelled"


def test_a_vector_store_finds_the_passage_with_the_words(client: OpenAI) -> None:
    bridge, bakery = _file(client), _file(client, BAKERY.encode(), "bread.txt")
    store = client.vector_stores.create(name="town", file_ids=[bridge], metadata={"a": "b"})
    added = client.vector_stores.files.create(store.id, file_id=bakery, attributes={"about": "bread"})
    assert added.status == "completed"
    assert client.vector_stores.retrieve(store.id).file_counts.completed == 2
    found = client.vector_stores.search(store.id, query="When does the BAKERY open?").data
    assert (found[0].file_id, found[0].filename) == (bakery, "bread.txt")
    assert found[0].content[0].text == BAKERY
    assert found[0].attributes == {"about": "bread"}
    assert 0 < found[0].score < 1
    assert client.vector_stores.search(store.id, query="zeppelin").data == []
    client.vector_stores.files.delete(bakery, vector_store_id=store.id)
    assert [one.id for one in client.vector_stores.files.list(store.id)] == [bridge]
    assert bakery not in [one.file_id for one in client.vector_stores.search(store.id, query="bakery").data]
    assert client.vector_stores.update(store.id, name="village").name == "village"
    assert store.id in [one.id for one in client.vector_stores.list()]
    client.vector_stores.delete(store.id)
    with pytest.raises(NotFoundError):
        client.vector_stores.search(store.id, query="bridge")


def test_a_file_that_is_no_text_has_failed_and_says_why(client: OpenAI) -> None:
    store = client.vector_stores.create()
    added = client.vector_stores.files.create(store.id, file_id=_file(client, b"\xff\xfe\x00"))
    assert added.status == "failed"
    assert added.last_error is not None
    assert "UTF-8" in added.last_error.message
    assert client.vector_stores.retrieve(store.id).file_counts.failed == 1


def test_another_projects_files_do_not_exist(start: Callable[..., Running], copy: Lab) -> None:
    ours, theirs = key_of(copy, "ours"), key_of(copy, "theirs")
    running = start(lab=copy)
    with openai_client(running, ours) as own, openai_client(running, theirs) as other:
        file = _file(own)
        store = own.vector_stores.create(file_ids=[file])
        upload = own.uploads.create(bytes=1, filename="b", mime_type="text/plain", purpose="batch")
        empty = other.vector_stores.create()
        asks: list[Callable[[], object]] = [
            lambda: other.files.retrieve(file),
            lambda: other.files.content(file),
            lambda: other.files.delete(file),
            lambda: other.vector_stores.retrieve(store.id),
            lambda: other.vector_stores.search(store.id, query="bridge"),
            lambda: other.vector_stores.files.list(store.id),
            lambda: other.vector_stores.files.create(empty.id, file_id=file),
            lambda: other.vector_stores.files.delete(file, vector_store_id=store.id),
            lambda: other.uploads.parts.create(upload.id, data=b"a"),
            lambda: other.uploads.cancel(upload.id),
            lambda: other.batches.create(
                input_file_id=file, endpoint="/v1/responses", completion_window="24h"
            ),
        ]
        for ask in asks:
            with pytest.raises(NotFoundError):
                ask()
        assert list(other.files.list()) == []
        assert own.files.content(file).read() == BRIDGE.encode()


def test_passages_are_whole_sentences_that_cover_the_text() -> None:
    text = " ".join(f"Sentence number {i} says a few words more." for i in range(200))
    found = list(passages(text))
    assert len(found) > 5
    assert " ".join(found) == text
    assert all(piece.endswith("more.") and len(piece.split()) <= 120 for piece in found)
    assert list(passages("")) == list(passages(" \n ")) == []


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Which bridges were built?", "The bridge was built in 1874."),
        ("Wer hat die Brücken gebaut?", "Die alte Brücke am Fluss."),
        ("Wann öffnet die Bäckerei?", "Die Bäckereien sind um sechs geöffnet."),
        ("Brückenbau", "Der Bau der Brücke. Die Brücke am Bau ist alt."),
        ("運河", "この運河は古い。"),
    ],
)
def test_a_question_finds_a_text_by_the_forms_of_its_words(question: str, text: str) -> None:
    scores = rank(question, ["A pond in the park.", text, "Ein Teich im Park."])
    assert scores[1] > 0
    assert scores[0] == scores[2] == 0


def test_common_words_of_a_question_find_nothing_where_it_has_others() -> None:
    assert rank("When does the zeppelin land?", ["the when does it", "a pond"]) == [0, 0]
    assert rank("Are we to be?", ["to be", "a pond"])[0] > 0


def test_rare_words_count_more_than_common_ones() -> None:
    scores = rank("old bridge", ["old, old, old mill", "an old bridge", "a pond", "an old tree"])
    assert scores[1] > scores[0] > scores[3] > scores[2] == 0
    assert all(0 <= score < 1 for score in scores)
    assert rank("anything", []) == []
    assert rank("!?", ["a", ""]) == rank("other", ["a", ""]) == [0, 0]
