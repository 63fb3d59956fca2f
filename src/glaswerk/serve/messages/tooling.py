"""Tools and forms of answers as Anthropic's Messages API has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from glaswerk.serve.chat_parts.answer_form import Form
from glaswerk.serve.chat_parts.tools import MOST_TOOLS, NO_TOOLS, Tools, tools
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import FLAG, FUNCTION_NAME, either, kind, object_of
from glaswerk.serve.fields import unsupported

FORM = "output_config.format"
_ANY: Schema = {"type": ["object", "null"]}
_TOOL = object_of(
    {"name": FUNCTION_NAME, "input_schema": {"type": "object"}},
    {
        "type": either(None, "custom"),
        "description": {"type": ["string", "null"]},
        "strict": FLAG,
        "cache_control": _ANY,
        "input_examples": {"type": ["array", "null"], "maxItems": 100},
        "eager_input_streaming": FLAG,
        "defer_loading": either(None, False),
        "allowed_callers": {"type": ["array", "null"], "maxItems": 16},
    },
)
# Anthropic's degrees of effort, and the others'.
_EFFORTS = {"low": "low", "medium": "medium", "high": "high", "xhigh": "xhigh", "max": "xhigh"}
# From so many tokens of thoughts on, which effort is meant.
_BUDGETS = ((10_000, "high"), (5_000, "medium"), (2_000, "low"), (0, "minimal"))
_SINGLE = {"disable_parallel_tool_use": FLAG}
_FORMAT = object_of({"type": kind("json_schema"), "schema": {"type": "object"}})
TOOLING: dict[str, Schema] = {
    "tools": {"type": ["array", "null"], "maxItems": MOST_TOOLS, "items": _TOOL},
    "tool_choice": {
        "anyOf": [
            object_of({"type": kind("auto")}, _SINGLE),
            object_of({"type": kind("any")}, _SINGLE),
            object_of({"type": kind("tool"), "name": FUNCTION_NAME}, _SINGLE),
            object_of({"type": kind("none")}),
            {"type": "null"},
        ]
    },
    "output_config": {
        **object_of(
            {},
            {
                "format": {"anyOf": [_FORMAT, {"type": "null"}]},
                "effort": either(None, *_EFFORTS),
            },
        ),
        "type": ["object", "null"],
    },
}


def tools_asked(asked: Mapping[str, Any], more: Sequence[Mapping[str, Any]] = ()) -> Tools:
    """The tools of a request, and functions of this server.

    Raises ApiError 400 for two of one name, and for a choice of none of them.
    """
    functions = [_function(tool) for tool in asked.get("tools") or []]
    functions += [{"type": "function", "function": dict(one)} for one in more]
    choice = asked.get("tool_choice") or {"type": "auto"}
    if choice["type"] == "none" or (choice["type"] == "auto" and not functions):
        return NO_TOOLS
    words: dict[str, Any] = {"auto": "auto", "any": "required"}
    wanted = words.get(choice["type"], {"type": "function", "function": {"name": choice.get("name")}})
    parallel = not choice.get("disable_parallel_tool_use")
    return tools({"tools": functions, "tool_choice": wanted, "parallel_tool_calls": parallel})


def _function(tool: Mapping[str, Any]) -> dict[str, Any]:
    found = {"name": tool["name"], "parameters": tool["input_schema"], "description": tool.get("description")}
    if tool.get("strict") is not None:
        found["strict"] = tool["strict"]
    return {"type": "function", "function": found}


def form_asked(asked: Mapping[str, Any], found: Tools) -> Form | None:
    """The form of `output_config.format`. Raises ApiError 400 where a tool must be called, too."""
    form = (asked.get("output_config") or {}).get("format")
    if form is None:
        return None
    if found.choice == "required":
        raise unsupported(FORM, "is not supported where a tool must be called; leave it out")
    # Anthropic's API always keeps a schema.
    return Form(form["schema"], f"{FORM}.schema", strict=True)


def effort_asked(asked: Mapping[str, Any]) -> str | None:
    """How hard to think: what `output_config.effort` and `thinking` mean in words of other APIs.

    None where neither asks for thoughts: to many models of other servers not even "none" may be said.
    """
    thinking = asked.get("thinking") or {}
    given = (asked.get("output_config") or {}).get("effort")
    if thinking.get("type") == "disabled":
        return None
    if given is not None or not thinking:
        return _EFFORTS.get(given or "")
    budget = thinking.get("budget_tokens")
    return "medium" if budget is None else next(effort for least, effort in _BUDGETS if budget >= least)
