"""Descriptions of the endpoints that read their requests themselves."""

from __future__ import annotations

from collections.abc import Sequence

from glaswerk.serve.contract.operation import Operation
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import FLAG, MODEL, TEXT, USER, kind, object_of

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
_PENALTY: Schema = {"type": ["number", "null"], "minimum": -2, "maximum": 2}
_COUNT: Schema = {"type": ["integer", "null"], "minimum": 1, "maximum": 2**31}
_STOP: Schema = {
    "anyOf": [
        {"type": "null"},
        {"type": "string", "minLength": 1},
        {"type": "array", "maxItems": 4, "items": {"type": "string", "minLength": 1}},
    ]
}
_SAMPLING: dict[str, Schema] = {
    "max_tokens": _COUNT,
    "temperature": {"type": ["number", "null"], "minimum": 0, "maximum": 2},
    "top_p": {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 1},
    "top_k": {"type": ["integer", "null"], "minimum": -1, "maximum": 2**31},
    "min_p": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
    "repetition_penalty": {"type": ["number", "null"], "minimum": 0.1, "maximum": 10},
    "frequency_penalty": _PENALTY,
    "presence_penalty": _PENALTY,
    "logit_bias": {
        "type": ["object", "null"],
        "maxProperties": 1024,
        "additionalProperties": {"type": "number", "minimum": -100, "maximum": 100},
    },
    "seed": {"type": ["integer", "null"], "minimum": -(2**63), "maximum": 2**63 - 1},
    "stop": _STOP,
    "n": {"type": ["integer", "null"], "minimum": 1, "maximum": 128},
    "stream": FLAG,
    "stream_options": {"type": ["object", "null"], "properties": {"include_usage": FLAG}},
    "user": USER,
}
# Tools, grammars and templates have rules among fields that a schema says badly: the endpoint says them.
_CHAT: Schema = {
    "type": "object",
    "required": ["model", "messages"],
    "properties": {
        "model": MODEL,
        "messages": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["role"],
                "properties": {
                    "role": {
                        "type": "string",
                        "enum": ["system", "developer", "user", "assistant", "tool", "function"],
                    }
                },
            },
        },
        **_SAMPLING,
        "max_completion_tokens": _COUNT,
        "logprobs": FLAG,
        "top_logprobs": {"type": ["integer", "null"], "minimum": 0, "maximum": 20},
        "glaswerk": {"type": ["object", "null"], "properties": {"trace": FLAG}},
    },
}
_COMPLETION: Schema = {
    "type": "object",
    "required": ["id", "object", "created", "model", "choices", "usage"],
    "properties": {
        "id": TEXT,
        "object": {"type": "string", "enum": ["chat.completion", "text_completion"]},
        "created": {"type": "integer"},
        "model": TEXT,
        "choices": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["index", "finish_reason", "logprobs"],
                "properties": {"index": {"type": "integer"}},
            },
        },
    },
}
_TRACE = object_of(
    {"text": {"type": "string", "maxLength": 20_000}},
    {
        "context": {"type": ["string", "null"]},
        "min_words": {"type": ["integer", "null"], "minimum": 2, "maximum": 100},
    },
)
OTHERS: Sequence[Operation] = (
    Operation(
        "POST", "/v1/chat/completions", "chat", "Answer", body=_CHAT, gives=_COMPLETION, stream=True
    ),
    Operation(
        "POST", "/v1/completions", "chat", "A text continued",
        body={"type": "object", "required": ["model"], "properties": {"model": MODEL, **_SAMPLING}},
        gives=_COMPLETION, stream=True,
    ),
    Operation("GET", "/v1/chat/completions", "chat", "Stored answers", gives=_ANY),
    Operation("GET", "/v1/chat/completions/{id}", "chat", "A stored answer", gives=_ANY),
    Operation("POST", "/v1/chat/completions/{id}", "chat", "Change its metadata", body=_ANY, gives=_ANY),
    Operation("DELETE", "/v1/chat/completions/{id}", "chat", "Delete it", gives=_ANY),
    Operation("GET", "/v1/chat/completions/{id}/messages", "chat", "What it answered", gives=_ANY),
    Operation("GET", "/v1/models", "models", "The models that are served", gives=_MODELS),
    Operation("GET", "/v1/models/{name:path}", "models", "One model", gives=_CARD),
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
