"""`glaswerk chat --tools`: the answers of the lab's own server, in this process, with every call shown."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import click
import httpx

from glaswerk.cli.echo import echo
from glaswerk.core.document import Message
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab

_SECONDS, _SHOWN = 600, 400


class ToolChat:
    """Asks a model of the lab, or of an upstream, with tools. model: "" for the newest chat model."""

    def __init__(self, lab: Lab, model: str, tools: Sequence[str], sampling: Mapping[str, Any]) -> None:
        self._tools, self._sampling, self._model = list(tools), dict(sampling), model
        self._loop, self._stack = asyncio.new_event_loop(), AsyncExitStack()
        self._http = self._loop.run_until_complete(self._opened(lab))

    async def _opened(self, lab: Lab) -> httpx.AsyncClient:
        from glaswerk.serve import create_app

        # The name of an upstream's model is no model of the lab.
        app = create_app(lab, "" if "/" in self._model else self._model)
        await self._stack.enter_async_context(app.router.lifespan_context(app))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=_SECONDS)

    def close(self) -> None:
        """End the server and its tools."""
        self._loop.run_until_complete(self._stack.aclose())
        self._loop.close()

    def answer(self, messages: Sequence[Message]) -> str:
        """Print the answer to a conversation and give its text. Raises GlaswerkError for what is refused."""
        words: list[dict[str, Any]] = []
        while True:
            found = self._asked(messages, words)
            calls = found["glaswerk"]["tool_calls"]
            for call in calls:
                _show(call)
            text = str(found["choices"][0]["message"]["content"] or "")
            waiting = [call for call in calls if call["status"] == "pending"]
            if not waiting:
                echo(text)
                return text
            words = [{"id": call["approval"], "approve": _agreed(call)} for call in waiting]

    def _asked(self, messages: Sequence[Message], words: Sequence[Mapping[str, Any]]) -> Any:
        ours: dict[str, Any] = {"tools": self._tools, **({"approvals": words} if words else {})}
        body = {"model": self._name(), "messages": list(messages), **self._sampling, "glaswerk": ours}
        return self._checked(self._http.post("/v1/chat/completions", json=body))

    def _name(self) -> str:
        if not self._model:
            self._model = str(self._checked(self._http.get("/v1/models"))["data"][0]["id"])
        return self._model

    def _checked(self, asked: Any) -> Any:
        response = self._loop.run_until_complete(asked)
        found = response.json()
        if response.status_code != 200:
            raise GlaswerkError(str(found["error"]["message"]), hint="glaswerk tools ls")
        return found


def _show(call: Mapping[str, Any]) -> None:
    """A call on standard error: what went in, what came out."""
    echo(f"  {call['server']}.{call['name']} {_short(call['arguments'])}", err=True, dim=True)
    if call["status"] in ("completed", "failed"):
        sign = "→" if call["status"] == "completed" else "failed:"
        echo(f"    {sign} {_short(call['output'])}", err=True, dim=True)


def _agreed(call: Mapping[str, Any]) -> bool:
    arguments = json.dumps(call["arguments"], ensure_ascii=False)
    echo(f"  {call['server']}.{call['name']} wants to be called with {arguments}", err=True)
    return click.confirm("  May it?", default=False, err=True)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
