"""Tools and forms of answers as the Responses API has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from glaswerk.serve.chat_parts.answer_form import Form
from glaswerk.serve.chat_parts.tools import MOST_TOOLS, Tools, tools
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import FLAG, FUNCTION_NAME, either, kind, object_of
from glaswerk.serve.fields import unsupported
from glaswerk.serve.files.found import RESULTS
from glaswerk.serve.responses import file_search, mcp

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
_SEARCH = object_of({"type": kind(file_search.TOOL)})
_ALLOWED = object_of(
    {
        "type": kind("allowed_tools"),
        "mode": {"type": "string", "enum": ["auto", "required"]},
        "tools": {
            "type": "array",
            "minItems": 1,
            "maxItems": MOST_TOOLS,
            "items": {"anyOf": [_NAMED, _SEARCH]},
        },
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
    # Alternatives, so that a tool of another type is named by it.
    "tools": {**_LIST, "items": {"anyOf": [_FUNCTION, file_search.SCHEMA, mcp.SCHEMA]}},
    "tool_choice": {
        "anyOf": [
            {"type": ["string", "null"], "enum": [None, "none", "auto", "required"]},
            _NAMED,
            _SEARCH,
            _ALLOWED,
        ]
    },
    "parallel_tool_calls": FLAG,
    "text": {
        **object_of({}, {"format": _FORMAT, "verbosity": {"enum": [None, "low", "medium", "high"]}}),
        "type": ["object", "null"],
    },
}


def tools_asked(asked: Mapping[str, Any], ours: Sequence[Mapping[str, Any]] = ()) -> Tools:
    """The functions of a request, and those of this server.

    Raises ApiError 400 for two of one name, and for a choice of none of them.

    Where the server searches files, a tool is used already: functions may be called, but need not be.
    """
    given = asked.get("tools") or []
    every = [*(tool for tool in given if tool["type"] == "function"), *ours]
    functions = [{"type": "function", "function": tool} for tool in every]
    choice = _choice(asked, searches=file_search.tool_of(asked) is not None)
    parallel = asked.get("parallel_tool_calls")
    return tools({"tools": functions, "tool_choice": choice, "parallel_tool_calls": parallel})


def _choice(asked: Mapping[str, Any], *, searches: bool) -> Any:
    """The choice among functions, as chat completions have it."""
    choice = asked.get("tool_choice")
    if not isinstance(choice, dict):
        return "auto" if searches and choice == "required" else choice
    if choice["type"] == file_search.TOOL:
        if not searches:
            raise unsupported("tool_choice", "is allowed only where tools have a file_search")
        return "auto"
    if choice["type"] != "allowed_tools":
        return choice
    named = [one for one in choice["tools"] if one["type"] == "function"]
    if len(named) < len(choice["tools"]) and not searches:
        raise unsupported("tool_choice", "is allowed only where tools have a file_search")
    mode = "auto" if searches else choice["mode"]
    allowed = {"mode": mode, "tools": named}
    return {"type": "allowed_tools", "allowed_tools": allowed} if named else "none"


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
    function = {"description": None, "parameters": None, "strict": False}
    empty: dict[str, dict[str, Any]] = {
        "function": function,
        file_search.TOOL: {"filters": None, "max_num_results": RESULTS},
        mcp.TOOL: {"allowed_tools": None, "require_approval": None},
    }
    return [
        empty[tool["type"]] | {key: value for key, value in tool.items() if value is not None}
        for tool in asked.get("tools") or []
    ]


def text_shown(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The field `text` of a response."""
    given = {name: value for name, value in (asked.get("text") or {}).items() if value is not None}
    found: dict[str, Any] = {"format": {"type": "text"}, "verbosity": "medium"} | given
    if found["format"]["type"] == "json_schema":
        found["format"] = {"description": None, "strict": False} | found["format"]
    return found
