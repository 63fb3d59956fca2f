"""Accounts of the real server: what it counted is in the ledger, and what is another's is not found."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from openai import AuthenticationError, OpenAI, RateLimitError

from glaswerk.lab import Lab
from tests.serve.conftest import BRIDGE, ENDLESS, Running, wait_until

from .conftest import bearer, make_key, usage_of

Start = Callable[..., Running]
QUESTION = [{"role": "user", "content": "Who built the old bridge?"}]
BODY: dict[str, Any] = {"model": "chat", "messages": QUESTION, "temperature": 0}


@pytest.fixture
def keyed(copy: Lab, start: Start) -> tuple[Lab, Running, str]:
    """A lab, its server, and a key."""
    _, text = make_key(copy)
    return copy, start(lab=copy), text


def post(http: httpx.Client, text: str, **fields: Any) -> httpx.Response:
    """An answer of the model."""
    return http.post("/v1/chat/completions", json=BODY | fields, headers=bearer(text))


def test_the_ledger_has_what_every_answer_says_it_used(keyed: tuple[Lab, Running, str]) -> None:
    lab, running, text = keyed
    used = []
    with running.client() as http:
        used.append(post(http, text).json()["usage"])
        used.append(post(http, text, n=3, max_tokens=4).json()["usage"])
        used.append(post(http, text, model="chat/step-60").json()["usage"])
        streamed = post(http, text, stream=True, stream_options={"include_usage": True}).text
        used.append(json.loads(streamed.split("data: ")[-2])["usage"])
    (total,) = usage_of(lab, "model").values()
    assert (total.name, total.requests) == ("chat", 4)
    assert total.prompt == sum(one["prompt_tokens"] for one in used)
    assert total.completion == sum(one["completion_tokens"] for one in used)
    assert total.cached == sum(one["prompt_tokens_details"]["cached_tokens"] for one in used)


def test_openai_s_client_meets_its_own_errors(copy: Lab, start: Start) -> None:
    _, text = make_key(copy, "requests=1")
    url = f"{start(lab=copy).url}/v1"
    with OpenAI(base_url=url, api_key="unused", max_retries=0) as client:
        with pytest.raises(AuthenticationError) as refused:
            client.models.list()
        assert refused.value.code == "invalid_api_key"
    with OpenAI(base_url=url, api_key=text, max_retries=0) as client:
        assert [model.id for model in client.models.list()] == ["chat"]
        raw = client.chat.completions.with_raw_response.create(model="chat", messages=QUESTION)  # type: ignore[call-overload]
        assert raw.headers["x-ratelimit-remaining-requests"] == "0"
        with pytest.raises(RateLimitError) as limited:
            client.chat.completions.create(model="chat", messages=QUESTION)  # type: ignore[call-overload]
        assert int(limited.value.response.headers["retry-after"]) >= 1


def test_another_name_of_a_model_does_not_escape_its_limits(copy: Lab, start: Start) -> None:
    _, limited = make_key(copy, "chat:requests=1")
    _, barred = make_key(copy, models=("base",))
    with start(lab=copy).client() as http:
        found = [post(http, limited, model=name).status_code for name in ("chat/step-60", "chat")]
        assert found == [200, 429]
        found = [post(http, barred, model=name).status_code for name in ("chat/step-60", "chat")]
        assert found == [403, 403]


def test_an_answer_is_another_project_s_as_if_it_never_was(keyed: tuple[Lab, Running, str]) -> None:
    lab, running, text = keyed
    (_, friend), (_, stranger) = make_key(lab), make_key(lab, project="river")
    with running.client() as http:
        wait_until(lambda: post(http, stranger, max_tokens=1).status_code == 200)
        streamed = post(http, text, stream=True).text
        names = [post(http, text).json()["id"], json.loads(streamed.split("\n\n")[0][6:])["id"]]
        for name in names:
            assert http.get(f"/v1/traces/{name}", headers=bearer(text)).json()["text"] == BRIDGE
            assert http.get(f"/v1/traces/{name}", headers=bearer(friend)).status_code == 200
            theirs = http.get(f"/v1/traces/{name}", headers=bearer(stranger))
            nobody = http.get(f"/v1/traces/chatcmpl-{'0' * 24}", headers=bearer(stranger))
            assert theirs.status_code == nobody.status_code == 404
            assert theirs.text.replace(name, "") == nobody.text.replace(f"chatcmpl-{'0' * 24}", "")
            assert http.get(f"/v1/traces/{name}").status_code == 401


def test_a_client_that_leaves_frees_its_place_and_pays_what_was_generated(copy: Lab, start: Start) -> None:
    _, text = make_key(copy, "concurrent=1")
    endless = BODY | {"messages": [{"role": "user", "content": ENDLESS}], "max_tokens": 5000, "stream": True}
    with start(lab=copy).client() as http:
        with http.stream("POST", "/v1/chat/completions", json=endless, headers=bearer(text)) as stream:
            lines = stream.iter_lines()
            for _ in range(12):
                next(lines)
            assert post(http, text).status_code == 429
        wait_until(lambda: post(http, text).status_code == 200)
    total = usage_of(copy)["town"]
    assert total.requests == 2
    assert total.completion < 5000


def test_the_report_opens_with_a_ticket_of_the_key_and_not_without(keyed: tuple[Lab, Running, str]) -> None:
    _, running, text = keyed
    with running.client() as http:
        assert http.get("/report").status_code == 401
        assert http.post("/v1/glaswerk/report-ticket", json={}).status_code == 401
        given = http.post("/v1/glaswerk/report-ticket", json={}, headers=bearer(text))
        assert given.status_code == 204
        cookie = given.headers["set-cookie"]
        assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/report", "Max-Age=60"))
        assert text[20:] not in cookie
        # The client sends the cookie now; this lab has no report.
        assert http.get("/report").json()["error"]["code"] == "no_report"
        assert http.get("/v1/models", headers={"cookie": cookie}).status_code == 401
        name, _, value = cookie.split(";")[0].partition("=")
        identifier, until, signature = value.split(".")
        for forged in (
            f"{identifier}.{int(until) + 60}.{signature}",
            f"{identifier}.{until}.{'0' * 64}",
            f"{identifier}.{until}.",
            f"{identifier}.{int(time.time()) - 1}.{signature}",
            f"{identifier}.x.{signature}",
            "..",
            "",
        ):
            http.cookies.clear()
            assert http.get("/report", headers={"cookie": f"{name}={forged}"}).status_code == 401, forged
