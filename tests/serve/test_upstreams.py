"""Models of other servers answer through ours, and whatever those servers do wrong is an error in words."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from glaswerk.lab import Lab

from .conftest import BRIDGE, DIALOGUES, Running, run_app

MODES = {
    "garbage": b"data: {not json\n\n",
    "a list": b"data: [1, 2]\n\n",
    "an error": b'data: {"error": {"message": "out of memory\\u001b[2J"}}\n\n',
    "a long line": b"data: " + b"x" * (2 << 20),
}


class Other:
    """An upstream that does what its model's name says, and notes what it was sent."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.left = threading.Event()
        self.app = Starlette(
            routes=[
                Route("/v1/models", self.models, methods=["GET"]),
                Route("/v1/chat/completions", self.chat, methods=["POST"]),
                Route("/v1/embeddings", self.embeddings, methods=["POST"]),
            ]
        )

    async def models(self, _: Request) -> Response:
        names = ["good", "endless", "busy", "refusing", "failing", "elsewhere", "no object", *MODES, "huge"]
        return JSONResponse({"object": "list", "data": [{"id": name} for name in [*names, 7, "a\nb"]]})

    async def embeddings(self, request: Request) -> Response:
        body = await request.json()
        self.bodies.append(body)
        if body["model"] == "failing":
            return JSONResponse({"error": {"message": "no vectors"}}, 500)
        data = [{"object": "embedding", "index": 0, "embedding": [0.5, -0.25]}]
        usage = {"prompt_tokens": 4, "total_tokens": 4}
        return JSONResponse({"object": "list", "model": "good", "data": data, "usage": usage})

    async def chat(self, request: Request) -> Response:
        body = await request.json()
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        model = body["model"]
        errors = {"busy": 429, "refusing": 400, "failing": 500}
        if model in errors:
            text = {"error": {"message": f"I am {model}\x1b[2J"}}
            return JSONResponse(text, errors[model], headers={"retry-after": "7"})
        if model == "elsewhere":
            return RedirectResponse("http://127.0.0.1:1/v1/chat/completions")
        if body.get("stream"):
            return StreamingResponse(self.events(model), media_type="text/event-stream")
        if model == "no object":
            return Response(b'"text"', media_type="application/json")
        if model == "huge":
            return Response(b'{"a": "' + b"x" * (20 << 20) + b'"}', media_type="application/json")
        message = {"role": "assistant", "content": BRIDGE}
        usage = {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16}
        choices = [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}]
        return JSONResponse(
            {"id": "x", "object": "chat.completion", "created": 1, "model": model, "choices": choices}
            | {"usage": usage}
        )

    async def events(self, model: str) -> AsyncIterator[bytes]:
        def piece(text: str, finish: str | None = None) -> bytes:
            choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
            return b"data: " + json.dumps({"id": "x", "model": model, "choices": [choice]}).encode() + b"\n\n"

        try:
            yield piece(BRIDGE[:20])
            while model == "endless":
                yield piece(" on")
                await asyncio.sleep(0.001)
            yield MODES.get(model, b": a comment\n\n")
            yield piece(BRIDGE[20:], "stop")
            usage = {"prompt_tokens": 11, "completion_tokens": 5}
            yield b"data: " + json.dumps({"id": "x", "choices": [], "usage": usage}).encode() + b"\n\n"
            yield b"data: [DONE]\n\n"
        finally:
            self.left.set()


@pytest.fixture(scope="module")
def other() -> Iterator[tuple[Other, Running]]:
    made = Other()
    with run_app(made.app) as running:
        yield made, running


@pytest.fixture
def gateway(
    copy: Lab, start: Callable[..., Running], other: tuple[Other, Running], monkeypatch: pytest.MonkeyPatch
) -> Running:
    monkeypatch.setenv("OTHER_KEY", "sk-of-the-other")
    settings(copy.root, f'[serve.upstreams.other]\nurl = "{other[1].url}/v1"\nkey_env = "OTHER_KEY"\n')
    return start(lab=Lab.open(copy.root))


def settings(root: Path, text: str) -> None:
    with (root / "lab.toml").open("a") as file:
        file.write("\n" + text)


def client(running: Running) -> OpenAI:
    return OpenAI(base_url=f"{running.url}/v1", api_key="of-the-client", max_retries=0)


def ask(openai_client: OpenAI, model: str, **options: Any) -> Any:
    messages: Any = [{"role": "user", "content": "Who built the old bridge?"}]
    return openai_client.chat.completions.create(model=model, messages=messages, **options)


def test_its_models_are_listed_beside_ours_and_names_that_are_none_are_not(gateway: Running) -> None:
    with client(gateway) as own:
        names = [model.id for model in own.models.list().data]
        assert names[0] == "chat"
        assert "other/good" in names
        assert not [name for name in names if "\n" in name]
        assert own.models.retrieve("other/good").owned_by == "other"


