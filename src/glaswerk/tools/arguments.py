"""Whether arguments fit a tool's JSON Schema, by the part of it that says types, names and bounds.

A server's schema is a stranger's: patterns and references in it are not followed, as each could cost any
time or reach a network. What passes here is checked by the server again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# Characters of one call's arguments as JSON.
LONGEST = 20_000
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
_DEEPEST = 16


def read(text: str) -> dict[str, Any] | str:
    """Arguments as a model wrote them; a text says what is wrong with them."""
    if len(text) > LONGEST:
        return f"expected arguments of up to {LONGEST:,} characters, found {len(text):,}"
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return f"expected arguments that are a JSON object, found {text[:80]!r}"
    if not isinstance(found, dict):
        return f"expected arguments that are a JSON object, found {text[:80]!r}"
    try:
        json.dumps(found, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return "expected arguments of finite numbers and whole characters"
    return found


def fault(value: Any, schema: Any, where: str = "the arguments", level: int = 0) -> str:
    """What does not fit, in words; "" if all does."""
    if not isinstance(schema, Mapping) or level > _DEEPEST:
        return ""
    if wrong := _plain(value, schema, where):
        return wrong
    if isinstance(value, dict):
        return _object(value, schema, where, level)
    items = schema.get("items")
    if isinstance(value, list) and isinstance(items, Mapping):
        found = (fault(one, items, f"{where}[{i}]", level + 1) for i, one in enumerate(value))
        return next(filter(None, found), "")
    return ""


def _plain(value: Any, schema: Mapping[str, Any], where: str) -> str:
    kinds = schema.get("type")
    names = [kinds] if isinstance(kinds, str) else kinds if isinstance(kinds, list) else []
    known = [name for name in names if isinstance(name, str) and name in _TYPES]
    if known and not any(_is(value, name) for name in known):
        return f"expected {where} of type {' or '.join(known)}, found {value!r:.80}"
    choices = schema.get("enum")
    if isinstance(choices, list) and choices and value not in choices:
        return f"expected {where} to be one of {choices!r:.120}, found {value!r:.80}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = schema.get("minimum"), schema.get("maximum")
        if (isinstance(low, int | float) and value < low) or (isinstance(high, int | float) and value > high):
            return f"expected {where} from {low} to {high}, found {value}"
    most = schema.get("maxLength")
    if isinstance(value, str) and isinstance(most, int) and len(value) > most:
        return f"expected {where} of up to {most:,} characters, found {len(value):,}"
    return ""


def _object(value: dict[str, Any], schema: Mapping[str, Any], where: str, level: int) -> str:
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    needed = schema.get("required")
    for name in needed if isinstance(needed, list) else ():
        if isinstance(name, str) and name not in value:
            return f"expected {where} with {name!r:.80}, found none"
    for name, one in value.items():
        if name in properties:
            if wrong := fault(one, properties[name], repr(name)[:80], level + 1):
                return wrong
        elif schema.get("additionalProperties") is False:
            known = ", ".join(map(str, properties)) or "nothing"
            return f"expected {where} with no other names than {known:.200}, found {name!r:.80}"
    return ""


def _is(value: Any, name: str) -> bool:
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    # `true` is no number, though Python finds it one.
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))
