"""Messages of calls, and of what tools answered, in the form that chat templates take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from glaswerk.core.document import Message
from glaswerk.serve.errors import ApiError


def add_call(messages: list[Message], identifier: str, name: str, arguments: Any) -> None:
    """Add a call to the assistant's turn at the end of `messages`, which begins with it if there is none."""
    call = {"id": identifier, "type": "function", "function": {"name": name, "arguments": arguments}}
    turn: dict[str, Any] = {"role": "assistant", "content": ""}
    if messages and messages[-1]["role"] == "assistant":
        turn = dict(messages.pop())
    messages.append(cast(Message, {**turn, "tool_calls": [*turn.get("tool_calls", ()), call]}))


def tool_answer(calls: Mapping[str, str], identifier: str, text: str, param: str) -> Message:
    """What a tool answered. calls: names of the tools by the ids of the calls before it.

    Raises ApiError 400 if the id is not among them.
    """
    if identifier not in calls:
        message = f"{param} answers the call {identifier[:80]!r}, which no item before it makes"
        raise ApiError(400, message, param=param, code="invalid_value")
    answer = {"role": "tool", "content": text, "tool_call_id": identifier, "name": calls[identifier]}
    return cast(Message, answer)
