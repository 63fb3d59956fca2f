"""Check JSON values against a small part of JSON Schema, with errors in the house's words.

Known words: type, enum, const, minimum, maximum, exclusiveMinimum, minLength, maxLength, pattern, items,
minItems, maxItems, properties, required, additionalProperties, maxProperties, propertyNames (maxLength),
anyOf. A property is never evaluated deeper than its schema goes, so hostile depth costs nothing. Objects with
`properties` refuse other names unless `additionalProperties` says otherwise.

A schema with `x-unsupported` names values that change nothing in its `enum`; any other is refused by name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from glaswerk.serve.errors import ApiError
from glaswerk.serve.fields import shortened
from glaswerk.serve.fields import show as shown

__all__ = ["Schema", "check", "shown"]
Schema = Mapping[str, Any]
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
_ARTICLES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def check(value: Any, schema: Schema, where: str = "") -> None:
    """Raises ApiError 400 with the first field that does not fit: what was expected and what was found."""
    error = _error(value, schema, where)
    if error is not None:
        raise error


def _error(value: Any, schema: Schema, where: str) -> ApiError | None:
    if "anyOf" in schema:
        return _of_any(value, schema, where)
    if not _fits(value, schema):
        return _wrong(value, schema, where)
    if isinstance(value, dict):
        return _in_object(value, schema, where)
    if isinstance(value, list) and "items" in schema:
        found = (_error(item, schema["items"], f"{where}[{i}]") for i, item in enumerate(value))
        return next(filter(None, found), None)
    return None


def _of_any(value: Any, schema: Schema, where: str) -> ApiError | None:
    """The error of the alternative that got furthest: its `type` field fits, so the client meant it."""
    if "maxItems" in schema and isinstance(value, list) and len(value) > schema["maxItems"]:
        return _wrong(value, schema, where)
    errors: list[tuple[bool, int, int, ApiError]] = []
    for one in schema["anyOf"]:
        error = _error(value, one, where)
        if error is None:
            return None
        errors.append((_meant(value, one), len(error.param or ""), len(errors), error))
    best = max(errors, key=lambda each: each[:2])
    return best[3] if best[0] else _no_kind(value, schema, where) or _wrong(value, schema, where)


def _no_kind(value: Any, schema: Schema, where: str) -> ApiError | None:
    """The error of an object whose `type` no alternative has."""
    kinds = [kind for one in schema["anyOf"] for kind in _kinds(one)]
    if not isinstance(value, dict) or "type" not in value or not kinds or value["type"] in kinds:
        return None
    return _wrong(value["type"], {"enum": kinds}, _under(where, "type"))


def _kinds(schema: Schema) -> list[Any]:
    if "anyOf" in schema:
        return [kind for one in schema["anyOf"] for kind in _kinds(one)]
    return list(schema.get("properties", {}).get("type", {}).get("enum", ()))


def _meant(value: Any, schema: Schema) -> bool:
    if "anyOf" in schema:
        return any(_meant(value, one) for one in schema["anyOf"])
    if not _is_type(value, schema):
        return False
    kinds = _kinds(schema)
    if not isinstance(value, dict) or not kinds:
        return isinstance(value, dict | list)
    return value["type"] in kinds if "type" in value else "type" not in schema.get("required", ())


def _in_object(value: dict[str, Any], schema: Schema, where: str) -> ApiError | None:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            return _wrong(None, properties[name], _under(where, name))
    more = schema.get("additionalProperties", "properties" not in schema)
    longest = schema.get("propertyNames", {}).get("maxLength", math.inf)
    for name, one in value.items():
        if len(name) > longest:
            message = f"{where} must have names of up to {longest} characters, found {shown(name)}"
            return ApiError(400, message, param=where or None, code="invalid_value")
        own = properties.get(name, more)
        if own is False:
            return _unknown(name, properties, where)
        if own is not True:
            error = _error(one, own, _under(where, shortened(name)))
            if error is not None:
                return error
    return None


def _under(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _unknown(name: str, known: Mapping[str, Any], where: str) -> ApiError:
    near = get_close_matches(shortened(name), known, n=1)
    param = _under(where, shortened(name))
    question = f"; did you mean {near[0]}?" if near else "; leave it out"
    message = f"{param} is no field that this server knows{question}"
    return ApiError(400, message, param=param, code="unknown_parameter")


def _wrong(value: Any, schema: Schema, where: str) -> ApiError:
    name = where or "the body"
    if "x-unsupported" in schema:
        message = f"{name} is not supported by this server: {schema['x-unsupported']}; leave it out"
        return ApiError(400, message, param=where or None, code="unsupported_parameter")
    message = f"{name} must be {_expected(schema)}, found {shown(value)}"
    return ApiError(400, message, param=where or None, code="invalid_value")


def _is_type(value: Any, schema: Schema) -> bool:
    kinds = schema.get("type")
    if kinds is None:
        return True
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        # `true` is no number, though Python finds it one.
        if isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool)):
            return True
    return False


def _fits(value: Any, schema: Schema) -> bool:
    return _is_type(value, schema) and all(_limits(value, schema))


def _limits(value: Any, schema: Schema) -> Iterator[bool]:
    if "enum" in schema:
        yield any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in schema["enum"])
    if isinstance(value, str):
        yield schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", math.inf)
        yield "pattern" not in schema or re.search(schema["pattern"], value) is not None
    elif isinstance(value, list):
        yield schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", math.inf)
    elif isinstance(value, dict):
        yield len(value) <= schema.get("maxProperties", math.inf)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield schema.get("minimum", -math.inf) <= value <= schema.get("maximum", math.inf)
        yield value > schema.get("exclusiveMinimum", -math.inf)


def _expected(schema: Schema) -> str:
    """What a schema takes, in words."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_expected(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return "one of " + ", ".join("null" if one is None else str(one) for one in schema["enum"])
    kinds = schema.get("type", "object")
    names = [_ARTICLES[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind != "null"]
    return " or ".join(names) + _bounds(schema)


def _bounds(schema: Schema) -> str:
    units = {"Length": "characters", "Items": "items", "Properties": "fields"}
    for word, unit in units.items():
        low, high = schema.get(f"min{word}"), schema.get(f"max{word}")
        if low is not None or high is not None:
            return (
                f" of {low or 0:,} to {high:,} {unit}" if high is not None else f" of at least {low} {unit}"
            )
    low, high = schema.get("minimum", schema.get("exclusiveMinimum")), schema.get("maximum")
    if low is not None and high is not None:
        return f" {'above' if 'exclusiveMinimum' in schema else 'from'} {low:,} to {high:,}"
    return f" like {schema['pattern']}" if "pattern" in schema else ""
