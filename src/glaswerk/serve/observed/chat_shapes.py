"""Schemas of chats and completions, whose endpoints read their requests themselves."""

from __future__ import annotations

from collections.abc import Mapping

from glaswerk.retrieve.retriever import FILTERS
from glaswerk.serve.chat_parts.pictures import DETAILS
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import (
    FLAG,
    FUNCTION_NAME,
    METADATA,
    MODEL,
    TEXT,
    USER,
    either,
    kind,
    object_of,
    only,
)

_TEXT_OR_NONE: Schema = {"type": ["string", "null"]}
# Names of tools of this server, and words about calls that wait (`serve/toolbox`).
_TOOLS: Schema = {"type": ["array", "null"], "maxItems": 32, "items": {"type": "string", "maxLength": 128}}
_APPROVALS: Schema = {
    "type": ["array", "null"],
    "maxItems": 32,
    "items": object_of({"id": {**TEXT, "minLength": 1, "maxLength": 128}, "approve": {"type": "boolean"}}),
}
_GROUND: Schema = {
    "anyOf": [
        FLAG,
        object_of({}, {"strict": FLAG, "model": FLAG, **dict.fromkeys(FILTERS, _TEXT_OR_NONE)}),
    ]
}
_PENALTY: Schema = {"type": ["number", "null"], "minimum": -2, "maximum": 2}
_COUNT: Schema = {"type": ["integer", "null"], "minimum": 1, "maximum": 2**31}
_WORDS: Schema = {"type": "string", "minLength": 1}
_NULL: Schema = {"type": "null"}
_OBJECT: Schema = {"type": ["object", "null"]}
_NOT_HERE = "this server has no such setting"


def _open(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """An object with these fields; others have no effect."""
    return {"type": "object", "required": list(required), "properties": {**required, **(optional or {})}}


_STOP: Schema = {"anyOf": [_NULL, _WORDS, {"type": "array", "maxItems": 4, "items": _WORDS}]}
# Without effect on the words of an answer: accounts, caches, billing.
_ACCOUNTS: dict[str, Schema] = {
    "user": USER,
    "safety_identifier": USER,
    "metadata": METADATA,
    "store": FLAG,
    "service_tier": {},
    "prompt_cache_key": {},
    "prompt_cache_retention": {},
    "prompt_cache_options": {},
    "prediction": {},
}
_SAMPLING: dict[str, Schema] = {
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
        "propertyNames": {"pattern": "^[0-9]{1,9}$"},
        "additionalProperties": {"type": "number", "minimum": -100, "maximum": 100},
    },
    "seed": {"type": ["integer", "null"], "minimum": -(2**63), "maximum": 2**63 - 1},
    "stop": _STOP,
    "n": {"type": ["integer", "null"], "minimum": 1, "maximum": 128},
    "stream": FLAG,
    "stream_options": {**_open({}, {"include_usage": FLAG}), "type": ["object", "null"]},
    "typical_p": only(None, 1, why=_NOT_HERE),
    "min_tokens": only(None, 0, why=_NOT_HERE),
    "ignore_eos": only(None, False, why=_NOT_HERE),
    **_ACCOUNTS,
}
_PART = _open({"type": kind("text"), "text": TEXT})
_REFUSAL = _open({"type": kind("refusal"), "refusal": TEXT})
_NAME: Schema = {"type": ["string", "null"], "minLength": 1, "maxLength": 64}
# For models of other servers that can see.
_SEEN = _open(
    {"type": kind("image_url"), "image_url": _open({"url": TEXT}, {"detail": either(None, *DETAILS)})}
)
_CONTENT: Schema = {"anyOf": [TEXT, {"type": "array", "minItems": 1, "items": {"anyOf": [_PART, _SEEN]}}]}
_SAID: Schema = {"anyOf": [_NULL, TEXT, {"type": "array", "items": {"anyOf": [_PART, _REFUSAL]}}]}
_CALLED = _open({"name": {"type": "string", "minLength": 1, "maxLength": 64}, "arguments": TEXT})
_CALL = _open({"id": _WORDS, "function": _CALLED}, {"type": kind("function")})


def _role(*names: str) -> Schema:
    return {"type": "string", "enum": list(names)}


