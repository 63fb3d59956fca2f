"""Who may ask: deny by default, one answer for every wrong key, scopes, expiry and revocation."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.serve import create_app
from glaswerk.serve.accounts.key_store import revoke_keys
from tests.serve.conftest import Running, wait_until

from .conftest import accounts_of, ask, bearer, make_key, until_ready

Gate = Callable[..., Running]


def test_a_server_for_others_without_a_key_is_refused_before_it_loads_anything(bare: Lab) -> None:
    with pytest.raises(GlaswerkError, match="found none that is active") as caught:
        create_app(bare, host="0.0.0.0")
    assert caught.value.hint == "glaswerk keys create laptop"
    assert not (bare.root / "accounts.db").exists()


def test_a_server_for_others_is_refused_if_every_key_is_revoked_or_expired(bare: Lab) -> None:
    make_key(bare, expires=int(time.time()) - 1)
    key, _ = make_key(bare)
    with accounts_of(bare) as db:
        revoke_keys(db, [key], 1)
    with pytest.raises(GlaswerkError, match="found none that is active"):
        create_app(bare, host="192.0.2.1")


def test_on_this_machine_no_key_is_needed_while_there_is_none(bare: Lab, gate: Gate) -> None:
    with gate(bare).client() as http:
        assert ask(http).text == ".!"
        assert http.get("/v1/who", headers=bearer("unused")).json() == {"project": "", "key": ""}
        _, text = make_key(bare)
        wait_until(lambda: ask(http).status_code == 401)
        assert ask(http, text).text == ".!"


def test_a_server_stays_closed_after_its_last_key_is_revoked(bare: Lab, gate: Gate) -> None:
    key, text = make_key(bare)
    with gate(bare).client() as http:
        assert ask(http, text).status_code == 200
        with accounts_of(bare) as db:
            revoke_keys(db, [key], int(time.time()))
        wait_until(lambda: ask(http, text).status_code == 401)
        assert "revoked" in ask(http, text).json()["error"]["message"]
        assert ask(http).status_code == 401
    with gate(bare).client() as http:
        assert ask(http).status_code == 401


def test_both_headers_carry_a_key(bare: Lab, gate: Gate) -> None:
    key, text = make_key(bare, project="research")
    with gate(bare).client() as http:
        for headers in (
            {"authorization": f"Bearer {text}"},
            {"authorization": f"bearer  {text}"},
            {"x-api-key": text},
            {"x-api-key": text, "authorization": f"Bearer {text}"},
            {"x-api-key": text, "authorization": "Bearer"},
        ):
            found = http.get("/v1/who", headers=headers)
            assert found.json() == {"project": "research", "key": key.id}, headers


def test_every_route_but_the_open_ones_needs_a_key(bare: Lab, gate: Gate) -> None:
    make_key(bare)
    with gate(bare, loopback=False).client() as http:
        for path in (
            "/v1/who",
            "/v1/nothing",
            "/v1",
            "//v1/who",
            "/v1/../v1/who",
            "/report",
            "/metrics",
            "/x",
        ):
            assert http.get(path).status_code == 401, path
        assert http.post("/v1/chat/completions").status_code == 401
        assert http.options("/v1/who").status_code == 401
        assert http.get("/health").status_code == 200
    with gate(bare).client() as http:
        assert http.get("/metrics").status_code == 200


def test_the_error_has_the_shape_of_the_api_that_was_called(bare: Lab, gate: Gate) -> None:
    make_key(bare)
    with gate(bare).client() as http:
        found = ask(http, "gw_x")
        error = found.json()["error"]
        assert (found.status_code, error["type"], error["code"]) == (
            401,
            "invalid_request_error",
            "invalid_api_key",
        )
        assert found.headers["www-authenticate"] == "Bearer"
        assert ask(http).json()["error"]["code"] == "invalid_api_key"
        found = http.post("/v1/messages", json={}, headers={"x-api-key": "gw_x"})
        assert found.status_code == 401
        assert (found.json()["type"], found.json()["error"]["type"]) == ("error", "authentication_error")


def test_ten_thousand_wrong_keys_get_one_answer_that_tells_nothing(bare: Lab, gate: Gate) -> None:
    key, text = make_key(bare)
    near = [text[:i] + ("0" if text[i] != "0" else "1") + text[i + 1 :] for i in range(len(text))]
    odd = [text.upper(), text + "0", text[:-1], f"gw_{key.id}_", f"gw_{key.id}", key.digest, "gw_", "null"]
    odd += [f"gw_{'0' * 12}_{'0' * 64}", "Basic", "%00", "x" * 5000, f"{text} {text}", f"{text},{text}"]
    random = [f"gw_{secrets.token_hex(6)}_{secrets.token_hex(32)}" for _ in range(5000)]
    random += [f"gw_{key.id}_{secrets.token_hex(32)}" for _ in range(5000)]
    running = gate(bare)
    known = running.app.state.accounts
    assert known.key_of(text) == key
    assert {known.key_of(guess) for guess in random} == {None}
    with running.client() as http:
        tried = [http.get("/v1/who", headers=bearer(guess)) for guess in [*near, *odd, *random[::500]]]
    assert len({(found.status_code, found.content, *found.headers) for found in tried}) == 1
    assert tried[0].status_code == 401


def test_two_different_keys_in_one_request_are_none(bare: Lab, gate: Gate) -> None:
    (_, one), (_, other) = make_key(bare), make_key(bare)
    with gate(bare).client() as http:
        for headers in (
            [("authorization", f"Bearer {one}"), ("authorization", f"Bearer {other}")],
            [("authorization", f"Bearer {one}"), ("x-api-key", other)],
            [("authorization", f"Bearer {one}"), ("authorization", "Basic YTpi")],
        ):
            assert http.get("/v1/who", headers=headers).status_code == 401


def test_a_key_expires(bare: Lab, gate: Gate) -> None:
    _, text = make_key(bare, expires=int(time.time()) + 2)
    with gate(bare).client() as http:
        assert ask(http, text).status_code == 200
        wait_until(lambda: ask(http, text).status_code == 401)
        assert "expired" in ask(http, text).json()["error"]["message"]


def test_a_key_reaches_its_endpoints_and_models_only(bare: Lab, gate: Gate) -> None:
    _, narrow = make_key(bare, endpoints=("chat/completions",), models=("chat",))
    _, wide = make_key(bare)
    with gate(bare).client() as http:
        assert ask(http, narrow).status_code == 200
        for path in ("/v1/who", "/v1/chat", "/v1/chat/completionsx", "/report", "/metricsx"):
            found = http.get(path, headers=bearer(narrow))
            assert (found.status_code, found.json()["error"]["code"]) == (403, "permission_denied"), path
        found = ask(http, narrow, model="base")
        assert (found.status_code, found.json()["error"]["param"]) == (403, "model")
        assert ask(http, wide, model="base").status_code == 200


def test_a_key_made_while_the_server_runs_works_at_once(bare: Lab, gate: Gate) -> None:
    make_key(bare)
    with gate(bare).client() as http:
        _, text = make_key(bare)
        until_ready(http, text)
        assert ask(http, text).status_code == 200


def test_headers_of_any_size_and_kind_end_in_an_answer(bare: Lab, gate: Gate) -> None:
    _, text = make_key(bare)
    with gate(bare).client() as http:
        for value in ("x" * 60_000, "Bearer " + "x" * 60_000, "Bearer \xff\xfe", "Bearer gw_é", ""):
            found = http.get("/v1/who", headers={"authorization": value.encode("latin-1")})
            assert found.status_code in (400, 401, 431), value[:20]
        many = [("authorization", f"Bearer {text}")] * 200
        assert http.get("/v1/who", headers=many).status_code == 200
        for once in ("x" * 256, "a b", "\xe9"):
            sent = {**bearer(text), "idempotency-key": once.encode("latin-1")}
            assert http.post("/v1/chat/completions", json={}, headers=sent).status_code == 400, once
