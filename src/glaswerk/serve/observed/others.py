"""Descriptions of the endpoints that read their requests themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from glaswerk.serve.contract.operation import Operation
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import METADATA, PAGING, TEXT, deleted, kind, listed, object_of
from glaswerk.serve.observed.chat_shapes import (
    CHAT,
    CHAT_GIVES,
    COMPLETION,
    COMPLETION_GIVES,
    STORED_MESSAGE,
)

_ANY: Schema = {"type": "object"}
_CARD: Schema = {
    "type": "object",
    "required": ["id", "object", "created", "owned_by"],
    "properties": {
        "id": TEXT,
        "object": kind("model"),
        "created": {"type": "integer"},
        "owned_by": TEXT,
    },
}
_MODELS: Schema = {
    "type": "object",
    "required": ["object", "data"],
    "properties": {"object": kind("list"), "data": {"type": "array", "items": _CARD}},
}
# For requests with the header anthropic-version.
_THEIR_CARD: Schema = {
    "type": "object",
    "required": ["id", "type", "created_at", "display_name"],
    "properties": {"id": TEXT, "type": kind("model"), "created_at": TEXT, "display_name": TEXT},
}
_THEIR_MODELS: Schema = {
    "type": "object",
    "required": ["data", "has_more", "first_id", "last_id"],
    "properties": {"data": {"type": "array", "items": _THEIR_CARD}, "has_more": {"type": "boolean"}},
}
_ANY_CARD: Schema = {"anyOf": [_CARD, _THEIR_CARD]}
_ANY_MODELS: Schema = {"anyOf": [_MODELS, _THEIR_MODELS]}
_TRACE = object_of(
    {"text": {"type": "string", "maxLength": 20_000}},
    {
        "context": {"type": ["string", "null"]},
        "min_words": {"type": ["integer", "null"], "minimum": 2, "maximum": 100},
    },
)
_CHATS, _STORED_CHAT = "/v1/chat/completions", "/v1/chat/completions/{id}"
# `limit` may be 0 here.
_PAGE: Mapping[str, Schema] = {**PAGING, "limit": {"type": "integer", "minimum": 0, "maximum": 99_999_999}}
_STORED: Mapping[str, Schema] = {**_PAGE, "model": TEXT}
OTHERS: Sequence[Operation] = (
    Operation("POST", _CHATS, "chat", "Answer", body=CHAT, gives=CHAT_GIVES, stream=True),
    Operation(
        "POST", "/v1/completions", "chat", "A text continued", body=COMPLETION, gives=COMPLETION_GIVES,
        stream=True,
    ),
    Operation("GET", _CHATS, "chat", "Stored answers", gives=listed(CHAT_GIVES), query=_STORED),
    Operation("GET", _STORED_CHAT, "chat", "A stored answer", gives=CHAT_GIVES),
    Operation(
        "POST", _STORED_CHAT, "chat", "Change its metadata", body=object_of({}, {"metadata": METADATA}),
        gives=CHAT_GIVES,
    ),
    Operation("DELETE", _STORED_CHAT, "chat", "Delete it", gives=deleted("chat.completion.deleted")),
    Operation(
        "GET", f"{_STORED_CHAT}/messages", "chat", "What it answered", gives=listed(STORED_MESSAGE),
        query=_PAGE,
    ),
    Operation("GET", "/v1/models", "models", "The models that are served", gives=_ANY_MODELS),
    Operation("GET", "/v1/models/{name:path}", "models", "One model", gives=_ANY_CARD),
    Operation("DELETE", "/v1/models/{name:path}", "models", "Delete a model", gives=_ANY),
    Operation(
        "POST", "/v1/glaswerk/trace", "sources", "Where a text occurs in the training data",
        body={**_TRACE, "additionalProperties": True}, gives=_ANY,
    ),
    Operation("GET", "/v1/traces/{id}", "sources", "The trace of a recent answer", gives=_ANY),
    Operation("GET", "/v1/documents/{id:path}", "sources", "A training document", gives=_ANY),
    Operation("POST", "/v1/glaswerk/report-ticket", "sources", "A cookie for /report", status=204),
    Operation("GET", "/v1/glaswerk/info", "sources", "About the model", gives=_ANY),
    Operation("GET", "/report", "sources", "The trust report", media="text/html"),
    Operation(
        "GET", "/health", "server", "Whether the server answers",
        gives={"type": "object", "required": ["status", "model", "version"]},
    ),
    Operation("GET", "/", "server", "The chat page", media="text/html"),
)  # fmt: skip
