"""An OpenAI-compatible server without a model: what it streams, the name of its model says."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.serve.conftest import BRIDGE

USAGE = {"prompt_tokens": 11, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}}
ERRORS = {"busy": 429, "refusing": 400, "failing": 500, "closed": 401}


def piece(finish: str | None = None, /, **delta: Any) -> Any:
    """A chunk with one choice."""
    return {"id": "x", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def call(index: int | None, arguments: str, **head: Any) -> Any:
    """A chunk with a piece of a call."""
    function = {"arguments": arguments} | ({"name": head.pop("name")} if "name" in head else {})
    number = {} if index is None else {"index": index}
    return piece(tool_calls=[{**number, **head, "type": "function", "function": function}])


_LOGPROBS = {"content": [{"token": "A", "logprob": -0.5, "bytes": [65], "top_logprobs": []}]}
# Streams that end well, by the name of a model.
GOOD: dict[str, Sequence[Any]] = {
    "good": [
        piece(role="assistant", content=""),
        piece(content=BRIDGE[:20]),
        piece("stop", content=BRIDGE[20:]),
    ],
    "caller": [
        call(0, "", id="call_1", name="find"),
        call(0, '{"word": '),
        call(0, '"bridge"}'),
        call(1, "{}", id="call_2", name="look"),
        piece("tool_calls"),
    ],
    # Some servers number all calls 0 and send each whole.
    "whole calls": [
        call(0, '{"word": "bridge"}', id="a", name="find"),
        call(0, "{}", id="b", name="look"),
        piece("tool_calls"),
    ],
    "calls without ids": [call(None, "{}", name="find"), piece("stop")],
    "words and a call": [piece(content="I look."), call(0, "{}", id="c", name="look"), piece("tool_calls")],
    "thinks": [piece(reasoning_content="Hm. "), piece(reasoning="Yes."), piece("stop", content=BRIDGE)],
    "cut": [piece("length", content="The old")],
    "filtered": [piece("content_filter", content="The old")],
    "parts": [piece("stop", content=[{"type": "text", "text": BRIDGE}])],
    "halves": [piece(content="\ud83e"), piece(content="\udd50 and \udd50"), piece("stop")],
    "nothing": [piece("stop")],
    "probable": [
        {"choices": [{"index": 0, "delta": {"content": "A"}, "logprobs": _LOGPROBS, "finish_reason": "stop"}]}
    ],
    "stopped": [
        {"choices": [{"index": 0, "delta": {"content": "A"}, "finish_reason": "stop", "stop_reason": "END"}]}
    ],
    "several": [
        {"choices": [{"index": 1, "delta": {"content": "no"}}, {"index": 0, "delta": {"content": BRIDGE}}]},
        piece("stop"),
    ],
}
# Streams that go wrong: bytes are sent as they are.
BAD: dict[str, Sequence[Any]] = {
    "garbage": [piece(content="The"), b"data: {not json\n\n"],
    "a list": [piece(content="The"), b"data: [1, 2]\n\n"],
    "no number": [b'data: {"choices": NaN}\n\n'],
    "choices of none": [{"choices": {"a": 1}}],
    "choices of words": [{"choices": ["a"]}],
    "a delta of words": [{"choices": [{"delta": "a"}]}],
    "words of numbers": [piece(content=7)],
    "calls of words": [piece(tool_calls="find")],
    "a call of nothing": [piece(tool_calls=[{"index": 0}])],
    "a call without a name": [call(0, "{}", id="call_1")],
    "a call with a hostile name": [call(0, "{}", id="call_1", name="a\x1b[2J")],
    "mixed calls": [call(0, "{", id="a", name="find"), call(1, "{}", id="b", name="look"), call(0, "}")],
    "thousands of calls": [call(i, "{}", id=f"c{i}", name="find") for i in range(2000)],
    "an error": [piece(content="The"), {"error": {"message": "out of memory\x1b[2J"}}],
    "gave up": [piece("error", content="The")],
    "broke off": [piece(content="The")],
    "dies": [piece(content="The")],
    "nothing at all": [],
    "a long line": [b"data: " + b"x" * (2 << 20)],
    "deep": [b"data: " + b"[" * 100_000 + b"\n\n"],
}


class Scripted:
    """The server. `bodies`: what it was sent; `left`: set when a stream of "endless" loses its reader."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.left = threading.Event()
        self.app = Starlette(
            routes=[
                Route("/v1/models", self.models, methods=["GET"]),
                Route("/v1/chat/completions", self.chat, methods=["POST"]),
            ]
        )

    async def models(self, _: Request) -> Response:
        """All names."""
        names = [*GOOD, *BAD, *ERRORS, "uncounted", "lies", "endless", "huge", "stalls"]
        return JSONResponse({"object": "list", "data": [{"id": name} for name in names]})

    async def chat(self, request: Request) -> Response:
        """A stream, or an error."""
        body = await request.json()
        self.bodies.append(body)
        model = body["model"]
        if model in ERRORS:
            error = {"error": {"message": f"I am {model}\x1b[2J"}}
            return JSONResponse(error, ERRORS[model], headers={"retry-after": "7"})
        return StreamingResponse(self.events(model), media_type="text/event-stream")

    async def events(self, model: str) -> AsyncIterator[bytes]:
        """The stream of a model."""
        if model in ("endless", "huge", "stalls"):
            async for event in self.without_end(model):
                yield event
        usage = {"uncounted": None, "lies": {"prompt_tokens": -5, "completion_tokens": 10**30}}.get(
            model, USAGE
        )
        for found in GOOD.get(model) or BAD.get(model, GOOD["good"]):
            yield found if isinstance(found, bytes) else b"data: " + json.dumps(found).encode() + b"\n\n"
        if model == "dies":
            raise ConnectionError("as asked")
        if model not in BAD:
            if usage:
                yield b"data: " + json.dumps({"choices": [], "usage": usage}).encode() + b"\n\n"
            yield b"data: [DONE]\n\n"

    async def without_end(self, model: str) -> AsyncIterator[bytes]:
        """Words forever, much in little time, or nothing after the first word."""
        text, pause = {"huge": ("x" * 500_000, 0.0), "stalls": ("on", 600.0)}.get(model, ("on", 0.001))
        event = b"data: " + json.dumps(piece(content=text)).encode() + b"\n\n"
        try:
            while True:
                yield event
                await asyncio.sleep(pause)
        finally:
            self.left.set()
