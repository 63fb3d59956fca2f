"""What a request of the Messages API may say, and the messages that the model reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from glaswerk.core.document import Message
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import FLAG, MODEL, TEXT, either, kind, object_of, only
from glaswerk.serve.errors import ApiError

_ANY: Schema = {"type": ["object", "null"]}
_BLOCK = object_of(
    {"type": kind("text"), "text": TEXT}, {"cache_control": _ANY, "citations": {"type": ["array", "null"]}}
)
# What a model thought before is not read again.
_THOUGHT = object_of({"type": kind("thinking"), "thinking": TEXT}, {"signature": TEXT})
_HIDDEN = object_of({"type": kind("redacted_thinking"), "data": TEXT})


def _content(*blocks: Schema) -> Schema:
    return {"anyOf": [TEXT, {"type": "array", "maxItems": 1024, "items": {"anyOf": list(blocks)}}]}


_TURN = object_of(
    {
        "role": {"type": "string", "enum": ["user", "assistant"]},
        "content": _content(_BLOCK, _THOUGHT, _HIDDEN),
    }
)
_OFF = {**object_of({"type": only("disabled", why="the model does not think before it answers")})}
_ASKED: dict[str, Schema] = {
    "model": MODEL,
    "messages": {"type": "array", "minItems": 1, "maxItems": 10_000, "items": _TURN},
}
_SHARED: dict[str, Schema] = {
    "system": _content(_BLOCK),
    "thinking": {**_OFF, "type": ["object", "null"]},
    "tools": only(None, [], why="this server calls no tools in messages"),
    "tool_choice": only(
        None, {"type": "none"}, {"type": "auto"}, why="this server calls no tools in messages"
    ),
    "cache_control": _ANY,
    "output_config": only(None, {}, why="answers are text without a grammar"),
}
COUNT: Schema = object_of(_ASKED, _SHARED)
CREATE: Schema = object_of(
    {**_ASKED, "max_tokens": {"type": "integer", "minimum": 1, "maximum": 2**31}},
    {
        **_SHARED,
        "stop_sequences": {
            "type": ["array", "null"],
            "maxItems": 64,
            "items": {"type": "string", "minLength": 1, "maxLength": 1000},
        },
        "stream": FLAG,
        "temperature": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "top_p": {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 1},
        "top_k": {"type": ["integer", "null"], "minimum": 0, "maximum": 2**31},
        "metadata": object_of({}, {"user_id": {"type": ["string", "null"], "maxLength": 256}}),
        "service_tier": either(None, "auto", "standard_only"),
    },
)


def messages_of(asked: Mapping[str, Any]) -> list[Message]:
    """The messages of a request: turns of one role in a row are one turn, as Anthropic joins them.

    Raises ApiError 400 for a last turn of the assistant.
    """
    if asked["messages"][-1]["role"] == "assistant":
        message = "messages must end with a turn of the user: this server does not continue a begun answer"
        raise ApiError(400, message, param="messages", code="unsupported_parameter")
    system = _text(asked.get("system") or "")
    found = [Message(role="system", content=system)] if system else []
    for turn in asked["messages"]:
        text = _text(turn["content"])
        if found and found[-1]["role"] == turn["role"]:
            found[-1] = Message(role=turn["role"], content=f"{found[-1]['content']}\n{text}")
        else:
            found.append(Message(role=turn["role"], content=text))
    return found


def _text(content: str | Sequence[Mapping[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(block["text"] for block in content if block["type"] == "text")
