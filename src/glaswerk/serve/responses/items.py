"""Items of the Responses API: their schemas, their stored form, and the messages that the model reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from glaswerk.core.document import Message
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import TEXT, kind, object_of
from glaswerk.serve.responses.compaction import unpacked
from glaswerk.serve.stored.store import new_id

Item = dict[str, Any]
MOST_ITEMS = 4096
_STATUS: Schema = {"type": ["string", "null"], "enum": [None, "in_progress", "completed", "incomplete"]}
_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
_NAME: Schema = {"type": ["string", "null"], "maxLength": 128}
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
INPUT_ITEM: Schema = {"anyOf": [_MESSAGE, _REASONING, _COMPACTION]}
INPUT: Schema = {"anyOf": [TEXT, {"type": "array", "items": INPUT_ITEM, "maxItems": MOST_ITEMS}]}
# What is given back has ids and complete parts.
ITEM: Schema = {
    "type": "object",
    "required": ["id", "type"],
    "properties": {"id": TEXT, "type": {"type": "string", "enum": ["message", "reasoning", "compaction"]}},
    "additionalProperties": True,
}


def stored_items(found: str | Sequence[Item] | None) -> list[Item]:
    """Input as items with ids; a text is one message of the user."""
    items = [{"role": "user", "content": found}] if isinstance(found, str) else found or []
    return [_stored(item) for item in items]


def _stored(item: Item) -> Item:
    # An id of the client's may be another item's: stored items have their own.
    if item.get("type") in ("reasoning", "compaction"):
        return {**item, "id": new_id("rs" if item["type"] == "reasoning" else "cmp")}
    content = item["content"]
    if isinstance(content, str):
        word = "output_text" if item["role"] == "assistant" else "input_text"
        content = [{"type": word, "text": content}]
    parts = [_complete(part) for part in content]
    return {
        "id": new_id("msg"),
        "type": "message",
        "role": item["role"],
        "status": "completed",
        "content": parts,
    }


def _complete(part: Mapping[str, Any]) -> Item:
    extra: Item = {"annotations": [], "logprobs": []} if part["type"] == "output_text" else {}
    return {**extra, **{name: value for name, value in part.items() if value is not None}}


def messages_of(items: Iterable[Item], instructions: str | None = None) -> list[Message]:
    """The messages of items in their order, the instructions before them. Reasoning is not read again."""
    found = [Message(role="system", content=instructions)] if instructions else []
    for item in items:
        if item["type"] == "message":
            text = "".join(part.get("text", part.get("refusal", "")) for part in item["content"])
            found.append(Message(role=_ROLES[item["role"]], content=text))
        elif item["type"] == "compaction":
            found.extend(unpacked(item["encrypted_content"]))
    return found
