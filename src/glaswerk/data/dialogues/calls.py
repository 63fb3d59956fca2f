"""Calls of tools in dialogues, as the text in which models of ours are asked and answer at a server.

A row may offer functions in `tools`, as OpenAI's files for tuning do; its turns may have `tool_calls`, and
turns of the role "tool" with what was answered.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

_KEPT = ("name", "description", "parameters")


def with_tools(row: Mapping[str, Any], turns: Any) -> Any:
    """Turns whose system message offers the functions of the row's `tools`; as they are without any."""
    functions = [_function(one) for one in _list(row.get("tools"))]
    if not isinstance(turns, list) or not functions or None in functions:
        return turns
    lines = [json.dumps({"type": "function", "function": one}, ensure_ascii=False) for one in functions]
    text = "\n".join(["Tools:", *lines]) + "\n"
    first = turns[0] if turns and isinstance(turns[0], dict) else {}
    if first.get("role") == "system" and isinstance(first.get("content"), str):
        return [{**first, "content": f"{first['content']}\n{text}"}, *turns[1:]]
    return [{"role": "system", "content": text}, *turns]


def with_calls(turn: Any) -> Any:
    """An assistant's turn with its calls at the end of its text; any other turn as it is."""
    if not isinstance(turn, dict) or turn.get("role") != "assistant":
        return turn
    calls = [one.get("function") for one in _list(turn.get("tool_calls")) if isinstance(one, dict)]
    if not calls and isinstance(turn.get("function_call"), dict):
        calls = [turn["function_call"]]
    texts = [_call(one) for one in calls]
    if not texts or None in texts:
        return turn
    said = turn.get("content")
    return {
        **turn,
        "content": "\n".join([*([said] if isinstance(said, str) and said else []), *_tagged(texts)]),
    }


def _tagged(texts: Sequence[str | None]) -> list[str]:
    """Calls between their tags."""
    return [f"<tool_call>\n{text}\n</tool_call>" for text in texts]


def _call(function: Any) -> str | None:
    """A call as JSON; None for what is none, which the turn's own check then names."""
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        return None
    arguments = function.get("arguments", {})
    if isinstance(arguments, str):
        try:
            read = json.loads(arguments)
        except (ValueError, RecursionError):
            return None
        arguments = read
    if not isinstance(arguments, dict):
        return None
    return json.dumps({"name": function["name"], "arguments": arguments}, ensure_ascii=False)


def _function(one: Any) -> dict[str, Any] | None:
    found = one.get("function", one) if isinstance(one, dict) else None
    if not isinstance(found, dict) or not isinstance(found.get("name"), str):
        return None
    return {name: found[name] for name in _KEPT if found.get(name) is not None}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
