"""A server with grounded answers, of the lab's own model and of an upstream that says what it is told."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from glaswerk.lab import Lab
from glaswerk.retrieve import build
from glaswerk.serve import create_app
from tests.serve.conftest import Running, run_app
from tests.support.lab_copies import copied


class Speaker:
    """An upstream that streams `text`, word by word."""

    def __init__(self) -> None:
        self.text = ""
        # Added to every chunk, as an upstream may that wants to be believed.
        self.extra: dict[str, Any] = {}
        self.status = 200
        # What the word WAIT in a text waits for.
        self.go, self.waited = threading.Event(), False
        # Set when an answer has ended, or lost its reader; and whether all of it was written by then.
        self.left, self.ended = threading.Event(), False
        self.prompts: list[str] = []
        self.app = Starlette(
            routes=[
                Route("/v1/models", self.models, methods=["GET"]),
                Route("/v1/chat/completions", self.chat, methods=["POST"]),
            ]
        )

    async def models(self, _: Request) -> Response:
        return JSONResponse({"object": "list", "data": [{"id": "speaker"}]})

    async def chat(self, request: Request) -> Response:
        body = await request.json()
        self.prompts.append(body["messages"][-1]["content"])
        if self.status != 200:
            return JSONResponse({"error": {"message": "I am ill"}}, self.status)
        return StreamingResponse(self.events(), media_type="text/event-stream")

    async def events(self) -> AsyncIterator[bytes]:
        self.ended = False
        try:
            for i, word in enumerate(self.text.split(" ")):
                if word == "WAIT":
                    await asyncio.to_thread(self.go.wait, 20)
                    self.waited = True
                    continue
                choice = {"index": 0, "delta": {"content": f" {word}" if i else word}, "finish_reason": None}
                yield _event({"id": "x", "choices": [choice], **self.extra})
                # Without this the loop would not hear that the reader left.
                await asyncio.sleep(0)
            self.ended = True
            usage = {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16}
            yield _event({"id": "x", "choices": [], "usage": usage})
            yield b"data: [DONE]\n\n"
        finally:
            self.left.set()


def _event(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


@pytest.fixture(scope="module")
def speaking() -> Iterator[tuple[Speaker, Running]]:
    made = Speaker()
    with run_app(made.app) as running:
        yield made, running


@pytest.fixture
def speaker(speaking: tuple[Speaker, Running]) -> Iterator[Speaker]:
    found = speaking[0]
    yield found
    found.text, found.extra, found.status = "", {}, 200


@pytest.fixture(scope="module")
def quoted_folder(
    glass_folder: Path, tmp_path_factory: pytest.TempPathFactory, speaking: tuple[Speaker, Running]
) -> Path:
    """A lab with passages and an upstream."""
    folder = tmp_path_factory.mktemp("quoted") / "lab"
    copied(glass_folder, folder)
    lab = Lab.open(folder)
    build(lab, lab.need("corpus", "main", hint=""))
    with (folder / "lab.toml").open("a") as file:
        file.write(f'\n[serve.upstreams.other]\nurl = "{speaking[1].url}/v1"\n')
    lab.ledger.close()
    return folder


@pytest.fixture(scope="module")
def grounded(quoted_folder: Path) -> Iterator[Running]:
    """The server; "chat" is the lab's model, "other/speaker" the upstream's."""
    lab = Lab.open(quoted_folder)
    with run_app(create_app(lab)) as running:
        yield running
    lab.ledger.close()


@pytest.fixture
def own(quoted_folder: Path, tmp_path: Path) -> Iterator[Lab]:
    """Such a lab of one's own, to change."""
    copied(quoted_folder, tmp_path / "own")
    lab = Lab.open(tmp_path / "own")
    yield lab
    lab.ledger.close()


@pytest.fixture
def ask(grounded: Running) -> Callable[..., dict[str, Any]]:
    """Asks one question, or a conversation of questions, and gives the answer's JSON."""

    def run(
        *questions: str, model: str = "chat", status: int = 200, at: Running = grounded, **fields: Any
    ) -> dict[str, Any]:
        messages = [{"role": "user", "content": question} for question in questions]
        body = {"model": model, "messages": messages, "glaswerk": {"ground": True}, **fields}
        with at.client() as client:
            found = client.post("/v1/chat/completions", json=body)
        assert found.status_code == status, found.text
        answer: dict[str, Any] = found.json()
        return answer

    return run
