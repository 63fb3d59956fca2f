"""Anthropic's own client against our server: what it can ask is asked once, and a table says what held.

PYTHON bench/judges/anthropic_client.py URL [MODEL]: an interpreter with `anthropic`, the address of the
server without /v1. With a server that needs keys, ANTHROPIC_API_KEY is one. Any model will do: none is asked
to be wise.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import anthropic

HELLO: Any = [{"role": "user", "content": "Who built the old bridge?"}]
CLOCK: Any = {
    "name": "clock",
    "description": "What time it is.",
    "input_schema": {"type": "object", "properties": {"zone": {"type": "string", "enum": ["UTC", "CET"]}}},
}


class Judge:
    """One server and one of its models. Every method without an underscore is a check."""

    def __init__(self, url: str, model: str) -> None:
        key = os.environ.get("ANTHROPIC_API_KEY", "none")
        self._client = anthropic.Anthropic(base_url=url, api_key=key, max_retries=0, timeout=300)
        self._model = model

    def _create(self, **fields: Any) -> Any:
        asked: dict[str, Any] = {"model": self._model, "max_tokens": 40, "messages": HELLO}
        return self._client.messages.create(**(asked | fields))

    def create(self) -> None:
        """An answer has its parts, its end and its counts."""
        made = self._create()
        assert (made.type, made.role, made.model) == ("message", "assistant", self._model)
        assert made.stop_reason in ("end_turn", "max_tokens")
        assert all(block.text for block in made.content if block.type == "text")
        assert made.usage.input_tokens > 0
        assert made.usage.output_tokens > 0

    def stream(self) -> None:
        """Events in Anthropic's order, which the client puts together."""
        kinds, text = [], ""
        with self._client.messages.stream(model=self._model, max_tokens=40, messages=HELLO) as stream:
            for event in stream:
                kinds.append(event.type)
                text += event.text if event.type == "text" else ""
            final = stream.get_final_message()
        assert kinds[0] == "message_start"
        assert kinds[-2:] == ["message_delta", "message_stop"]
        assert text == "".join(block.text for block in final.content if block.type == "text")

    def raw_stream(self) -> None:
        """The same by `stream=True`."""
        events = list(self._create(stream=True))
        assert events[0].type == "message_start"
        assert events[-1].type == "message_stop"

    def tools(self) -> None:
        """Tools that may be called do not stand in the way of an answer."""
        made = self._create(tools=[CLOCK])
        assert {block.type for block in made.content} <= {"text", "thinking", "tool_use"}

    def tool_choice_any(self) -> None:
        """A call that must be made, with arguments that keep to the schema."""
        made = self._create(tools=[CLOCK], tool_choice={"type": "any"}, max_tokens=200)
        (call,) = [block for block in made.content if block.type == "tool_use"]
        assert call.name == "clock"
        assert call.input.get("zone", "UTC") in ("UTC", "CET")
        assert made.stop_reason == "tool_use"

    def tool_choice_tool(self) -> None:
        """A call of one tool among two, streamed."""
        other = CLOCK | {"name": "calendar"}
        choice: Any = {"type": "tool", "name": "calendar"}
        with self._client.messages.stream(
            model=self._model, max_tokens=200, messages=HELLO, tools=[CLOCK, other], tool_choice=choice
        ) as stream:
            final = stream.get_final_message()
        assert [block.name for block in final.content if block.type == "tool_use"] == ["calendar"]

    def tool_choice_none(self) -> None:
        """No call where none may be made."""
        made = self._create(tools=[CLOCK], tool_choice={"type": "none"})
        assert not [block for block in made.content if block.type == "tool_use"]

    def tool_result(self) -> None:
        """What a tool answered is read."""
        call = {"type": "tool_use", "id": "toolu_1", "name": "clock", "input": {"zone": "UTC"}}
        result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "noon"}
        turns = [
            *HELLO,
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [result]},
        ]
        assert self._create(messages=turns, tools=[CLOCK]).type == "message"

    def parse(self) -> None:
        """An answer in the form of a schema."""
        form = {
            "type": "json_schema",
            "schema": {
                "type": "object",
                "properties": {"ok": {"type": "boolean"}},
                "required": ["ok"],
                "additionalProperties": False,
            },
        }
        made = self._create(output_config={"format": form}, max_tokens=200)
        assert "".join(made.content[0].text.split()) in ('{"ok":true}', '{"ok":false}')

    def system(self) -> None:
        """A system prompt, as a text and in blocks, is read."""
        count = self._client.messages.count_tokens
        plain = count(model=self._model, messages=HELLO).input_tokens
        text = count(model=self._model, messages=HELLO, system="Be kind.").input_tokens
        blocks: Any = [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}]
        assert text == count(model=self._model, messages=HELLO, system=blocks).input_tokens > plain
        assert self._create(system="Be kind.").type == "message"

    def stop_sequences(self) -> None:
        """An answer ends before a text that the answer without it has."""
        plain = self._create(stop_sequences=["\x00"]).content
        stop = plain[0].text.split()[-1] if plain else "."
        made = self._create(stop_sequences=[stop], max_tokens=100)
        assert all(stop not in block.text for block in made.content if block.type == "text")

    def prefill(self) -> None:
        """A begun answer is gone on with."""
        turns = [*HELLO, {"role": "assistant", "content": "The old"}]
        assert self._create(messages=turns).stop_reason in ("end_turn", "max_tokens")

    def cut(self) -> None:
        """A call that is cut off leaves no empty text."""
        made = self._create(tools=[CLOCK], tool_choice={"type": "any"}, max_tokens=1)
        assert made.stop_reason == "max_tokens"
        assert all(block.text for block in made.content if block.type == "text")

    def count_tokens(self) -> None:
        """The count is what the answer then uses."""
        counted = self._client.messages.count_tokens(model=self._model, messages=HELLO).input_tokens
        assert counted == self._create(max_tokens=1).usage.input_tokens

    def models_list(self) -> None:
        """Models are listed, page by page."""
        assert self._model in [model.id for model in self._client.models.list(limit=1)]

    def models_retrieve(self) -> None:
        """A model is found by its name."""
        found = self._client.models.retrieve(self._model)
        assert (found.id, found.type) == (self._model, "model")

    def not_found(self) -> None:
        """A model of nobody is a NotFoundError, here and there."""
        for ask in (
            lambda: self._create(model="nobody"),
            lambda: self._client.models.retrieve("nobody"),
            lambda: self._client.messages.count_tokens(model="nobody", messages=HELLO),
        ):
            _raises(anthropic.NotFoundError, "not_found_error", ask)

    def bad_request(self) -> None:
        """A request that is none is a BadRequestError."""
        for fields in ({"max_tokens": 0}, {"messages": []}, {"tools": [{"name": "a b", "input_schema": {}}]}):
            _raises(anthropic.BadRequestError, "invalid_request_error", lambda f=fields: self._create(**f))

    def too_large(self) -> None:
        """A body of three megabytes is a RequestTooLargeError."""
        text: Any = [{"role": "user", "content": "a" * 3_000_000}]
        _raises(anthropic.RequestTooLargeError, "request_too_large", lambda: self._create(messages=text))

    def request_id(self) -> None:
        """Answers and errors have the id of their request."""
        assert self._create(max_tokens=1)._request_id
        error = _raises(anthropic.NotFoundError, "not_found_error", lambda: self._create(model="nobody"))
        assert error.request_id


def _raises(
    kind: type[anthropic.APIStatusError], name: str, ask: Callable[[], Any]
) -> anthropic.APIStatusError:
    try:
        ask()
    except kind as error:
        body: Any = error.body
        assert body["type"] == "error"
        assert body["error"]["type"] == name
        return error
    raise AssertionError(f"expected {kind.__name__}, found an answer")


def main(url: str, model: str = "chat") -> int:
    """Run every check and print a table; causes go to standard error."""
    judge, failed = Judge(url, model), 0
    names = [name for name in vars(Judge) if not name.startswith("_")]
    sys.stdout.write("| check | outcome |\n|---|---|\n")
    for name in names:
        try:
            getattr(judge, name)()
            outcome = "passed"
        except Exception:  # noqa: BLE001  # whatever a client raises is the finding
            traceback.print_exc()
            outcome, failed = "failed", failed + 1
        sys.stdout.write(f"| {name} | {outcome} |\n")
        sys.stdout.flush()
    sys.stdout.write(f"| all | {len(names) - failed} of {len(names)} |\n")
    return failed


if __name__ == "__main__":
    sys.exit(min(1, main(*sys.argv[1:])))
