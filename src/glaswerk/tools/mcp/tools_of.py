"""Tools of what an MCP server lists. Its words are a stranger's: cut, without marks, and few."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from glaswerk.tools.mcp.confirmed import Confirmed, definition
from glaswerk.tools.mcp.settings import McpServer
from glaswerk.tools.output import harmless
from glaswerk.tools.tool import Outcome, Tool

MOST = 64
_WORDS, _DEEPEST, _PROPERTIES = 400, 6, 48
_OTHER = re.compile(r"[^A-Za-z0-9_-]")
_PLAIN = ("type", "enum", "const", "minimum", "maximum", "minLength", "maxLength", "required", "default")
Call = Callable[[str, Mapping[str, Any]], Awaitable[Outcome]]


def tools_of(server: McpServer, listed: Sequence[Any], agreed: Confirmed, call: Call) -> list[Tool]:
    """Tools by the names NAME_TOOL. One that the user did not allow, or that changed since, asks."""
    found: dict[str, Tool] = {}
    for one in listed[:MOST]:
        own, schema = str(one.name), one.input_schema
        name = _OTHER.sub("_", f"{server.name}_{own}")[:64]
        same = agreed.tools.get(own) == definition(one.description, schema)
        about = harmless(" ".join((one.description or own).split()))[:_WORDS]
        made = Tool(
            name,
            about,
            cleaned(schema),
            partial(call, own),
            server.name,
            own,
            not (own in server.allow and same),
        )
        found.setdefault(name, made)
    return list(found.values())


def cleaned(schema: Any) -> dict[str, Any]:
    """A schema of arguments as models see it: types, names, bounds and short words, nothing that refers."""
    found = _cleaned(schema, 0)
    # What is no schema of an object, whatever the server says of it, takes any object.
    return found if found.get("type") == "object" else {"type": "object"}


def _cleaned(schema: Any, level: int) -> dict[str, Any]:
    if not isinstance(schema, Mapping) or level > _DEEPEST:
        return {}
    found = {key: schema[key] for key in _PLAIN if key in schema and _small(schema[key])}
    if isinstance(schema.get("description"), str):
        found["description"] = harmless(" ".join(schema["description"].split()))[:_WORDS]
    if isinstance(properties := schema.get("properties"), Mapping):
        names = [name for name in list(properties)[:_PROPERTIES] if isinstance(name, str) and len(name) <= 64]
        found["properties"] = {harmless(name): _cleaned(properties[name], level + 1) for name in names}
    if isinstance(schema.get("items"), Mapping):
        found["items"] = _cleaned(schema["items"], level + 1)
    if isinstance(needed := found.get("required"), list):
        known = found.get("properties", {})
        found["required"] = [name for name in needed if isinstance(name, str) and name in known]
    elif "required" in found:
        del found["required"]
    return found


def _small(value: Any) -> bool:
    return len(repr(value)) <= 2_000
