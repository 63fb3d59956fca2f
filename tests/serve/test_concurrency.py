"""The server goes on answering while other commands replace the corpus, the shards and the index."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from glaswerk.lab import Lab
from glaswerk.tokenizer import pack
from glaswerk.trace import build as build_trace

from .conftest import BRIDGE, Running, documents, make_corpus, wait_until

ASKED = {"model": "chat", "messages": [{"role": "user", "content": "Who built the old bridge?"}]}


def _ask(server: Running, done: threading.Event, seen: list[tuple[int, str]]) -> None:
    with server.client() as client:
        while not done.is_set():
            for path, body in (
                ("/v1/chat/completions", ASKED | {"max_tokens": 8}),
                ("/v1/glaswerk/trace", {"text": BRIDGE}),
            ):
                reply = client.post(path, json=body)
                code = reply.json().get("error", {}).get("code", "")
                seen.append((reply.status_code, code))
            seen.append((client.get("/v1/glaswerk/info").status_code, ""))
            seen.append((client.get("/v1/documents/p1").status_code, ""))


def test_no_request_fails_while_corpus_shards_and_index_are_made_again(
    copy: Lab, start: Callable[..., Running]
) -> None:
    server, done = start(lab=copy), threading.Event()
    seen: list[tuple[int, str]] = []
    threads = [threading.Thread(target=_ask, args=(server, done, seen)) for _ in range(3)]
    for thread in threads:
        thread.start()
    writer = Lab.open(copy.root)
    try:
        for round_, left_out in enumerate(("p4", "p3"), 1):
            wait_until(lambda wanted=8 * round_: len(seen) >= wanted)
            with writer.writing():
                corpus = writer.find("corpus", "main")
                assert corpus is not None
                writer.remove(corpus)
                make_corpus(writer, [pair for pair in documents() if pair[1].id != left_out])
                build_trace(writer, pack(writer))
    finally:
        done.set()
        for thread in threads:
            thread.join()
        writer.ledger.close()
    assert (200, "") in seen
    # The model was trained on shards that the lab no longer has: its sources cannot be shown any more.
    assert {status for status, _ in seen} <= {200, 400, 404}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_lab_that_may_only_be_read_is_served(copy: Lab, start: Callable[..., Running]) -> None:
    folders = [copy.root, *(path for path in copy.root.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        with start(lab=copy).client() as client:
            assert client.post("/v1/chat/completions", json=ASKED).status_code == 200
            assert client.post("/v1/glaswerk/trace", json={"text": BRIDGE}).status_code == 200
    finally:
        for folder in folders:
            folder.chmod(0o755)


def test_a_file_cut_short_while_it_is_served_is_an_error_with_words(
    copy: Lab, start: Callable[..., Running]
) -> None:
    server = start(lab=copy)
    for file in (copy.path("corpus", "main") / "documents.parquet", *_arrays(copy)):
        file.write_bytes(file.read_bytes()[:40])
    with server.client() as client:
        reply = client.post("/v1/glaswerk/trace", json={"text": BRIDGE})
        assert reply.status_code in (400, 404)
        assert "hint:" in reply.json()["error"]["message"]
        assert client.post("/v1/chat/completions", json=ASKED | {"max_tokens": 4}).status_code == 200


def _arrays(lab: Lab) -> list[Path]:
    return sorted(lab.path("trace", "main.main").glob("*.npy"))