_MESSAGE: Schema = {
    "anyOf": [
        _open({"role": _role("system", "developer", "user"), "content": _CONTENT}, {"name": _NAME}),
        _open(
            {"role": _role("assistant")},
            {
                "content": _SAID,
                "refusal": {"type": ["string", "null"]},
                "name": _NAME,
                "audio": _NULL,
                "reasoning_content": {"type": ["string", "null"]},
                "tool_calls": {"type": ["array", "null"], "maxItems": 128, "items": _CALL},
                "function_call": {"anyOf": [_NULL, _CALLED]},
            },
        ),
        _open({"role": _role("tool"), "content": _CONTENT, "tool_call_id": _WORDS}),
        _open({"role": _role("function"), "content": _CONTENT, "name": {**_NAME, "type": "string"}}),
    ]
}
_FUNCTION = _open(
    {"name": FUNCTION_NAME},
    {"description": {"type": ["string", "null"]}, "parameters": _OBJECT, "strict": FLAG},
)
_TOOL = _open({"type": kind("function"), "function": _FUNCTION})
_TOOL_CHOICE: Schema = {
    "anyOf": [
        either(None, "none", "auto", "required"),
        _open({"type": kind("function"), "function": _open({"name": FUNCTION_NAME})}),
        _open(
            {
                "type": kind("allowed_tools"),
                "allowed_tools": _open(
                    {
                        "mode": either("auto", "required"),
                        "tools": {"type": "array", "minItems": 1, "items": {"type": "object"}},
                    }
                ),
            }
        ),
    ]
}
_FORM: Schema = {
    "anyOf": [
        _NULL,
        _open({"type": _role("text", "json_object")}),
        _open(
            {
                "type": kind("json_schema"),
                "json_schema": _open(
                    {"name": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}},
                    {"schema": _OBJECT, "strict": FLAG},
                ),
            }
        ),
    ]
}
CHAT = object_of(
    {"model": MODEL, "messages": {"type": "array", "minItems": 1, "items": _MESSAGE}},
    {
        **_SAMPLING,
        "max_tokens": _COUNT,
        "max_completion_tokens": _COUNT,
        "logprobs": FLAG,
        "top_logprobs": {"type": ["integer", "null"], "minimum": 0, "maximum": 20},
        "tools": {"type": ["array", "null"], "maxItems": 128, "items": _TOOL},
        "tool_choice": _TOOL_CHOICE,
        "parallel_tool_calls": FLAG,
        "functions": {"type": ["array", "null"], "maxItems": 128, "items": _FUNCTION},
        "function_call": {"anyOf": [either(None, "none", "auto"), _open({"name": FUNCTION_NAME})]},
        "response_format": _FORM,
        "reasoning_effort": either(None, "none", "minimal", "low", "medium", "high", "xhigh"),
        "continue_final_message": FLAG,
        "add_generation_prompt": FLAG,
        "chat_template_kwargs": {
            "type": ["object", "null"],
            "maxProperties": 16,
            "additionalProperties": {"type": ["string", "number", "boolean"]},
        },
        "modalities": either(None, ["text"]),
        "audio": {},
        "best_of": only(None, 1, why=_NOT_HERE),
        "echo": only(None, False, why="POST /v1/completions has it"),
        "verbosity": only(None, why=_NOT_HERE),
        "web_search_options": only(None, why=_NOT_HERE),
        "glaswerk": {
            **object_of({}, {"trace": FLAG, "ground": _GROUND, "tools": _TOOLS, "approvals": _APPROVALS}),
            "type": ["object", "null"],
        },
    },
)
_IDS: Schema = {
    "type": "array",
    "minItems": 1,
    "items": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
}
COMPLETION = object_of(
    {
        "model": MODEL,
        "prompt": {
            "anyOf": [
                TEXT,
                {"type": "array", "minItems": 1, "items": TEXT},
                _IDS,
                {"type": "array", "minItems": 1, "items": _IDS},
            ]
        },
    },
    {
        **_SAMPLING,
        "max_tokens": {"type": ["integer", "null"], "minimum": 0, "maximum": 2**31},
        "echo": FLAG,
        "logprobs": {"type": ["integer", "null"], "minimum": 0, "maximum": 5},
        "best_of": {"type": ["integer", "null"], "minimum": 1, "maximum": 128},
        "suffix": only(None, "", why=_NOT_HERE),
        "use_beam_search": only(None, False, why=_NOT_HERE),
    },
)
_USAGE = _open({name: {"type": "integer"} for name in ("prompt_tokens", "completion_tokens", "total_tokens")})
_HEAD: dict[str, Schema] = {"id": TEXT, "created": {"type": "integer"}, "model": TEXT, "usage": _USAGE}
_FINISH = _role("stop", "length", "tool_calls", "function_call", "content_filter")
_ANSWERED = _open(
    {"role": kind("assistant"), "content": {"type": ["string", "null"]}, "refusal": _NULL},
    {
        "annotations": {"type": "array"},
        "tool_calls": {"type": "array", "items": _CALL},
        "function_call": _CALLED,
        "reasoning_content": TEXT,
    },
)
CHAT_GIVES = _open(
    {
        **_HEAD,
        "object": kind("chat.completion"),
        "choices": {
            "type": "array",
            "items": _open(
                {
                    "index": {"type": "integer"},
                    "message": _ANSWERED,
                    "finish_reason": _FINISH,
                    "logprobs": _OBJECT,
                }
            ),
        },
    },
    {"metadata": METADATA},
)
COMPLETION_GIVES = _open(
    {
        **_HEAD,
        "object": kind("text_completion"),
        "choices": {
            "type": "array",
            "items": _open(
                {"index": {"type": "integer"}, "text": TEXT, "finish_reason": _FINISH, "logprobs": _OBJECT}
            ),
        },
    }
)
STORED_MESSAGE = _open({"id": TEXT, "role": TEXT, "content": {"type": ["string", "array", "null"]}})
