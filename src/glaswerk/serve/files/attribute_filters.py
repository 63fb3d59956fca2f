"""Filters of a search by the attributes of files: comparisons, joined by "and" and "or"."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import object_of

# A filter of filters of filters …: deeper ones are refused.
_DEEPEST, _MOST = 4, 100
_KEY: Schema = {"type": "string", "minLength": 1, "maxLength": 64}
_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def _comparison(kinds: list[str], value: Schema) -> Schema:
    return object_of({"type": {"type": "string", "enum": kinds}, "key": _KEY, "value": value})


_SAME = _comparison(["eq", "ne"], {"type": ["string", "number", "boolean"], "maxLength": 512})
_ORDER = _comparison([*_ORDERS], {"type": ["string", "number"], "maxLength": 512})
_AMONG = _comparison(
    ["in", "nin"],
    {"type": "array", "maxItems": _MOST, "items": {"type": ["string", "number"], "maxLength": 512}},
)


def _filter(depth: int) -> Schema:
    if not depth:
        return {"anyOf": [_SAME, _ORDER, _AMONG]}
    inner: Schema = {"type": "array", "minItems": 1, "maxItems": _MOST, "items": _filter(depth - 1)}
    joined = object_of({"type": {"type": "string", "enum": ["and", "or"]}, "filters": inner})
    return {"anyOf": [_SAME, _ORDER, _AMONG, joined]}


FILTERS: Schema = {"anyOf": [{"type": "null"}, _filter(_DEEPEST)]}


def keeps(wanted: Mapping[str, Any] | None, attributes: Mapping[str, Any]) -> bool:
    """Whether a file with these attributes is wanted. An attribute that it lacks equals nothing.

    Texts are ordered among texts, numbers among numbers; true and false are no numbers.
    """
    if wanted is None:
        return True
    kind: str = wanted["type"]
    if kind in ("and", "or"):
        join = all if kind == "and" else any
        return join(keeps(one, attributes) for one in wanted["filters"])
    found, value = attributes.get(wanted["key"]), wanted["value"]
    if kind in ("in", "nin"):
        return any(_equal(found, one) for one in value) == (kind == "in")
    if kind in ("eq", "ne"):
        return _equal(found, value) == (kind == "eq")
    return _like(found, value) and _ORDERS[kind](found, value)


def _equal(found: Any, value: Any) -> bool:
    return _like(found, value) and bool(found == value)


def _like(found: Any, value: Any) -> bool:
    """Whether two values are of one kind."""
    return _kind(found) is _kind(value)


def _kind(value: Any) -> type:
    return float if type(value) is int else type(value)
