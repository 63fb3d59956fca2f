"""Items of the Responses API: their schemas, their stored form, and the messages that the model reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from glaswerk.core.document import Message
from glaswerk.serve.chat_parts.messages import as_object
from glaswerk.serve.chat_parts.pictures import DETAILS, picture, text, with_parts
from glaswerk.serve.chat_parts.turns import add_call, tool_answer
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import FUNCTION_NAME, TEXT, either, kind, object_of, only
from glaswerk.serve.responses import mcp
from glaswerk.serve.responses.compaction import unpacked
from glaswerk.serve.responses.file_search import CALL as SEARCHED
from glaswerk.serve.stored.store import new_id

Item = dict[str, Any]
MOST_ITEMS = 4096
_STATUS: Schema = {"type": ["string", "null"], "enum": [None, "in_progress", "completed", "incomplete"]}
_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
_NAME: Schema = {"type": ["string", "null"], "maxLength": 128}
_OBJECT: Schema = {"type": ["object", "null"]}
# Prefixes of ids by the type of an item.
_PREFIXES = {
    "message": "msg",
    "reasoning": "rs",
    "compaction": "cmp",
    "file_search_call": "fs",
    "function_call": "fc",
    "function_call_output": "fco",
    **mcp.PREFIXES,
}
_PARTS: Schema = {
    "type": "array",
    "maxItems": MOST_ITEMS,
    "items": {
        "anyOf": [
            object_of(
                {"type": kind("input_text"), "text": TEXT}, {"prompt_cache_breakpoint": {"type": "object"}}
            ),
            object_of(
                {"type": kind("output_text"), "text": TEXT},
                {"annotations": {"type": "array"}, "logprobs": {"type": ["array", "null"]}},
            ),
            object_of({"type": kind("refusal"), "refusal": TEXT}),
            object_of(
                {"type": kind("input_image"), "image_url": {"type": "string", "minLength": 1}},
                {
                    "detail": either(None, *DETAILS),
                    "file_id": only(None, why="a picture is sent as a data: URL in image_url"),
                    "prompt_cache_breakpoint": {"type": ["object", "null"]},
                },
            ),
        ]
    },
}
_MESSAGE = object_of(
    {"role": {"type": "string", "enum": list(_ROLES)}, "content": {"anyOf": [TEXT, _PARTS]}},
    {"type": kind("message"), "id": _NAME, "status": _STATUS, "phase": _NAME},
)
_REASONING = object_of(
    {"type": kind("reasoning")},
    {
        "id": _NAME,
        "summary": {"type": "array"},
        "content": {"type": ["array", "null"]},
        "encrypted_content": {"type": ["string", "null"]},
        "status": _STATUS,
    },
)
_COMPACTION = object_of(
    {"type": kind("compaction"), "encrypted_content": {"type": "string", "maxLength": 2_000_000}},
    {"id": _NAME, "created_by": _NAME},
)
_CALL_ID: Schema = {"type": "string", "minLength": 1, "maxLength": 64}
_CALL = object_of(
    {
        "type": kind("function_call"),
        "call_id": _CALL_ID,
        "name": FUNCTION_NAME,
        "arguments": TEXT,
    },
    {"id": _NAME, "status": _STATUS, "caller": _OBJECT, "namespace": _NAME},
)
_OUTPUT = object_of(
    {
        "type": kind("function_call_output"),
        "call_id": _CALL_ID,
        "output": {
            "anyOf": [
                TEXT,
                {
                    "type": "array",
                    "maxItems": MOST_ITEMS,
                    "items": object_of(
                        {"type": kind("input_text"), "text": TEXT}, {"prompt_cache_breakpoint": _OBJECT}
                    ),
                },
            ]
        },
    },
    {"id": _NAME, "status": _STATUS, "caller": _OBJECT, "name": _NAME},
)
INPUT_ITEM: Schema = {"anyOf": [_MESSAGE, _REASONING, _COMPACTION, _CALL, _OUTPUT, SEARCHED, *mcp.ITEMS]}
INPUT: Schema = {"anyOf": [TEXT, {"type": "array", "items": INPUT_ITEM, "maxItems": MOST_ITEMS}]}
# What is given back has ids and complete parts.
ITEM: Schema = {
    "type": "object",
    "required": ["id", "type"],
    "properties": {
        "id": TEXT,
        "type": {
            "type": "string",
            "enum": [*_PREFIXES],
        },
    },
    "additionalProperties": True,
    "examples": [
        {
            "id": "msg_1",
            "type": "message",
            "role": "user",
            "status": "completed",
            "content": [{"type": "input_text", "text": "Hello."}],
        }
    ],
}


def stored_items(found: str | Sequence[Item] | None) -> list[Item]:
    """Input as items with ids; a text is one message of the user."""
    items = [{"role": "user", "content": found}] if isinstance(found, str) else found or []
    return [_stored(item) for item in items]


def _stored(item: Item) -> Item:
    # An id of the client's may be another item's: stored items have their own.
    name = new_id(_PREFIXES[item.get("type") or "message"])
    if item.get("type") in ("reasoning", "compaction"):
        return {**item, "id": name}
    if item.get("type") == "file_search_call":
        # What it found may be forgotten meanwhile, and is not read again.
        queries = item.get("queries") or []
        return {"id": name, "type": item["type"], "status": "completed", "queries": queries, "results": None}
    if item.get("type") in mcp.PREFIXES:
        return {**item, "id": name}
    if item.get("type") in ("function_call", "function_call_output"):
        given = {key: value for key, value in item.items() if value is not None}
        return {**given, "id": name, "status": item.get("status") or "completed"}
    content = item["content"]
    if isinstance(content, str):
        word = "output_text" if item["role"] == "assistant" else "input_text"
        content = [{"type": word, "text": content}]
    parts = [_complete(part) for part in content]
    return {
        "id": name,
        "type": "message",
        "role": item["role"],
        "status": "completed",
        "content": parts,
    }


def _complete(part: Mapping[str, Any]) -> Item:
    extra: Item = {"annotations": [], "logprobs": []} if part["type"] == "output_text" else {}
    return {**extra, **{name: value for name, value in part.items() if value is not None}}


def messages_of(items: Iterable[Item], instructions: str | None = None) -> list[Message]:
    """The messages of items in their order, the instructions before them. Reasoning, searches and calls
    that this server made are not read again.

    Raises ApiError 400 for what a tool answered to no call.
    """
    found = [Message(role="system", content=instructions)] if instructions else []
    names: dict[str, str] = {}
    for item in items:
        if item["type"] == "message":
            message = Message(role=_ROLES[item["role"]], content=_text(item["content"]))
            found.append(with_parts(message, [_part(part) for part in item["content"]]))
        elif item["type"] == "compaction":
            found.extend(unpacked(item["encrypted_content"]))
        elif item["type"] == "function_call":
            names[item["call_id"]] = item["name"]
            add_call(found, item["call_id"], item["name"], as_object(item["arguments"]))
        elif item["type"] == "function_call_output":
            found.append(tool_answer(names, item["call_id"], _text(item["output"]), "input"))
    return found


def _part(part: Mapping[str, Any]) -> Item:
    """A part of a stored message as chat completions have it."""
    if part["type"] == "input_image":
        return picture(part["image_url"], part.get("detail"))
    return text(part.get("text", part.get("refusal", "")))


def _text(content: str | Sequence[Mapping[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text", part.get("refusal", "")) for part in content)
