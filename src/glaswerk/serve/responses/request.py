"""What a request of the Responses API may say."""

from __future__ import annotations

from typing import Any

from glaswerk.serve.chat_parts.prompt import EFFORTS
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import FLAG, ID, METADATA, MODEL, OURS, USER, either, object_of, only
from glaswerk.serve.errors import ApiError
from glaswerk.serve.responses.file_search import RESULTS
from glaswerk.serve.responses.items import INPUT
from glaswerk.serve.responses.tooling import TOOLING

LOGPROBS = "message.output_text.logprobs"
# Things to include that this server's answers never have.
_ABSENT = (
    *("code_interpreter_call.outputs", "computer_call_output.output.image_url"),
    *("message.input_image.image_url", "reasoning.encrypted_content", "web_search_call.action.sources"),
    "web_search_call.results",
)
_CONVERSATION: Schema = {
    "anyOf": [{"type": ["string", "null"], "minLength": 1, "maxLength": 128}, object_of({"id": ID})]
}
# What the endpoints that read a history share.
HISTORY: dict[str, Schema] = {
    "model": MODEL,
    "input": {"anyOf": [*INPUT["anyOf"], {"type": "null"}]},
    "instructions": {"type": ["string", "null"]},
    "previous_response_id": {"type": ["string", "null"], "minLength": 1, "maxLength": 128},
    "prompt_cache_key": USER,
    "prompt_cache_retention": either(None, "in_memory", "in-memory", "24h"),
    "prompt_cache_options": {"type": ["object", "null"]},
    "service_tier": either(None, "auto", "default", "flex", "priority", "fast", "scale"),
}
_SETTINGS: dict[str, Schema] = {
    **TOOLING,
    "reasoning": {
        **object_of(
            {},
            {
                "effort": either(None, *EFFORTS),
                "summary": {"type": ["string", "null"]},
                "generate_summary": {"type": ["string", "null"]},
            },
        ),
        "type": ["object", "null"],
    },
    "truncation": either(None, "auto", "disabled"),
    "conversation": _CONVERSATION,
}
CREATE: Schema = object_of(
    {"model": MODEL},
    {
        **HISTORY,
        **_SETTINGS,
        "max_output_tokens": {"type": ["integer", "null"], "minimum": 1, "maximum": 2**31},
        "temperature": {"type": ["number", "null"], "minimum": 0, "maximum": 2},
        "top_p": {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 1},
        "top_logprobs": {"type": ["integer", "null"], "minimum": 0, "maximum": 20},
        "include": {
            "type": ["array", "null"],
            "maxItems": 20,
            "items": {"type": "string", "enum": [LOGPROBS, RESULTS, *_ABSENT]},
        },
        "stream": FLAG,
        "stream_options": {
            **object_of({}, {"include_obfuscation": FLAG}),
            "type": ["object", "null"],
        },
        "store": FLAG,
        "background": FLAG,
        "metadata": METADATA,
        "glaswerk": OURS,
        "user": USER,
        "safety_identifier": USER,
        "max_tool_calls": {"type": ["integer", "null"], "minimum": 1, "maximum": 2**31},
        "prompt": only(None, why="it has no stored prompts"),
        "moderation": only(None, why="POST /v1/moderations scores a text"),
        "context_management": only(None, [], why="POST /v1/responses/compact shortens a history"),
    },
)
COMPACT: Schema = object_of({"model": MODEL}, HISTORY)
COUNT: Schema = object_of({}, {**HISTORY, **_SETTINGS, "model": {**MODEL, "type": ["string", "null"]}})


def conversation_id(body: dict[str, Any]) -> str | None:
    """The conversation that a request names. Raises ApiError 400 if it continues a response, too."""
    found = body.get("conversation")
    name = found["id"] if isinstance(found, dict) else found
    if name and body.get("previous_response_id"):
        message = "expected a conversation or a previous_response_id, found both"
        raise ApiError(400, message, param="conversation", code="mutually_exclusive_parameters")
    return name


def check_together(body: dict[str, Any]) -> None:
    """Raises ApiError 400 for fields that exclude each other."""
    if not body.get("input") and not body.get("previous_response_id") and not body.get("conversation"):
        message = "input must be text or a list of items, found nothing to answer"
        raise ApiError(400, message, param="input", code="missing_required_parameter")
    if body.get("background") and body.get("store") is False:
        message = "background is for answers that are fetched later; leave store out"
        raise ApiError(400, message, param="background", code="invalid_value")
