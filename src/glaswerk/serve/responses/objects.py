"""The response object and its parts, as OpenAI's API reference has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from glaswerk.serve.answering.parts import Citation, Part, ToolPart
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import TEXT, kind
from glaswerk.serve.responses import mcp
from glaswerk.serve.responses.items import ITEM
from glaswerk.serve.responses.tooling import text_shown, tools_shown
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
        "tool_choice",
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
        "parallel_tool_calls": {"type": "boolean"},
        "tool_choice": {
            "anyOf": [{"type": "string", "enum": ["auto", "none", "required"]}, {"type": "object"}]
        },
        "tools": {"type": "array", "items": {"type": "object"}},
        "text": {"type": "object"},
        "usage": USAGE,
        "metadata": {"type": "object"},
    },
    "additionalProperties": True,
}


def started(asked: Mapping[str, Any], sampling: tuple[float, float], conversation: str | None) -> Body:
    """The response to a request before its first word. sampling: its temperature and its top_p."""
    temperature, top_p = sampling
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
        "reasoning": {"effort": (asked.get("reasoning") or {}).get("effort"), "summary": None},
        "safety_identifier": asked.get("safety_identifier"),
        "service_tier": "default",
        "store": asked.get("store") is not False,
        "temperature": temperature,
        "text": text_shown(asked),
        "tool_choice": asked.get("tool_choice") or "auto",
        "tools": tools_shown(asked),
        "top_logprobs": asked.get("top_logprobs") or 0,
        "top_p": top_p,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "truncation": asked.get("truncation") or "disabled",
        "usage": None,
        "user": asked.get("user"),
        "metadata": asked.get("metadata") or {},
    }


def ours(extra: Mapping[str, Any]) -> Body:
    """The fields of a response that rests on documents: it is not stored, as they may be forgotten."""
    return {"store": False, "glaswerk": dict(extra)} if extra else {}


def usage(counts: tuple[int, int, int], thought: int = 0) -> Body:
    """Token counts: (prompt, cached, completion); thought: those of thoughts among the last."""
    prompt, cached, completion = counts
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
        "output_tokens": completion,
        "output_tokens_details": {"reasoning_tokens": thought},
        "total_tokens": prompt + completion,
    }


def text_part(part: Part, logprobs: Sequence[Mapping[str, Any]] = ()) -> Body:
    """The text of an answer as a part of its message."""
    cited = [annotation(one) for one in part.cited]
    return {"type": "output_text", "text": part.text, "annotations": cited, "logprobs": list(logprobs)}


def annotation(cited: Citation) -> Body:
    """A citation: of an address, or where its document has none, of the document as a file."""
    if cited.url:
        place = {"start_index": cited.start, "end_index": cited.end}
        return {"type": "url_citation", "url": cited.url, "title": cited.title, **place}
    named = {"file_id": cited.document, "filename": cited.title}
    return {"type": "file_citation", **named, "index": cited.end}


def message(name: str, status: str, content: Sequence[Body]) -> Body:
    """An answer as an item."""
    return {"id": name, "type": "message", "role": "assistant", "status": status, "content": list(content)}


def item_of(part: Part, name: str, status: str, logprobs: Sequence[Mapping[str, Any]] = ()) -> Body:
    """A part of an answer as an item."""
    if isinstance(part, ToolPart):
        return mcp.item_of(part, name)
    if part.kind == "text":
        return message(name, status, [text_part(part, logprobs)])
    if part.kind == "thoughts":
        content = [{"type": "reasoning_text", "text": part.text}]
        return {"id": name, "type": "reasoning", "status": status, "summary": [], "content": content}
    called = {"call_id": part.id, "name": part.name, "arguments": part.text}
    return {"id": name, "type": "function_call", "status": status, **called}


# Why an answer is not whole, by what ended it.
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


def ended(response: Body, items: Sequence[Body], finish: str | None, counted: Body) -> Body:
    """The response at its end. finish: of the engine; None if it was stopped."""
    reason = _INCOMPLETE.get(finish or "")
    status = "completed" if finish == "stop" else "incomplete" if reason else "cancelled"
    return response | {
        "status": status,
        "completed_at": now() if status == "completed" else None,
        "incomplete_details": {"reason": reason} if reason else None,
        "output": list(items),
        "usage": counted,
    }


def failed(response: Body, code: str, text: str) -> Body:
    """The response to a request whose answer broke off."""
    return response | {"status": "failed", "error": {"code": code, "message": text}}
