"""The schema of a call of one of several functions: `{"name": …, "arguments": {…}}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.grammar.closed import NO_ARGUMENTS, closed
from glaswerk.infer.grammar.source import GrammarSource, json_schema

MOST_TOOLS = 128


def tool_call(functions: Mapping[str, Mapping[str, Any] | None]) -> GrammarSource:
    """Answers that call one of the functions: name → JSON Schema of the arguments (None: none).

    The name comes first, so that the arguments follow the function's own schema.
    """
    if not 0 < len(functions) <= MOST_TOOLS:
        raise GlaswerkError(
            f"expected 1 to {MOST_TOOLS} functions, found {len(functions)}", hint="offer fewer functions"
        )
    calls = []
    for i, (name, arguments) in enumerate(functions.items()):
        place = "" if len(functions) == 1 else f"/anyOf/{i}"
        taken = NO_ARGUMENTS if arguments is None else closed(arguments) or {"type": "object"}
        own = _moved(taken, f"{place}/properties/arguments", 0)
        calls.append(
            {
                "type": "object",
                "properties": {"name": {"const": name}, "arguments": own},
                "required": ["name", "arguments"],
                "additionalProperties": False,
            }
        )
    return json_schema(calls[0] if len(calls) == 1 else {"anyOf": calls})


def _moved(schema: Any, place: str, level: int) -> Any:
    """References inside a schema that is now at `place` of another. Deeper levels are refused later."""
    if level > 100:
        return schema
    if isinstance(schema, Mapping):
        return {
            key: f"#{place}{value[1:]}"
            if key == "$ref" and isinstance(value, str) and value.startswith("#")
            else _moved(value, place, level + 1)
            for key, value in schema.items()
        }
    return [_moved(part, place, level + 1) for part in schema] if isinstance(schema, list) else schema
