"""What Prometheus reads: requests by route and status, tokens, times."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from glaswerk.lab import Lab
from tests.serve.clients import key_of
from tests.serve.conftest import ENDLESS, Running, wait_until

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def _samples(http: httpx.Client) -> Samples:
    reply = http.get("/metrics")
    assert reply.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(reply.text)
        for sample in family.samples
    }


def _count(found: Samples, name: str, **labels: str) -> float:
    return found.get((name, tuple(sorted(labels.items()))), 0.0)


def test_requests_are_counted_by_route_and_status_never_by_a_clients_words(server: Running) -> None:
    with server.client() as http:
        before = _samples(http)
        http.get("/v1/models/chat")
        http.get("/v1/models/nobody")
        http.get("/nowhere/at/all")
        http.request("BREW", "/v1/models")
        http.post("/v1/responses", json={"model": "chat"})
        http.get("/health", headers={"host": "evil.example"})
        after = _samples(http)

    def more(**labels: str) -> float:
        name = "glaswerk_http_requests_total"
        return _count(after, name, **labels) - _count(before, name, **labels)

    assert more(method="GET", route="/v1/models/{name:path}", status="200") == 1
    assert more(method="GET", route="/v1/models/{name:path}", status="404") == 1
    assert more(method="GET", route="other", status="404") == 1
    assert more(method="other", route="/v1/models", status="405") == 1
    assert more(method="POST", route="/v1/responses", status="400") == 1
    assert more(method="GET", route="other", status="403") == 1
    assert not any("nobody" in str(key) or "nowhere" in str(key) for key in after)


def test_websockets_are_counted_when_they_open_and_when_they_are_refused(server: Running) -> None:
    name, about = "glaswerk_websockets_total", {"route": "/v1/responses"}
    url = f"{server.url.replace('http', 'ws')}/v1/responses"
    with server.client() as http:
        before = _samples(http)
        with connect(url) as first, connect(url):
            during = _samples(http)
            first.send("{}")
            first.recv()
        for path, headers in (("", {"origin": "https://evil.example"}), ("/nowhere", {})):
            with pytest.raises(InvalidStatus):
                connect(url + path, additional_headers=headers).close()
        wait_until(
            lambda: (
                _count(_samples(http), "glaswerk_websockets_open")
                == _count(before, "glaswerk_websockets_open")
            )
        )
        after = _samples(http)
    opened = _count(during, "glaswerk_websockets_open") - _count(before, "glaswerk_websockets_open")
    assert opened == 2
    assert _count(after, name, **about, status="101") - _count(before, name, **about, status="101") == 2
    refused = {"route": "other", "status": "403"}
    assert _count(after, name, **refused) - _count(before, name, **refused) == 2


def test_tokens_and_times_of_an_answer_are_counted_once(server: Running) -> None:
    ask = {"model": "chat", "messages": [{"role": "user", "content": ENDLESS}], "max_tokens": 9}
    with server.client() as http:
        before = _samples(http)
        usage = http.post("/v1/chat/completions", json=ask).json()["usage"]
        wait_until(lambda: _count(_samples(http), "glaswerk_answers_running") == 0)
        after = _samples(http)

    def more(name: str, **labels: str) -> float:
        return _count(after, name, **labels) - _count(before, name, **labels)

    assert more("glaswerk_tokens_total", kind="prompt") == usage["prompt_tokens"]
    assert more("glaswerk_tokens_total", kind="completion") == usage["completion_tokens"] == 9
    assert more("glaswerk_answers_total", cut="false") == 1
    assert more("glaswerk_time_to_first_token_seconds_count") == 1
    assert more("glaswerk_inter_token_seconds_count") == 8
    assert more("glaswerk_inter_token_seconds_sum") > 0


def test_an_answer_whose_client_left_is_counted_as_cut(server: Running) -> None:
    ask = {"model": "chat", "messages": [{"role": "user", "content": ENDLESS}], "max_tokens": 5000}
    with server.client() as http:
        before = _count(_samples(http), "glaswerk_answers_total", cut="true")
        with http.stream("POST", "/v1/chat/completions", json=ask | {"stream": True}) as reply:
            next(reply.iter_lines())
        wait_until(lambda: _count(_samples(http), "glaswerk_answers_total", cut="true") == before + 1)
        assert _count(_samples(http), "glaswerk_answers_running") == 0


def test_on_this_machine_prometheus_needs_no_key(start: Callable[..., Running], copy: Lab) -> None:
    key_of(copy, "town")
    with start(lab=copy).client() as http:
        assert http.get("/v1/models").status_code == 401
        found = _samples(http)
    assert _count(found, "glaswerk_http_requests_total", method="GET", route="other", status="401") == 1
