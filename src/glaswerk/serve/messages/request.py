"""What a request of the Messages API may say, and the messages that the model reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from glaswerk.core.document import Message
from glaswerk.serve.chat_parts.pictures import parts_of, picture, with_parts
from glaswerk.serve.chat_parts.pictures import text as words
from glaswerk.serve.chat_parts.turns import add_call, tool_answer
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import FLAG, FUNCTION_NAME, MODEL, OURS, TEXT, either, kind, object_of
from glaswerk.serve.errors import ApiError
from glaswerk.serve.messages.tooling import TOOLING

_ANY: Schema = {"type": ["object", "null"]}
_BLOCK = object_of(
    {"type": kind("text"), "text": TEXT}, {"cache_control": _ANY, "citations": {"type": ["array", "null"]}}
)
_MEDIA: Schema = {"type": "string", "enum": ["image/png", "image/jpeg", "image/webp", "image/gif"]}
_PICTURE = object_of(
    {
        "type": kind("image"),
        "source": {
            "anyOf": [
                object_of({"type": kind("base64"), "media_type": _MEDIA, "data": TEXT}),
                object_of({"type": kind("url"), "url": {"type": "string", "minLength": 1}}),
            ]
        },
    },
    {"cache_control": _ANY},
)
# What a model thought before is not read again.
_THOUGHT = object_of({"type": kind("thinking"), "thinking": TEXT}, {"signature": TEXT})
_HIDDEN = object_of({"type": kind("redacted_thinking"), "data": TEXT})


# Calls that this server made for an earlier answer are not read again, nor is what they gave.
_MADE = object_of(
    {
        "type": kind("mcp_tool_use"),
        "id": TEXT,
        "name": TEXT,
        "server_name": TEXT,
        "input": {"type": "object"},
    },
    {"cache_control": _ANY},
)
_GAVE = object_of(
    {"type": kind("mcp_tool_result"), "tool_use_id": TEXT},
    {"content": {"type": ["string", "array", "null"]}, "is_error": FLAG, "cache_control": _ANY},
)
# Besides a ground: tools of this server, and words about calls that wait, as in chat completions.
_OURS: Schema = {
    **OURS,
    "properties": {
        **OURS["properties"],
        "tools": {"type": ["array", "null"]},
        "approvals": {"type": ["array", "null"]},
    },
}


def _content(*blocks: Schema) -> Schema:
    return {"anyOf": [TEXT, {"type": "array", "maxItems": 1024, "items": {"anyOf": list(blocks)}}]}


_CALL = object_of(
    {
        "type": kind("tool_use"),
        "id": {"type": "string", "minLength": 1, "maxLength": 128},
        "name": FUNCTION_NAME,
        "input": {"type": "object"},
    },
    {"cache_control": _ANY, "caller": _ANY, "toolset_name": {"type": ["string", "null"]}},
)
_RESULT = object_of(
    {"type": kind("tool_result"), "tool_use_id": {"type": "string", "minLength": 1, "maxLength": 128}},
    {
        "content": _content(_BLOCK),
        "is_error": FLAG,
        "cache_control": _ANY,
        "toolset_name": {"type": ["string", "null"]},
    },
)
_TURN = object_of(
    {
        "role": {"type": "string", "enum": ["user", "assistant"]},
        "content": _content(_BLOCK, _THOUGHT, _HIDDEN, _CALL, _RESULT, _PICTURE, _MADE, _GAVE),
    }
)
_SHOWN = {"display": {"type": ["string", "null"]}}
_BUDGET: Schema = {"type": "integer", "minimum": 0, "maximum": 2**31}
_THINKING: Schema = {
    "anyOf": [
        object_of({"type": kind("disabled")}),
        object_of({"type": kind("enabled")}, {"budget_tokens": _BUDGET, **_SHOWN}),
        object_of({"type": kind("adaptive")}, _SHOWN),
        {"type": "null"},
    ]
}
_ASKED: dict[str, Schema] = {
    "model": MODEL,
    "messages": {"type": "array", "minItems": 1, "maxItems": 10_000, "items": _TURN},
}
_SHARED: dict[str, Schema] = {
    "system": _content(_BLOCK),
    "thinking": _THINKING,
    **TOOLING,
    "cache_control": _ANY,
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
        "glaswerk": _OURS,
        "metadata": object_of({}, {"user_id": {"type": ["string", "null"], "maxLength": 256}}),
        "service_tier": either(None, "auto", "standard_only"),
    },
)


def messages_of(asked: Mapping[str, Any]) -> list[Message]:
    """The messages of a request: turns of one role in a row are one turn, as Anthropic joins them.

    Raises ApiError 400 for what a tool answered to no call, and where nothing is said.
    """
    system = _text(asked.get("system") or "")
    found = [Message(role="system", content=system)] if system else []
    names: dict[str, str] = {}
    for i, turn in enumerate(asked["messages"]):
        for block in _blocks(turn["content"]):
            _add(found, turn["role"], block, names, f"messages[{i}]")
    if len(found) == bool(system):
        message = "messages must have something to answer, found none that says anything"
        raise ApiError(400, message, param="messages", code="invalid_value")
    return found


def continues(asked: Mapping[str, Any], messages: Sequence[Message]) -> bool:
    """Whether the answer goes on with a begun one: the last turn is a text of the assistant.

    Raises ApiError 400 for a last turn that is calls, and where a grammar begins with the answer.
    """
    if not messages or messages[-1]["role"] != "assistant" or asked["messages"][-1]["role"] != "assistant":
        return False
    if messages[-1].get("tool_calls"):
        message = "messages must go on with tool_result blocks of the user after calls of tools"
        raise ApiError(400, message, param="messages", code="invalid_value")
    forced = (asked.get("tool_choice") or {}).get("type") in ("any", "tool")
    if forced or (asked.get("output_config") or {}).get("format"):
        message = "messages must end with a turn of the user where the form of the answer is given"
        raise ApiError(400, message, param="messages", code="unsupported_parameter")
    return True


def _blocks(content: str | Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _add(found: list[Message], role: str, block: Mapping[str, Any], names: dict[str, str], at: str) -> None:
    if block["type"] == "text":
        # As Anthropic has it, only the begun answer may be empty: then it is not begun.
        if role == "assistant" and not block["text"]:
            return
        _add_text(found, role, block["text"])
    elif block["type"] == "image":
        _check_role(role, "user", block, at)
        _add_picture(found, block["source"])
    elif block["type"] == "tool_use":
        _check_role(role, "assistant", block, at)
        names[block["id"]] = block["name"]
        add_call(found, block["id"], block["name"], block["input"])
    elif block["type"] == "tool_result":
        _check_role(role, "user", block, at)
        text = _text(block.get("content") or "")
        found.append(tool_answer(names, block["tool_use_id"], text, at))


def _check_role(role: str, expected: str, block: Mapping[str, Any], at: str) -> None:
    if role != expected:
        message = f"{at} must be a turn of the {expected} to have a {block['type']} block, found {role}"
        raise ApiError(400, message, param=at, code="invalid_value")


def _add_text(found: list[Message], role: str, text: str) -> None:
    if found and found[-1]["role"] == role:
        before, parts = found[-1]["content"], [*parts_of(found[-1]), words(text)]
        joined = cast(Message, {**found[-1], "content": f"{before}\n{text}" if before else text})
        found[-1] = with_parts(joined, parts)
    else:
        found.append(Message(role=role, content=text))


def _add_picture(found: list[Message], source: Mapping[str, Any]) -> None:
    """A picture in the user's turn at the end, which begins with it if there is none."""
    if not found or found[-1]["role"] != "user":
        found.append(Message(role="user", content=""))
    url = source.get("url") or f"data:{source['media_type']};base64,{source['data']}"
    found[-1] = with_parts(found[-1], [*parts_of(found[-1]), picture(url)])


def _text(content: str | Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(block["text"] for block in _blocks(content) if block["type"] == "text")
