"""Limits of a key hold for models of other servers, over every endpoint and over a WebSocket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anthropic
import openai
import pytest
from anthropic import Anthropic

from glaswerk.lab import Lab
from glaswerk.serve import create_app
from glaswerk.serve.accounts.limits import KeyLimits
from tests.serve.clients import key_of, openai_client, totals_of
from tests.serve.conftest import run_app, wait_until

MESSAGES: Any = [{"role": "user", "content": "Who built the old bridge?"}]


def test_one_answer_at_once_is_one_over_all_endpoints(lab: Lab) -> None:
    key = key_of(lab, "few", limits=KeyLimits(concurrent=1))
    with run_app(create_app(Lab.open(lab.root))) as running, openai_client(running, key) as client:
        claude = Anthropic(base_url=running.url, api_key=key, max_retries=0)
        ways: list[Callable[[], object]] = [
            lambda: client.responses.create(model="other/good", input="Who?"),
            lambda: list(client.chat.completions.create(model="other/good", messages=MESSAGES, stream=True)),
            lambda: claude.messages.create(model="other/good", max_tokens=5, messages=MESSAGES),
        ]
        stream = client.responses.create(model="other/endless", input="On?", stream=True)
        next(iter(stream))
        for ask in ways:
            with pytest.raises((openai.RateLimitError, anthropic.RateLimitError)):
                ask()
        with client.responses.connect() as connection:
            connection.response.create(model="other/good", input="Who?")
            refused: Any = connection.recv()
            assert (refused.type, refused.status) == ("error", 429)
            assert refused.error.headers["retry-after"]
            stream.close()
            # Its place is free once the gateway knows that its client left.
            wait_until(lambda: "other/endless" in totals_of(lab))
            connection.response.create(model="other/endless", input="On?")
            assert connection.recv().type == "response.created"
        wait_until(lambda: totals_of(lab)["other/endless"].requests == 2)
        for ask in ways:
            assert ask()
        claude.close()


def test_tokens_a_minute_are_taken_before_an_answer_and_given_back_after_it(lab: Lab) -> None:
    key = key_of(lab, "few", limits=KeyLimits(tokens=1000))
    with run_app(create_app(Lab.open(lab.root))) as running, openai_client(running, key) as client:
        with pytest.raises(openai.RateLimitError):
            client.responses.create(model="other/good", input="Who?", max_output_tokens=1001)
        for _ in range(4):
            raw = client.responses.with_raw_response.create(
                model="other/good", input="Who?", max_output_tokens=700
            )
            assert raw.headers["x-ratelimit-limit-tokens"] == "1000"
        with pytest.raises(openai.RateLimitError):
            client.responses.create(model="other/good", input="word " * 2000, max_output_tokens=1)
