"""Compare printed JSON with the table in `glaswerk.cli.json_fields`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from glaswerk.cli.json_fields import Fields

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "list": (list,),
    "any": (object,),
}
_TYPE = re.compile(r"(string|integer|number|boolean|object|list|any)( or null)?( \(optional\))?")


def faults(value: Any, fields: Fields) -> list[str]:
    """Where printed JSON is not as documented: missing, undocumented and mistyped keys."""
    return sorted({*_mistyped(value, fields), *_undocumented(value, fields)})


def malformed(fields: Fields) -> list[str]:
    """Entries whose type is none of the documented words, or whose parent is not in the table."""
    found = [path for path, (kind, _) in fields.items() if not _TYPE.fullmatch(kind)]
    for path in fields:
        parent = _parent(path)
        if parent and parent not in fields:
            found.append(f"{path} is below {parent}, which is not in the table")
    return found


def _parent(path: str) -> str:
    above = re.sub(r"(\.|^)[^.]+$", "", path)
    return above.removesuffix("[]")


def _mistyped(value: Any, fields: Fields) -> Iterator[str]:
    for path, (kind, _) in fields.items():
        found = _TYPE.fullmatch(kind)
        assert found is not None, kind
        word, nullable, optional = found.groups()
        for parent in _at(value, _container(path)):
            for key in _keys(parent, path):
                if key not in parent:
                    if not optional:
                        yield f"{path}: missing"
                    continue
                one = parent[key]
                if one is None and nullable:
                    continue
                if not isinstance(one, _TYPES[word]) or (
                    isinstance(one, bool) and word not in ("boolean", "any")
                ):
                    yield f"{path}: expected {kind}, found {one!r:.60}"


def _undocumented(value: Any, fields: Fields) -> Iterator[str]:
    containers = {_container(path) for path in fields}
    for container in containers:
        known = {path.rpartition(".")[2] for path in fields if _container(path) == container}
        if "*" in known:
            continue
        for parent in _at(value, container):
            yield from (f"{container}.{key}: not documented" for key in parent if key not in known)


def _container(path: str) -> str:
    return path.rpartition(".")[0]


def _keys(parent: dict[str, Any], path: str) -> list[str]:
    last = path.rpartition(".")[2]
    return list(parent) if last == "*" else [last]


def _at(value: Any, path: str) -> Iterator[dict[str, Any]]:
    """The objects at the path of a container: "" is the value itself, "[]" each entry of a list."""
    found = [value]
    for part in path.split(".") if path else []:
        key, many = part.removesuffix("[]"), part.endswith("[]")
        if key:
            found = [one[key] for one in found if isinstance(one, dict) and one.get(key) is not None]
        if many:
            found = [entry for one in found for entry in one]
    return (one for one in found if isinstance(one, dict))
