"""Tools and forms of answers as the Responses API has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glaswerk.serve.chat_parts.answer_form import Form
from glaswerk.serve.chat_parts.tools import MOST_TOOLS, Tools, tools
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import FLAG, FUNCTION_NAME, either, kind, object_of
from glaswerk.serve.fields import unsupported

FORM = "text.format"
_NOTHING: Schema = {"type": ["object", "null"]}
_LIST: Schema = {"type": ["array", "null"], "maxItems": MOST_TOOLS}
_FUNCTION = object_of(
    {"type": kind("function"), "name": FUNCTION_NAME},
    {
        "description": {"type": ["string", "null"]},
        "parameters": _NOTHING,
        "strict": FLAG,
        "defer_loading": either(None, False),
        "allowed_callers": _LIST,
        "output_schema": _NOTHING,
    },
)
_NAMED = object_of({"type": kind("function"), "name": FUNCTION_NAME})
_ALLOWED = object_of(
    {
        "type": kind("allowed_tools"),
        "mode": {"type": "string", "enum": ["auto", "required"]},
        "tools": {"type": "array", "minItems": 1, "maxItems": MOST_TOOLS, "items": _NAMED},
    }
)
_FORMAT: Schema = {
    "anyOf": [
        object_of({"type": kind("text")}),
        object_of({"type": kind("json_object")}),
        object_of(
            {"type": kind("json_schema"), "name": FUNCTION_NAME, "schema": {"type": "object"}},
            {"description": {"type": ["string", "null"]}, "strict": FLAG},
        ),
        {"type": "null"},
    ]
}
TOOLING: dict[str, Schema] = {
    # One alternative, so that a tool of another type is named by it.
    "tools": {**_LIST, "items": {"anyOf": [_FUNCTION]}},
    "tool_choice": {
        "anyOf": [
            {"type": ["string", "null"], "enum": [None, "none", "auto", "required"]},
            _NAMED,
            _ALLOWED,
        ]
    },
    "parallel_tool_calls": FLAG,
    "text": {
        **object_of({}, {"format": _FORMAT, "verbosity": {"enum": [None, "low", "medium", "high"]}}),
        "type": ["object", "null"],
    },
}


def tools_asked(asked: Mapping[str, Any]) -> Tools:
    """The tools of a request. Raises ApiError 400 for two of one name, and for a choice of none of them."""
    choice = asked.get("tool_choice")
    if isinstance(choice, dict) and choice["type"] == "allowed_tools":
        choice = {"type": "allowed_tools", "allowed_tools": choice}
    functions = [{"type": "function", "function": tool} for tool in asked.get("tools") or []]
    parallel = asked.get("parallel_tool_calls")
    return tools({"tools": functions, "tool_choice": choice, "parallel_tool_calls": parallel})


def form_asked(asked: Mapping[str, Any], found: Tools) -> Form | None:
    """The form of `text.format`. Raises ApiError 400 where a tool must be called, too."""
    form = (asked.get("text") or {}).get("format") or {"type": "text"}
    if form["type"] == "text":
        return None
    if found.choice == "required":
        raise unsupported(FORM, "is not supported where a tool must be called; leave it out")
    if form["type"] == "json_object":
        return Form(None, FORM)
    return Form(form["schema"], f"{FORM}.schema", form["name"], form.get("strict"))


def tools_shown(asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The tools in a response: every field is there."""
    empty = {"description": None, "parameters": None, "strict": False}
    return [
        empty | {key: value for key, value in tool.items() if value is not None}
        for tool in asked.get("tools") or []
    ]


def text_shown(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The field `text` of a response."""
    given = {name: value for name, value in (asked.get("text") or {}).items() if value is not None}
    found: dict[str, Any] = {"format": {"type": "text"}, "verbosity": "medium"} | given
    if found["format"]["type"] == "json_schema":
        found["format"] = {"description": None, "strict": False} | found["format"]
    return found
