"""Arguments of tools and answers of a form: objects that name their properties have no others.

JSON Schema leaves such objects open, and a small model then writes arguments that no function takes, for
`properties: {}` keywords of the schema itself, or property after property until its tokens end. llama.cpp
and XGrammar close them, too. A schema that wants others says so: `additionalProperties: true`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

NO_ARGUMENTS = {"type": "object", "properties": {}, "additionalProperties": False}
# With these words, one object has its properties in several schemas: closing one would shut out the others.
_JOINING = {"allOf", "if", "not", "dependentSchemas", "unevaluatedProperties", "$dynamicRef"}
_OPENING = {"additionalProperties", "patternProperties", "anyOf", "oneOf", "$ref"}
_NAMED = ("properties", "patternProperties", "$defs", "definitions")
_SINGLE = ("items", "additionalProperties", "contains", "anyOf", "oneOf", "prefixItems")
# Deeper schemas are refused later.
_DEEPEST = 100


def closed(schema: Any) -> Any:
    """The schema with its open objects closed; as it is if it joins objects out of parts."""
    return schema if any(map(_joins, _all(schema, 0))) else _closed(schema, 0)


def _joins(schema: Mapping[str, Any]) -> bool:
    parts = {"anyOf", "oneOf", "$ref"} & schema.keys()
    return bool(_JOINING & schema.keys()) or ("properties" in schema and bool(parts))


def _all(schema: Any, level: int) -> Iterator[Mapping[str, Any]]:
    """The schema and all inside it."""
    if level > _DEEPEST:
        return
    if isinstance(schema, list):
        for one in schema:
            yield from _all(one, level + 1)
    if isinstance(schema, Mapping):
        yield schema
        for name in _SINGLE:
            yield from _all(schema.get(name), level + 1)
        for name in _NAMED:
            found = schema.get(name)
            yield from _all(list(found.values()) if isinstance(found, Mapping) else None, level + 1)


def _closed(schema: Any, level: int) -> Any:
    if level > _DEEPEST:
        return schema
    if isinstance(schema, list):
        return [_closed(one, level + 1) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    found = dict(schema)
    for name in _SINGLE:
        if name in found:
            found[name] = _closed(found[name], level + 1)
    for name in _NAMED:
        if isinstance(found.get(name), Mapping):
            found[name] = {key: _closed(value, level + 1) for key, value in found[name].items()}
    if "properties" in found and not _OPENING & found.keys() and not _wants_more(found):
        found["additionalProperties"] = False
    return found


def _wants_more(schema: Mapping[str, Any]) -> bool:
    """Whether an object must have properties that it does not name."""
    named, required, least = schema["properties"], schema.get("required"), schema.get("minProperties")
    if not isinstance(named, Mapping):
        return True
    unnamed = isinstance(required, list) and any(name not in named for name in required)
    return unnamed or (isinstance(least, int) and least > len(named))
