"""The response object and its parts, as OpenAI's API reference has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from glaswerk.infer.engines import Token
from glaswerk.infer.sampling import Sampling
from glaswerk.serve import chat_response
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import TEXT, kind
from glaswerk.serve.responses.items import ITEM
from glaswerk.serve.stored.store import new_id, now

Body = dict[str, Any]
STATUSES = ("queued", "in_progress", "completed", "incomplete", "failed", "cancelled")
USAGE: Schema = {
    "type": ["object", "null"],
    "required": [
        "input_tokens",
        "input_tokens_details",
        "output_tokens",
        "output_tokens_details",
        "total_tokens",
    ],
}
RESPONSE: Schema = {
    "type": "object",
    "required": [
        "id",
        "object",
        "created_at",
        "status",
        "model",
        "output",
        "parallel_tool_calls",
        "tools",
        "text",
    ],
    "properties": {
        "id": TEXT,
        "object": kind("response"),
        "created_at": {"type": "number"},
        "status": {"type": "string", "enum": list(STATUSES)},
        "error": {"type": ["object", "null"]},
        "model": TEXT,
        "output": {"type": "array", "items": ITEM},
        "usage": USAGE,
        "metadata": {"type": "object"},
    },
    "additionalProperties": True,
}


def started(asked: Mapping[str, Any], sampling: Sampling, conversation: str | None) -> Body:
    """The response to a request before its first word."""
    return {
        "id": new_id("resp"),
        "object": "response",
        "created_at": now(),
        "completed_at": None,
        "status": "in_progress",
        "background": bool(asked.get("background")),
        "error": None,
        "incomplete_details": None,
        "instructions": asked.get("instructions"),
        "max_output_tokens": asked.get("max_output_tokens"),
        "max_tool_calls": asked.get("max_tool_calls"),
        "model": asked["model"],
        "output": [],
        "parallel_tool_calls": asked.get("parallel_tool_calls") is not False,
        "previous_response_id": asked.get("previous_response_id"),
        "conversation": {"id": conversation} if conversation else None,
        "prompt_cache_key": asked.get("prompt_cache_key"),
        "reasoning": {"effort": None, "summary": None},
        "safety_identifier": asked.get("safety_identifier"),
        "service_tier": "default",
        "store": asked.get("store") is not False,
        "temperature": sampling.temperature,
        "text": {"format": {"type": "text"}, "verbosity": "medium"} | _given(asked.get("text")),
        "tool_choice": asked.get("tool_choice") or "auto",
        "tools": asked.get("tools") or [],
        "top_logprobs": asked.get("top_logprobs") or 0,
        "top_p": sampling.top_p,
        "truncation": asked.get("truncation") or "disabled",
        "usage": None,
        "user": asked.get("user"),
        "metadata": asked.get("metadata") or {},
    }


def _given(fields: Mapping[str, Any] | None) -> Body:
    return {name: value for name, value in (fields or {}).items() if value is not None}


def usage(counts: tuple[int, int, int]) -> Body:
    """Token counts: (prompt, cached, completion)."""
    prompt, cached, completion = counts
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
        "output_tokens": completion,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": prompt + completion,
    }


def text_part(text: str, logprobs: Sequence[Body] = ()) -> Body:
    """The text of an answer as a part of its message."""
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": list(logprobs)}


def message(name: str, status: str, content: Sequence[Body]) -> Body:
    """An answer as an item."""
    return {"id": name, "type": "message", "role": "assistant", "status": status, "content": list(content)}


def logprobs(tokens: Sequence[Token], spell: Callable[[int], bytes]) -> list[Body]:
    """The log-probabilities of tokens, as a text part has them."""
    return list(chat_response.logprobs(tokens, spell)["content"])


def ended(response: Body, item: Body, finish: str | None, counts: tuple[int, int, int]) -> Body:
    """The response at its end. finish: of the engine; None if it was stopped."""
    status = {"stop": "completed", "length": "incomplete"}.get(finish or "", "cancelled")
    return response | {
        "status": status,
        "completed_at": now() if status == "completed" else None,
        "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
        "output": [item],
        "usage": usage(counts),
    }


def failed(response: Body, code: str, text: str) -> Body:
    """The response to a request whose answer broke off."""
    return response | {"status": "failed", "error": {"code": code, "message": text}}
