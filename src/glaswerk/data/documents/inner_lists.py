"""Objects that hold their documents as a list under a key: they are named, and not taken for one document."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glaswerk.data.documents.field_names import FieldNames
from glaswerk.data.documents.reading import UnsupportedFile

_LOOKED_AT = 20


def refuse_inner_list(row: Mapping[str, Any], where: Path, names: FieldNames) -> None:
    """Raises UnsupportedFile for an object without a text whose values hold objects with one."""
    if isinstance(row.get("text"), str) and row["text"].strip():
        return
    found = {path: size for path, size in _lists(row, names)}
    if found:
        key = max(found, key=lambda path: found[path])
        listed = ", ".join(f"{path} ({size:,})" for path, size in found.items())
        raise UnsupportedFile(
            f"expected documents as a JSON list or one per line in {where}, found an object with lists of "
            f"objects under {listed}",
            hint=f"jq -c '{key}[]' {shlex.quote(str(where))} | glaswerk add docs - --licence …; "
            "--map text=NAME names their text",
            reason="list_under_key",
        )


def _lists(row: Mapping[str, Any], names: FieldNames) -> list[tuple[str, int]]:
    """(path as jq writes it, length) of lists of objects with a text, at the first two levels."""
    places = [(f".{_written(key)}", value) for key, value in row.items()]
    places += [
        (f"{path}.{_written(key)}", inner)
        for path, value in places
        if isinstance(value, Mapping)
        for key, inner in value.items()
    ]
    return [
        (path, len(value)) for path, value in places if isinstance(value, list) and _has_text(value, names)
    ]


def _has_text(value: list[Any], names: FieldNames) -> bool:
    return any(isinstance(one, Mapping) and names.may_have_text(one) for one in value[:_LOOKED_AT])


def _written(key: str) -> str:
    return key if key.isidentifier() else f'"{key[:80]}"'
