"""Tools of what an MCP server lists. Its words are a stranger's: cut, without marks, and few."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
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
        if name in found and found[name].own_name != own:
            made = apart(made)
        found.setdefault(made.name, made)
    return list(found.values())


def apart(tool: Tool) -> Tool:
    """The tool by a name that tells it from another one of its name: with a part of a digest at the end."""
    digest = hashlib.blake2b(f"{tool.server}/{tool.own_name}".encode(errors="replace"), digest_size=3)
    return replace(tool, name=f"{tool.name[:57]}_{digest.hexdigest()}")


def cleaned(schema: Any) -> dict[str, Any]:
    """A schema of arguments as models see it: types, names, bounds and short words, nothing that refers."""
    found = _cleaned(schema, 0)
    # What is no schema of an object, whatever the server says of it, takes any object.
    return found if found.get("type") == "object" else {"type": "object"}


def _cleaned(schema: Any, level: int) -> dict[str, Any]:
    if not isinstance(schema, Mapping) or level > _DEEPEST:
        return {}
    found = {key: _without_marks(schema[key]) for key in _PLAIN if key in schema and _small(schema[key])}
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


def _without_marks(value: Any) -> Any:
    """A value with harmless texts. A choice that was changed so is refused by its server, if it is called."""
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, Mapping):
        return {harmless(str(key)): _without_marks(one) for key, one in value.items()}
    return [_without_marks(one) for one in value] if isinstance(value, list | tuple) else value


def _small(value: Any) -> bool:
    return len(repr(value)) <= 2_000