def test_an_answer_comes_back_under_our_name_with_its_counts(
    gateway: Running, other: tuple[Other, Running]
) -> None:
    with client(gateway) as own:
        reply = ask(own, "other/good", temperature=0.5)
    assert (reply.choices[0].message.content, reply.model) == (BRIDGE, "other/good")
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (11, 5)
    assert (other[0].bodies[-1]["model"], other[0].bodies[-1]["temperature"]) == ("good", 0.5)


def test_it_gets_its_own_key_and_never_that_of_our_client(
    gateway: Running, other: tuple[Other, Running]
) -> None:
    with client(gateway) as own:
        ask(own, "other/good")
    assert other[0].headers[-1]["authorization"] == "Bearer sk-of-the-other"
    assert "of-the-client" not in json.dumps(other[0].headers)


@pytest.mark.parametrize("wanted", [True, False])
def test_a_stream_is_passed_on_piece_by_piece_with_usage_only_if_asked(
    gateway: Running, wanted: bool
) -> None:
    options = {"stream_options": {"include_usage": True}} if wanted else {}
    with client(gateway) as own:
        chunks = list(ask(own, "other/good", stream=True, **options))
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == BRIDGE
    assert [c.usage.completion_tokens for c in chunks if c.usage] == ([5] if wanted else [])
    assert {c.model for c in chunks} == {"other/good"}
    assert len({c.id for c in chunks}) == 1


def test_its_answers_are_traced_against_our_own_documents(gateway: Running) -> None:
    with client(gateway) as own:
        reply = ask(own, "other/good", extra_body={"glaswerk": {"trace": True}})
    spans = reply.glaswerk["trace"]["spans"]
    assert any("built in 1874" in span["text"] for span in spans)
    with gateway.client() as http:
        later = http.get(f"/v1/traces/{reply.id}").json()
    assert [span["text"] for span in later["spans"]] == [span["text"] for span in spans]


def test_our_own_models_answer_as_before(gateway: Running) -> None:
    question, answer = next(iter(DIALOGUES.items()))
    with client(gateway) as own:
        reply = own.chat.completions.create(
            model="chat", temperature=0, messages=[{"role": "user", "content": question}]
        )
    assert reply.choices[0].message.content == answer


@pytest.mark.parametrize("model", ["other/none", "nobody/good", "other/", "other/../good"])
def test_a_model_that_no_server_has_is_not_found(gateway: Running, model: str) -> None:
    with client(gateway) as own, pytest.raises(openai.NotFoundError):
        ask(own, model)


@pytest.mark.parametrize(
    ("model", "status", "words"),
    [
        ("busy", 429, "I am busy [2J"),
        ("refusing", 400, "I am refusing"),
        ("failing", 502, "answered 500"),
        ("elsewhere", 502, "answered 307"),
        ("no object", 502, "no JSON object"),
        ("huge", 502, "more than"),
    ],
)
def test_its_errors_become_ours(gateway: Running, model: str, status: int, words: str) -> None:
    with client(gateway) as own, pytest.raises(openai.APIStatusError) as found:
        ask(own, f"other/{model}")
    assert found.value.status_code == status
    assert words in found.value.message
    assert "\x1b" not in found.value.message
    if status == 429:
        assert found.value.response.headers["retry-after"] == "7"


@pytest.mark.parametrize("model", MODES)
def test_a_stream_that_goes_wrong_ends_with_an_error_event(gateway: Running, model: str) -> None:
    with client(gateway) as own, pytest.raises(openai.APIError) as found:
        list(ask(own, f"other/{model}", stream=True))
    assert "upstream other" in str(found.value)
    assert "\x1b" not in str(found.value)


def test_a_client_that_leaves_ends_the_stream_of_the_upstream(
    gateway: Running, other: tuple[Other, Running]
) -> None:
    other[0].left.clear()
    with client(gateway) as own:
        stream = ask(own, "other/endless", stream=True)
        next(iter(stream))
        stream.close()
    assert other[0].left.wait(20)


def test_an_upstream_that_is_not_there_offers_nothing_and_ours_still_answers(
    copy: Lab, start: Callable[..., Running]
) -> None:
    settings(copy.root, '[serve.upstreams.gone]\nurl = "http://127.0.0.1:9/v1"\nmodels = ["m"]\n')
    with client(start(lab=Lab.open(copy.root))) as own:
        with pytest.raises(openai.APIStatusError) as found:
            ask(own, "gone/m")
        assert found.value.status_code == 502
        assert ask(own, "chat", max_tokens=1).choices


def test_vectors_come_from_the_server_whose_model_is_named(
    gateway: Running, other: tuple[Other, Running]
) -> None:
    with client(gateway) as own:
        found = own.embeddings.create(model="other/good", input="a bridge", encoding_format="float")
        assert (found.data[0].embedding, found.model) == ([0.5, -0.25], "other/good")
        assert found.usage.prompt_tokens == 4
        assert other[0].bodies[-1] == {"model": "good", "input": "a bridge", "encoding_format": "float"}
        with pytest.raises(openai.InternalServerError) as failed:
            own.embeddings.create(model="other/failing", input="a bridge")
        assert failed.value.status_code == 502
        assert own.embeddings.create(model="chat", input="a bridge").model == "chat"
