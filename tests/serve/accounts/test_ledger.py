"""The ledger: one row an answer, nothing lost, nothing counted twice, nothing of what was said."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from glaswerk.lab import Lab
from tests.serve.conftest import Running, wait_until

from . import gateway
from .conftest import accounts_of, ask, bearer, free_port, make_key, until_ready, usage_of

Gate = Callable[..., Running]


def test_a_finished_answer_is_in_the_ledger_before_the_client_has_its_end(bare: Lab, gate: Gate) -> None:
    key, text = make_key(bare)
    with gate(bare).client() as http:
        for number in range(1, 6):
            assert ask(http, text, prompt=7, completion=3).text == "...!"
            assert usage_of(bare, "key")[key.id].requests == number
    total = usage_of(bare, "key")[key.id]
    assert (total.prompt, total.completion, total.repeats) == (35, 15, 0)


def test_sums_are_exactly_what_the_endpoints_counted(bare: Lab, gate: Gate) -> None:
    keys = [make_key(bare, project=name) for name in ("town", "river", "town")]
    dice, asked = random.Random(3), []
    with gate(bare).client() as http:
        for _ in range(60):
            key, text = dice.choice(keys)
            body = {"prompt": dice.randrange(1000), "completion": dice.randrange(1, 9)}
            assert ask(http, text, **body, model=dice.choice(["chat", "base"])).status_code == 200
            asked.append((key, body))
    for by, name_of in (("key", lambda key: key.id), ("project", lambda key: key.project)):
        for name, total in usage_of(bare, by).items():
            mine = [body for key, body in asked if name_of(key) == name]
            assert (total.requests, total.prompt, total.completion) == (
                len(mine),
                sum(body["prompt"] for body in mine),
                sum(body["completion"] for body in mine),
            )


def test_requests_without_keys_are_counted_too(bare: Lab, gate: Gate) -> None:
    with gate(bare).client() as http:
        assert ask(http, prompt=4, completion=2).status_code == 200
    assert (usage_of(bare)[""].prompt, usage_of(bare)[""].completion) == (4, 2)


def test_an_answer_that_was_cut_counts_what_was_generated(bare: Lab, gate: Gate) -> None:
    _, text = make_key(bare)
    long = {"prompt": 9, "completion": 100, "seconds": 60}
    with (
        gate(bare).client() as http,
        http.stream("POST", "/v1/chat/completions", json=long, headers=bearer(text)) as stream,
    ):
        pieces = stream.iter_raw()
        assert next(pieces) == b"."
    wait_until(lambda: "town" in usage_of(bare))
    assert usage_of(bare)["town"].prompt == 9
    assert 1 <= usage_of(bare)["town"].completion < 100
    with accounts_of(bare) as db:
        assert db.execute("SELECT finish FROM usage") == [("cut",)]


def test_a_retry_with_the_same_idempotency_key_does_not_count_twice(bare: Lab, gate: Gate) -> None:
    _, text = make_key(bare)
    once = {"idempotency-key": "order-1"}
    with gate(bare).client() as http:
        for _ in range(3):
            assert ask(http, text, once, prompt=5, completion=2).status_code == 200
        total = usage_of(bare)["town"]
        assert (total.requests, total.prompt, total.completion, total.repeats) == (1, 5, 2, 2)
        # No more than a client's retries, and no other request, come for the price of one.
        assert (
            ask(http, text, once, prompt=5, completion=2).json()["error"]["code"] == "idempotency_key_reused"
        )
        once = {"idempotency-key": "order-2"}
        assert ask(http, text, once, prompt=5).status_code == 200
        assert ask(http, text, once, prompt=6).status_code == 409
        assert ask(http, text, once, prompt=5, model="base").status_code == 409
    assert usage_of(bare)["town"].requests == 2


def test_leaving_at_once_and_asking_again_is_not_free(bare: Lab, gate: Gate) -> None:
    _, text = make_key(bare)
    once, headers = {"idempotency-key": "order"}, bearer(text) | {"idempotency-key": "order"}
    with gate(bare).client() as http:
        for number in range(1, 5):
            long = {"prompt": 5, "completion": 100, "seconds": 60}
            with http.stream("POST", "/v1/chat/completions", json=long, headers=headers) as stream:
                pieces = stream.iter_raw()
                assert next(pieces) == b"."
            wait_until(lambda: sum(total.requests for total in usage_of(bare).values()) == number)  # noqa: B023
        assert ask(http, text, once, prompt=5, completion=50).status_code == 200
        total = usage_of(bare)["town"]
        assert (total.requests, total.prompt, total.repeats) == (5, 25, 0)
        assert total.completion >= 50 + 4
        assert ask(http, text, once, prompt=5, completion=50).status_code == 200
        assert usage_of(bare)["town"].repeats == 1


def test_an_idempotency_key_runs_once_at_a_time_and_belongs_to_its_api_key(bare: Lab, gate: Gate) -> None:
    (_, one), (_, other) = make_key(bare, project="one"), make_key(bare, project="other")
    once = {"idempotency-key": "same"}
    long = {"completion": 100, "seconds": 60}
    with gate(bare).client() as http:
        with http.stream("POST", "/v1/chat/completions", json=long, headers=bearer(one) | once) as stream:
            pieces = stream.iter_raw()
            assert next(pieces) == b"."
            found = ask(http, one, once)
            assert (found.status_code, found.json()["error"]["code"]) == (409, "idempotency_key_in_use")
            assert ask(http, other, once).status_code == 200
        wait_until(lambda: "one" in usage_of(bare))
    assert {name: total.requests for name, total in usage_of(bare).items()} == {"one": 1, "other": 1}


def test_a_response_belongs_to_its_project(bare: Lab, gate: Gate) -> None:
    (_, mine), (_, ours) = make_key(bare), make_key(bare)
    _, theirs = make_key(bare, project="river")
    with gate(bare).client() as http:
        response = ask(http, mine).headers["x-response"]
        owned = [
            http.get(f"/v1/owns/{name}", headers=bearer(text)).json()["owns"]
            for name, text in ((response, mine), (response, ours), (response, theirs), ("chatcmpl-0", mine))
        ]
    assert owned == [True, True, False, False]


def test_no_row_can_be_changed_or_removed(bare: Lab, gate: Gate) -> None:
    with gate(bare).client() as http:
        assert ask(http).status_code == 200
    with accounts_of(bare) as db:
        for sql in ("UPDATE usage SET prompt = 0", "DELETE FROM usage"):
            with pytest.raises(db.errors, match="only grows"):
                db.execute(sql)


def test_nothing_of_what_was_said_is_stored(bare: Lab, gate: Gate) -> None:
    _, text = make_key(bare)
    with gate(bare).client() as http:
        assert ask(http, text, messages="the secret of the mill").status_code == 200
    files = [file.read_bytes() for file in bare.root.rglob("accounts.db*")]
    assert files
    assert not any(b"secret of the mill" in found or text[20:].encode() in found for found in files)


def test_kill_9_in_full_flight_loses_no_answer_that_was_complete(
    bare: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(gateway.__file__).parents[3])
    key, text = make_key(bare, "concurrent=50")
    port = free_port()
    command = [sys.executable, "-m", gateway.__name__, str(bare.root), str(port)]
    complete: list[str] = []

    def ask_until_killed() -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            while True:
                try:
                    found = ask(http, text, completion=2)
                except httpx.TransportError:
                    return
                complete.append(found.headers["x-response"])

    with subprocess.Popen(command) as process:
        wait_until(lambda: _is_up(port, text))
        threads = [threading.Thread(target=ask_until_killed) for _ in range(4)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(complete) > 100)
        process.send_signal(signal.SIGKILL)
        for thread in threads:
            thread.join()
    with accounts_of(bare) as db:
        kept = {row[0] for row in db.execute("SELECT response FROM usage WHERE key = ?", key.id)}
        (ok,) = db.execute("PRAGMA integrity_check")
    assert len(complete) > 100
    assert set(complete) - kept == set()
    assert ok == ("ok",)


def _is_up(port: int, text: str) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/v1/who", headers=bearer(text)).status_code == 200
    except httpx.TransportError:
        return False


def test_places_of_a_process_that_was_killed_are_free_again(bare: Lab, gate: Gate) -> None:
    _, text = make_key(bare, "concurrent=1")
    key = text.split("_")[1]
    with gate(bare).client() as http:
        with accounts_of(bare) as db:
            soon = int(time.time() * 1000) + 1500
            db.execute("INSERT INTO lease VALUES ('dead', ?, 'chat', 0, NULL, ?)", key, soon)
        assert ask(http, text).status_code == 429
        wait_until(lambda: ask(http, text).status_code == 200)


def test_a_database_that_is_busy_for_a_while_delays_answers_and_loses_none(bare: Lab, gate: Gate) -> None:
    _, text = make_key(bare)
    with gate(bare).client() as http:
        until_ready(http, text)
        blocker = sqlite3.connect(bare.root / "accounts.db", isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        found: list[int] = []
        asking = threading.Thread(target=lambda: found.append(ask(http, text).status_code))
        asking.start()
        time.sleep(0.5)
        assert found == []
        blocker.execute("COMMIT")
        blocker.close()
        asking.join()
    assert found == [200]
    assert usage_of(bare)["town"].requests == 1
