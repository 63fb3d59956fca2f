"""A question as the body of a chat completion, which every OpenAI-compatible server answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from glaswerk.core.document import Message
from glaswerk.serve.answering import Question
from glaswerk.serve.chat_parts.tools import Tools

# OpenAI's newer models refuse `max_tokens`; many other servers pass over `max_completion_tokens`, and would
# write without end.
_NEWER = ("openai.com", "openai.azure.com")


def chat_body(asked: Question, model: str, url: str) -> dict[str, Any]:
    """The body, without fields that nobody asked for. model, url: of the upstream."""
    body: dict[str, Any] = {"model": model, "messages": [_message(message) for message in asked.messages]}
    body |= {name: value for name, value in asked.sampling.items() if value is not None}
    if asked.max_tokens is not None:
        body[_limit(url)] = asked.max_tokens
    if asked.stop:
        body["stop"] = list(asked.stop)
    if asked.top_logprobs is not None:
        body |= {"logprobs": True, "top_logprobs": asked.top_logprobs}
    if asked.effort is not None:
        body["reasoning_effort"] = asked.effort
    if asked.form is not None:
        body["response_format"] = asked.form.response_format()
    return body | _tools(asked.tools)


def _limit(url: str) -> str:
    host = urlsplit(url).hostname or ""
    newer = any(host == name or host.endswith(f".{name}") for name in _NEWER)
    return "max_completion_tokens" if newer else "max_tokens"


def _message(message: Message) -> dict[str, Any]:
    found: Mapping[str, Any] = message
    body: dict[str, Any] = {"role": found["role"], "content": found["content"]}
    if "parts" in found:
        body["content"] = found["parts"]
    if found["role"] == "tool":
        return body | {"tool_call_id": found["tool_call_id"]}
    if calls := found.get("tool_calls"):
        # A turn that is calls alone has no text.
        body["content"] = found["content"] or None
        body["tool_calls"] = [_call(call) for call in calls]
    return body


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = call["function"]
    given = function["arguments"]
    arguments = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    return {
        "id": call["id"],
        "type": "function",
        "function": {"name": function["name"], "arguments": arguments},
    }


def _tools(tools: Tools) -> dict[str, Any]:
    """The tools; a choice of one has left that one alone, so that "required" says it all."""
    if not tools.offered:
        return {}
    definitions = tools.definitions()
    for one in definitions:
        if one["function"]["name"] in tools.strict:
            one["function"]["strict"] = True
    single = {} if tools.parallel else {"parallel_tool_calls": False}
    return {"tools": definitions, "tool_choice": tools.choice, **single}
