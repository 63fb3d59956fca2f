"""A server with tools, of an upstream whose model calls what it is told to call."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import mcp_program
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from glaswerk.lab import Lab
from glaswerk.retrieve import build
from glaswerk.serve import create_app
from glaswerk.tools.mcp.confirmed import confirm, definition
from glaswerk.tools.mcp.settings import mcp_servers
from tests.serve.conftest import Running, run_app
from tests.support.lab_copies import copied

# A status is a failure.
Reply = str | int | list[tuple[str, dict[str, Any]]]


class Script:
    """An upstream with replies of its own, one a request: a text, calls as (name, arguments), a failure."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.bodies: list[dict[str, Any]] = []
        self.app = Starlette(
            routes=[
                Route("/v1/models", self.models, methods=["GET"]),
                Route("/v1/chat/completions", self.chat, methods=["POST"]),
            ]
        )

    async def models(self, _: Request) -> Response:
        return JSONResponse({"object": "list", "data": [{"id": "script"}]})

    async def chat(self, request: Request) -> Response:
        self.bodies.append(await request.json())
        reply = self.replies.pop(0) if self.replies else "I have nothing more to say."
        if isinstance(reply, int):
            return JSONResponse({"error": {"message": "I am broken."}}, reply)
        return StreamingResponse(_events(reply, len(self.bodies)), media_type="text/event-stream")

    def read(self) -> list[str]:
        """What tools answered, as the model read it in its last request."""
        return [m["content"] for m in self.bodies[-1]["messages"] if m["role"] == "tool"]


async def _events(reply: str | list[tuple[str, dict[str, Any]]], number: int) -> AsyncIterator[bytes]:
    if isinstance(reply, str):
        for i, word in enumerate(reply.split(" ")):
            yield _event({"content": f" {word}" if i else word})
    else:
        for i, (name, arguments) in enumerate(reply):
            written = arguments if isinstance(arguments, str) else json.dumps(arguments)
            function = {"name": name, "arguments": written}
            call = {"index": i, "id": f"call_{number}_{i}", "type": "function", "function": function}
            yield _event({"tool_calls": [call]})
    yield _event({}, "stop" if isinstance(reply, str) else "tool_calls")
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    yield b"data: " + json.dumps({"id": "x", "choices": [], "usage": usage}).encode() + b"\n\n"
    yield b"data: [DONE]\n\n"


def _event(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({"id": "x", "choices": [choice]}).encode() + b"\n\n"


@pytest.fixture(scope="module")
def scripting() -> Iterator[tuple[Script, Running]]:
    made = Script()
    with run_app(made.app) as running:
        yield made, running


@pytest.fixture
def script(scripting: tuple[Script, Running]) -> Script:
    found = scripting[0]
    found.replies, found.bodies = [], []
    return found


@pytest.fixture(scope="module")
def tool_folder(
    glass_folder: Path, tmp_path_factory: pytest.TempPathFactory, scripting: tuple[Script, Running]
) -> Path:
    """A lab with passages and the upstream."""
    folder = tmp_path_factory.mktemp("toolbox") / "lab"
    copied(glass_folder, folder)
    lab = Lab.open(folder)
    build(lab, lab.need("corpus", "main", hint=""))
    with (folder / "lab.toml").open("a") as file:
        file.write(f'\n[serve.upstreams.other]\nurl = "{scripting[1].url}/v1"\n')
    lab.ledger.close()
    return folder


@pytest.fixture(scope="module")
def tooled(tool_folder: Path) -> Iterator[Running]:
    """The server; "other/script" is the upstream's model."""
    lab = Lab.open(tool_folder)
    with run_app(create_app(lab)) as running:
        yield running
    lab.ledger.close()


@pytest.fixture
def ask(tooled: Running) -> Callable[..., dict[str, Any]]:
    """Asks one question with tools, and gives the answer's JSON."""

    def run(
        question: str, *tools: str, status: int = 200, at: Running = tooled, model: str = "other/script",
        more: dict[str, Any] | None = None, **fields: Any,
    ) -> dict[str, Any]:  # fmt: skip
        messages = [{"role": "user", "content": question}]
        ours = {"tools": list(tools), **(more or {})}
        body = {"model": model, "messages": messages, "glaswerk": ours, **fields}
        with at.client() as client:
            found = client.post("/v1/chat/completions", content=json.dumps(body))
        assert found.status_code == status, found.text
        answer: dict[str, Any] = found.json()
        return answer

    return run


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """A line for each call that reached the program."""
    return tmp_path / "calls"


@pytest.fixture
def served(
    tool_folder: Path, tmp_path: Path, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Lab, Running]]:
    """A server with an MCP server that may `say` without asking, and must ask to `save`."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    copied(tool_folder, tmp_path / "lab")
    command = [sys.executable, mcp_program.__file__, "good", str(calls)]
    with (tmp_path / "lab" / "lab.toml").open("a") as file:
        file.write(f'\n[serve.mcp.odd]\ncommand = {json.dumps(command)}\nallow = ["say"]\n')
        file.write(f"\n[serve.mcp.other]\ncommand = {json.dumps(command)}\n")
        for name, manner in (("twin", "twin"), ("twin_a", "good")):
            words = json.dumps([sys.executable, mcp_program.__file__, manner, f"{calls}-{name}"])
            file.write(f"\n[serve.mcp.{name}]\ncommand = {words}\n")
    lab = Lab.open(tmp_path / "lab")
    confirm(mcp_servers(lab)["odd"], {"say": definition("Say a text.", mcp_program.TEXT)})
    for name in ("twin", "twin_a"):
        confirm(mcp_servers(lab)[name], {})
    with run_app(create_app(lab)) as running:
        yield lab, running
    lab.ledger.close()
