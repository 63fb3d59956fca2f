"""The trace endpoint: real spans of a real index, and what it says where there is none."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from glaswerk.lab import Lab
from glaswerk.lab.tombstones import Forgotten, Tombstone
from glaswerk.tokenizer import pack, train_tokenizer
from glaswerk.tokenizer.training import TokenizerConfig
from glaswerk.trace import build

from .conftest import BAKERY, BRIDGE, Running, make_model
from .test_errors import shape


def test_an_answer_is_traced_to_the_documents_that_hold_it(server: Running) -> None:
    with server.client() as client:
        found = client.post("/v1/glaswerk/trace", json={"text": f"I think: {BRIDGE}"}).json()
    assert found["label"] == "verbatim match in training data"
    (span,) = found["spans"]
    assert span["count"] == 3
    assert found["text"][span["start"] : span["end"]] == span["text"] == BRIDGE.rstrip(".")
    first = span["documents"][0]
    assert (first["author"], first["licence"], first["url"]) == ("clara", "CC0-1.0", "https://example.org/p1")
    assert first["text"][first["match_start"] : first["match_end"]] == span["text"]


def test_offsets_count_characters_behind_an_emoji(server: Running) -> None:
    with server.client() as client:
        found = client.post("/v1/glaswerk/trace", json={"text": BAKERY}).json()
    assert found["spans"][0]["text"] in BAKERY
    assert found["text"][found["spans"][0]["start"] : found["spans"][0]["end"]] == found["spans"][0]["text"]


def test_min_words_decides_what_is_shown(server: Running) -> None:
    with server.client() as client:
        few = client.post("/v1/glaswerk/trace", json={"text": "the mason Anna", "min_words": 3}).json()
        many = client.post("/v1/glaswerk/trace", json={"text": "the mason Anna", "min_words": 4}).json()
    assert len(few["spans"]) == 1
    assert many["spans"] == []


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "text"),
        ({"text": 5}, "text"),
        ({"text": "x" * 20_001}, "text"),
        ({"text": "\udc00"}, "text"),
        ({"text": "x", "min_words": 1}, "min_words"),
        ({"text": "x", "min_words": "4"}, "min_words"),
        ({"text": "x", "min_words": True}, "min_words"),
        ({"text": "x", "context": ["said"]}, "context"),
        ({"text": "x", "context": "\udc00"}, "context"),
    ],
)
def test_a_wrong_field_is_named(server: Running, body: dict[str, object], param: str) -> None:
    with server.client() as client:
        reply = client.post("/v1/glaswerk/trace", content=json.dumps(body))
    assert reply.status_code == 400
    assert shape(reply.json())["param"] == param


def test_of_a_long_context_the_end_counts(server: Running) -> None:
    """Only p1 tells of an archive; p2 comes first where nothing that counts was said."""
    asked, first = "Is her name in the archive?", []
    with server.client() as client:
        for context in (30_000 * "x " + asked, asked + 30_000 * " x"):
            found = client.post("/v1/glaswerk/trace", json={"text": BRIDGE, "context": context}).json()
            first.append(found["spans"][0]["documents"][0]["id"])
    assert first == ["p1", "p2"]


@pytest.mark.parametrize("text", ["", " ", "x" * 20_000, " " * 20_000, "🥐" * 20_000])
def test_every_other_text_is_answered(server: Running, text: str) -> None:
    with server.client() as client:
        reply = client.post("/v1/glaswerk/trace", json={"text": text})
    assert reply.status_code == 200
    assert reply.json()["spans"] == []


def test_without_an_index_the_answer_says_how_to_make_one(copy: Lab, start: Callable[..., Running]) -> None:
    shutil.rmtree(copy.root / "traces")
    with start(lab=copy).client() as client:
        reply = client.post("/v1/glaswerk/trace", json={"text": BRIDGE})
        assert reply.status_code == 404
        error = shape(reply.json())
        assert error["code"] == "no_trace_index"
        assert "glaswerk index" in error["message"]
        assert client.get("/v1/glaswerk/info").json()["trace"] is False
        build(copy, copy.need("shards", "main.main", hint=""))
        assert client.post("/v1/glaswerk/trace", json={"text": BRIDGE}).json()["spans"]
        assert client.get("/v1/glaswerk/info").json()["trace"] is True


def test_an_index_over_other_documents_does_not_count(copy: Lab, start: Callable[..., Running]) -> None:
    with start(lab=copy).client() as client:
        assert client.post("/v1/glaswerk/trace", json={"text": BRIDGE}).status_code == 200
        train_tokenizer(copy, TokenizerConfig(450))
        build(copy, pack(copy))
        reply = client.post("/v1/glaswerk/trace", json={"text": BRIDGE})
        assert reply.status_code == 404
        assert shape(reply.json())["code"] == "no_trace_index"
    make_model(copy, "chat/step-0", steps=0)
    with start(lab=copy, model="chat/step-0").client() as client:
        assert client.post("/v1/glaswerk/trace", json={"text": BRIDGE}).status_code == 200


def test_what_is_usual_changes_without_a_restart_once_held_out_text_is_to_be_forgotten(
    copy: Lab, start: Callable[..., Running]
) -> None:
    """v1, the only held-out document, made long enough to be a measure."""
    file = copy.root / "corpora" / "main" / "documents.parquet"
    table = pq.read_table(file)
    long = " ".join(f"word{number}" for number in range(500))
    rows = [row | {"text": long} if row["id"] == "v1" else row for row in table.to_pylist()]
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), file)
    # What other tests measured in the lab that this one is a copy of.
    for measured in copy.root.glob("runs/*/novelty.json"):
        measured.unlink()
    with start(lab=copy).client() as client:

        def novelty() -> dict[str, Any]:
            found = client.post("/v1/glaswerk/trace", json={"text": BRIDGE}).json()["novelty"]
            assert isinstance(found, dict)
            return found

        assert novelty()["measurable"] is True
        Forgotten().with_more([Tombstone("id", "v1")]).write(copy.root)
        assert "held-out text has 0 passages" in novelty()["reason"]
