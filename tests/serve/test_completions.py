"""Completions with the official client against a real server; log-probabilities against the engine's own."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from openai import BadRequestError, OpenAI

from glaswerk.infer import Engine
from glaswerk.serve.limits import Limits
from glaswerk.serve.served_model import ServedModel

from .conftest import BRIDGE, CONTEXT, ENDLESS, Running, wait_until
from .test_errors import shape

HEAD = "Looked it up at the archive. The old bridge over the"
LONG = Limits(default_max_tokens=CONTEXT, running=1, waiting=0)


@pytest.fixture
def client(server: Running) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as made:
        yield made


@pytest.fixture
def engine(server: Running) -> Engine:
    served = server.app.state.models.loaded()
    assert isinstance(served, ServedModel)
    return served.engine


def chat_text(engine: Engine) -> list[int]:
    """A prompt that the network knows how to continue."""
    return engine.prompt([{"role": "user", "content": "Who built the old bridge?"}])


def test_token_ids_are_continued_as_they_are(client: OpenAI, engine: Engine) -> None:
    reply = client.completions.create(
        model="chat", prompt=chat_text(engine), max_tokens=200, temperature=0, stop="1874"
    )
    assert reply.object == "text_completion"
    assert reply.id.startswith("cmpl-")
    assert reply.choices[0].text == BRIDGE.split("1874")[0]
    assert reply.choices[0].finish_reason == "stop"
    assert reply.choices[0].logprobs is None
    assert reply.usage is not None
    assert reply.usage.prompt_tokens == len(chat_text(engine))


def test_every_prompt_has_n_choices_in_order(client: OpenAI, engine: Engine) -> None:
    prompts = [chat_text(engine), engine.prompt([{"role": "user", "content": ENDLESS}])]
    reply = client.completions.create(model="chat", prompt=prompts, n=2, max_tokens=9, temperature=0)
    assert [choice.index for choice in reply.choices] == [0, 1, 2, 3]
    texts = [choice.text for choice in reply.choices]
    assert texts[0] == texts[1] != texts[2] == texts[3]
    assert BRIDGE.startswith(texts[0])
    assert reply.usage is not None
    assert reply.usage.prompt_tokens == sum(map(len, prompts))
    assert reply.usage.completion_tokens == 36


def test_texts_and_a_list_of_texts_give_the_same(client: OpenAI) -> None:
    one = client.completions.create(model="chat", prompt=HEAD, temperature=0)
    both = client.completions.create(model="chat", prompt=[HEAD, "x"], temperature=0)
    assert both.choices[0].text == one.choices[0].text
    assert one.usage is not None
    assert one.usage.completion_tokens <= 16


def test_echo_puts_the_prompt_before_the_answer(client: OpenAI, engine: Engine) -> None:
    ids = engine.tokenizer.encode(HEAD)
    for prompt in (HEAD, ids):
        plain = client.completions.create(model="chat", prompt=prompt, temperature=0, max_tokens=5)
        echoed = client.completions.create(
            model="chat", prompt=prompt, temperature=0, max_tokens=5, echo=True
        )
        assert echoed.choices[0].text == HEAD + plain.choices[0].text


def test_log_probabilities_of_a_prompt_are_those_of_the_engine(client: OpenAI, engine: Engine) -> None:
    continuation = " Lind was built by a baker – 🥐."
    reply = client.completions.create(
        model="chat", prompt=HEAD + continuation, max_tokens=0, echo=True, logprobs=5
    )
    choice = reply.choices[0]
    assert choice.text == HEAD + continuation
    assert choice.finish_reason == "length"
    found = choice.logprobs
    assert found is not None
    assert found.tokens is not None
    assert found.token_logprobs is not None
    assert found.top_logprobs is not None
    assert found.text_offset is not None
    assert found.token_logprobs[0] is None
    assert found.top_logprobs[0] is None
    assert len(found.tokens) == len(found.token_logprobs) == len(found.top_logprobs)
    (score,) = engine.log_likelihoods([(HEAD, continuation)])
    own = found.token_logprobs[-score.tokens :]
    assert math.isclose(sum(own), score.log_probability, rel_tol=1e-4)
    for token, value, top in zip(
        found.tokens[1:], found.token_logprobs[1:], found.top_logprobs[1:], strict=True
    ):
        assert top[token] == value
        assert 5 <= len(top) <= 6
    assert reply.usage is not None
    assert reply.usage.completion_tokens == 0


def test_offsets_point_at_their_tokens(client: OpenAI) -> None:
    reply = client.completions.create(
        model="chat", prompt=HEAD, max_tokens=8, echo=True, logprobs=0, temperature=0
    )
    choice = reply.choices[0]
    assert choice.logprobs is not None
    for token, offset in zip(choice.logprobs.tokens or [], choice.logprobs.text_offset or [], strict=True):
        if not token.startswith(("bytes:", "<|")):
            assert choice.text[offset:].startswith(token)


@pytest.mark.parametrize("max_tokens", [0, 1])
def test_what_lm_eval_sends_gets_the_numbers_that_it_reads(
    server: Running, engine: Engine, max_tokens: int
) -> None:
    """The request of `local-completions` (lm-eval 0.4) for a batch, and its reading of the response."""
    pairs = [(HEAD, " Lind was built"), ("Fresh", " rolls! the bakery"), ("A post", " about everything")]
    rows = []
    for context, continuation in pairs:
        whole = engine.tokenizer.encode(context + continuation)
        rows.append(([engine.tokenizer.start_id, *whole], 1 + len(engine.tokenizer.encode(context))))
    body = {
        "prompt": [ids for ids, _ in rows],
        "model": "chat",
        "max_tokens": max_tokens,
        "logprobs": 1,
        "temperature": 0,
        "seed": 1234,
        "echo": True,
    }
    with server.client() as http:
        choices = http.post("/v1/completions", json=body).json()["choices"]
    scores = engine.log_likelihoods(pairs)
    for choice, (ids, context), score in zip(choices, rows, scores, strict=True):
        end = -1 if max_tokens else None
        assert len(choice["logprobs"]["token_logprobs"]) == len(ids) + max_tokens
        values = choice["logprobs"]["token_logprobs"][context:end]
        tops = choice["logprobs"]["top_logprobs"][context:end]
        assert math.isclose(sum(values), score.log_probability, rel_tol=1e-4)
        assert all(v == max(top.values()) for v, top in zip(values, tops, strict=True)) == score.greedy


def test_a_stream_concatenates_to_the_whole_answer(client: OpenAI) -> None:
    asked: dict[str, Any] = {"model": "chat", "prompt": [HEAD, "Fresh"], "temperature": 0, "max_tokens": 12}
    whole = client.completions.create(**asked, echo=True, logprobs=2)
    stream = client.completions.create(
        **asked, echo=True, logprobs=2, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    for index in (0, 1):
        parts = [c for chunk in chunks for c in chunk.choices if c.index == index]
        assert "".join(part.text for part in parts) == whole.choices[index].text
        tokens = [token for part in parts if part.logprobs for token in part.logprobs.tokens or []]
        known = whole.choices[index].logprobs
        assert known is not None
        assert tokens == known.tokens
        assert [part.finish_reason for part in parts if part.finish_reason] == ["length"]
    assert chunks[-1].choices == []
    streamed, known_usage = chunks[-1].usage, whole.usage
    assert streamed is not None
    assert known_usage is not None
    # How much of a prompt was known depends on what was asked before.
    for name in ("prompt_tokens", "completion_tokens", "total_tokens"):
        assert getattr(streamed, name) == getattr(known_usage, name)
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_the_bytes_of_a_stream_end_with_done(server: Running) -> None:
    with server.client() as http:
        reply = http.post("/v1/completions", json={"model": "chat", "prompt": HEAD, "stream": True})
    assert reply.headers["content-type"].startswith("text/event-stream")
    events = reply.text.split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    chunk = json.loads(events[0].removeprefix("data: "))
    assert chunk["object"] == "text_completion"
    assert "usage" not in chunk


def test_the_log_probability_of_what_is_written_is_that_of_the_prompt_that_contains_it(
    client: OpenAI, engine: Engine
) -> None:
    ids = chat_text(engine)
    first = client.completions.create(model="chat", prompt=ids, max_tokens=10, logprobs=1, temperature=0)
    found = first.choices[0].logprobs
    assert found is not None
    more = engine.tokenizer.encode(BRIDGE)[:10]
    again = client.completions.create(model="chat", prompt=ids + more, max_tokens=0, logprobs=1, echo=True)
    known = again.choices[0].logprobs
    assert known is not None
    assert found.tokens == (known.tokens or [])[-10:]
    pairs = zip(found.token_logprobs or [], (known.token_logprobs or [])[-10:], strict=True)
    assert all(math.isclose(a, b, abs_tol=1e-3) for a, b in pairs)


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"prompt": None}, "prompt", "invalid_value"),
    ({"prompt": []}, "prompt", "invalid_value"),
    ({"prompt": 5}, "prompt", "invalid_value"),
    ({"prompt": [[]]}, "prompt[0]", "invalid_value"),
    ({"prompt": [1, "a"]}, "prompt", "invalid_value"),
    ({"prompt": ["a", 1]}, "prompt[1]", "invalid_value"),
    ({"prompt": [[1], "a"]}, "prompt[1]", "invalid_value"),
    ({"prompt": [True]}, "prompt", "invalid_value"),
    ({"prompt": [-1]}, "prompt", "invalid_value"),
    ({"prompt": [10**9]}, "prompt", "invalid_value"),
    ({"prompt": [10**40]}, "prompt", "invalid_value"),
    ({"prompt": [1.5]}, "prompt[0]", "invalid_value"),
    ({"prompt": "a\ud800"}, "prompt", "invalid_value"),
    ({"prompt": [1] * (CONTEXT + 1)}, "prompt", "context_length_exceeded"),
    ({"prompt": ["a", "b " * CONTEXT * 4]}, "prompt[1]", "context_length_exceeded"),
    ({"prompt": ["a"] * 100, "n": 100}, "prompt", "invalid_value"),
    ({"best_of": 3}, "best_of", "unsupported_parameter"),
    ({"best_of": 1, "n": 2}, "best_of", "unsupported_parameter"),
    ({"suffix": "z"}, "suffix", "unsupported_parameter"),
    ({"logprobs": 6}, "logprobs", "invalid_value"),
    ({"logprobs": True}, "logprobs", "invalid_value"),
    ({"max_tokens": -1}, "max_tokens", "invalid_value"),
    ({"echo": "yes"}, "echo", "invalid_value"),
    ({"stream_options": {}}, "stream_options", "invalid_value"),
    ({"messages": []}, "messages", "unknown_parameter"),
    ({"logit_bias": {"99999999": 1}}, "logit_bias", "invalid_value"),
]


@pytest.mark.parametrize(("change", "param", "code"), WRONG, ids=lambda value: str(value)[:30])
def test_a_wrong_field_is_named(server: Running, change: dict[str, Any], param: str, code: str) -> None:
    body = json.dumps({"model": "chat", "prompt": "Hi", "max_tokens": 1} | change)
    with server.client() as http:
        reply = http.post("/v1/completions", content=body)
    assert reply.status_code == 400
    error = shape(reply.json())
    assert (error["param"], error["code"]) == (param, code)
    assert len(error["message"]) < 300


def test_best_of_that_equals_n_is_taken(client: OpenAI) -> None:
    reply = client.completions.create(model="chat", prompt="Hi", n=2, best_of=2, max_tokens=1)
    assert len(reply.choices) == 2
    with pytest.raises(BadRequestError, match="best_of"):
        client.completions.create(model="chat", prompt="Hi", n=2, best_of=3)


def test_a_prompt_as_long_as_the_context_can_be_scored(client: OpenAI) -> None:
    reply = client.completions.create(model="chat", prompt=[5] * CONTEXT, max_tokens=0, echo=True, logprobs=1)
    found = reply.choices[0].logprobs
    assert found is not None
    assert len(found.token_logprobs or []) == CONTEXT


def test_a_client_that_leaves_ends_its_completion(start: Any) -> None:
    running = start(LONG)
    engine = running.app.state.models.loaded().engine
    prompt = engine.prompt([{"role": "user", "content": ENDLESS}])
    body = {"model": "chat", "prompt": prompt, "max_tokens": CONTEXT, "stream": True}
    with running.client() as http, http.stream("POST", "/v1/completions", json=body) as reply:
        next(reply.iter_lines())
        assert running.app.state.pool.running == 1
    wait_until(lambda: running.app.state.pool.stopped == 1)
