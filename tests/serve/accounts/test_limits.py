"""Limits hold, whatever the order of requests and however many processes serve them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.lab import Lab
from glaswerk.serve.accounts.limits import UNIT, Bucket, reset_words
from tests.serve.conftest import Running, wait_until

from . import gateway
from .conftest import ask, ask_two_processes, bearer, make_key, usage_of

Gate = Callable[..., Running]


@given(
    st.integers(1, 10**6),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10_000)), max_size=30),
)
def test_a_bucket_never_gives_more_than_its_limit_and_what_flowed_in(
    limit: int, takes: list[tuple[int, int]]
) -> None:
    bucket, taken, now = Bucket.full(limit, 0), 0, 0
    for units, pause in takes:
        now += pause
        bucket = bucket.flowed(now)
        wait = bucket.wait(units)
        if not wait:
            bucket, taken = bucket.less(units), taken + units
        elif units <= limit:
            assert not bucket.flowed(now + wait).wait(units)
            assert bucket.flowed(now + wait - 1).wait(units)
    assert taken * UNIT <= limit * UNIT + now * limit


@given(st.integers(1, 1000), st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_clock_that_is_set_back_gives_nothing(limit: int, start: int, back: int) -> None:
    empty = Bucket.full(limit, start).less(limit)
    assert empty.flowed(start - back).level == 0


@pytest.mark.parametrize(
    ("milliseconds", "words"), [(0, "0ms"), (120, "120ms"), (1000, "1s"), (1500, "1.5s"), (360_000, "6m0s")]
)
def test_times_are_written_as_openai_writes_them(milliseconds: int, words: str) -> None:
    assert reset_words(milliseconds) == words


def test_requests_a_minute_end_in_429_with_what_is_left_on_every_answer(bare: Lab, gate: Gate) -> None:
    _, text = make_key(bare, "requests=3", "tokens=1000")
    with gate(bare).client() as http:
        answers = [ask(http, text, prompt=10, max_tokens=20) for _ in range(4)]
    assert [found.status_code for found in answers] == [200, 200, 200, 429]
    assert [found.headers["x-ratelimit-remaining-requests"] for found in answers] == ["2", "1", "0", "0"]
    assert {found.headers["x-ratelimit-limit-requests"] for found in answers} == {"3"}
    assert {found.headers["x-ratelimit-limit-tokens"] for found in answers} == {"1000"}
    assert answers[0].headers["x-ratelimit-remaining-tokens"] == "970"
    assert all("s" in found.headers["x-ratelimit-reset-tokens"] for found in answers)
    assert 1 <= int(answers[3].headers["retry-after"]) <= 20
    error = answers[3].json()["error"]
    assert (error["type"], error["code"]) == ("rate_limit_error", "rate_limit_exceeded")
    assert "3 requests a minute" in error["message"]


def test_without_limits_no_header_speaks_of_any(bare: Lab, gate: Gate) -> None:
    _, text = make_key(bare)
    with gate(bare).client() as http:
        assert not [name for name in ask(http, text).headers if name.startswith("x-ratelimit")]


def test_tokens_are_reserved_before_and_settled_after(bare: Lab, gate: Gate) -> None:
    _, text = make_key(bare, "tokens=100")
    with gate(bare).client() as http:
        found = ask(http, text, prompt=10, max_tokens=90, completion=5)
        assert (found.status_code, found.headers["x-ratelimit-remaining-tokens"]) == (200, "0")
        # 15 were used; the other 85 are there again.
        assert ask(http, text, prompt=10, max_tokens=75, completion=75).status_code == 200
        found = ask(http, text, prompt=10, max_tokens=75)
        assert (found.status_code, "tokens a minute" in found.json()["error"]["message"]) == (429, True)


def test_a_request_above_the_limit_is_told_not_to_try_again(bare: Lab, gate: Gate) -> None:
    _, text = make_key(bare, "tokens=100")
    with gate(bare).client() as http:
        found = ask(http, text, prompt=50, max_tokens=51)
        assert found.status_code == 429
        assert found.headers["x-should-retry"] == "false"
        assert "retry-after" not in found.headers
        assert ask(http, text, prompt=50, max_tokens=50).status_code == 200


def test_limits_of_a_model_count_that_model_alone(bare: Lab, gate: Gate) -> None:
    _, text = make_key(bare, "chat:requests=1", "requests=3")
    with gate(bare).client() as http:
        assert [ask(http, text, model="chat").status_code for _ in range(2)] == [200, 429]
        assert [ask(http, text, model="base").status_code for _ in range(3)] == [200, 200, 429]


def test_limits_of_one_key_are_not_those_of_another(bare: Lab, gate: Gate) -> None:
    (_, one), (_, other) = make_key(bare, "requests=1"), make_key(bare, "requests=1")
    with gate(bare).client() as http:
        assert [ask(http, text).status_code for text in (one, other, one, other)] == [200, 200, 429, 429]


def test_a_failed_request_gives_its_tokens_back(bare: Lab, gate: Gate) -> None:
    _, text = make_key(bare, "tokens=10", "concurrent=1")
    with gate(bare).client() as http:
        assert http.post("/v1/fail", headers=bearer(text)).status_code == 400
        wait_until(lambda: ask(http, text, prompt=5, max_tokens=5).status_code == 200)


def test_answers_at_once_are_bounded_and_a_client_that_leaves_frees_its_place(bare: Lab, gate: Gate) -> None:
    _, text = make_key(bare, "concurrent=1")
    long = {"completion": 100, "seconds": 60}
    with gate(bare).client() as http:
        with http.stream("POST", "/v1/chat/completions", json=long, headers=bearer(text)) as stream:
            pieces = stream.iter_raw()
            assert next(pieces) == b"."
            found = ask(http, text)
            assert (found.status_code, found.headers["retry-after"]) == (429, "1")
            assert "1 answers at once" in found.json()["error"]["message"]
        wait_until(lambda: ask(http, text).status_code == 200)
    cut = usage_of(bare)["town"]
    assert 1 <= cut.completion - (cut.requests - 1) < 100


def test_spend_is_bounded_by_the_price_table_and_reserved_while_answers_run(bare: Lab, gate: Gate) -> None:
    with (bare.root / "lab.toml").open("a") as settings:
        settings.write('\n[serve.prices]\nchat = { prompt = 3, completion = 10 }\n"*" = { prompt = 1 }\n')
    lab = Lab.open(bare.root)
    key, text = make_key(lab, "spend=1000")
    with gate(lab).client() as http:
        assert ask(http, text, prompt=100, max_tokens=70, completion=60).status_code == 200
        assert usage_of(lab, "key")[key.id].spend == 100 * 3 + 60 * 10
        found = ask(http, text, prompt=10, max_tokens=8)
        assert (found.status_code, found.json()["error"]["code"]) == (429, "insufficient_quota")
        assert int(found.headers["retry-after"]) > 0
        assert ask(http, text, prompt=10, max_tokens=7, completion=7).status_code == 200
        assert ask(http, text, model="other", prompt=1, max_tokens=500).status_code == 429
    assert usage_of(lab, "key")[key.id].spend == 1000
    lab.ledger.close()


def test_two_processes_together_keep_a_limit(bare: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(gateway.__file__).parents[3])
    # One more flows in every twelve seconds.
    key, text = make_key(bare, "requests=5")
    counts, flowed = ask_two_processes(bare, text)
    assert set(counts) == {200, 429}
    assert counts[200] == usage_of(bare, "key")[key.id].requests
    assert 5 <= counts[200] <= 5 + flowed + 1
