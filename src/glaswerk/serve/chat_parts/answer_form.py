"""The form that an answer must have (`response_format`), as the source of a grammar."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.grammar import GrammarSource, closed, json_object, json_schema
from glaswerk.serve.fields import flag, show, unsupported, wrong

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WHERE = "response_format"


@dataclass(frozen=True, slots=True)
class Form:
    """JSON of a schema, or any JSON object without one. where: the field of the request that asks for it.

    strict: what the client said of it. Here a schema is always kept; other servers distinguish.
    """

    schema: Mapping[str, Any] | None
    where: str
    name: str = "answer"
    strict: bool | None = None

    def source(self) -> GrammarSource:
        """The grammar. Raises ApiError 400 for a schema that cannot be kept."""
        return json_object() if self.schema is None else schema_form(self.schema, self.where)

    def response_format(self) -> dict[str, Any]:
        """As chat completions of other servers take it."""
        if self.schema is None:
            return {"type": "json_object"}
        strict = {} if self.strict is None else {"strict": self.strict}
        found = {"name": self.name, "schema": self.schema, **strict}
        return {"type": "json_schema", "json_schema": found}


def answer_form(value: Any) -> GrammarSource | None:
    """The grammar of `response_format`; None for plain text. Raises ApiError 400 for any other form."""
    kind = value.get("type") if isinstance(value, dict) else None
    if value is None or kind == "text":
        return None
    if kind == "json_object":
        return json_object()
    if kind != "json_schema":
        raise wrong(_WHERE, f'must have the type "text", "json_object" or "json_schema", found {show(value)}')
    return _of_schema(value.get("json_schema"), f"{_WHERE}.json_schema")


def _of_schema(value: Any, where: str) -> GrammarSource:
    if not isinstance(value, dict):
        raise wrong(where, f'must be an object like {{"name": …, "schema": {{…}}}}, found {show(value)}')
    name = value.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise wrong(
            f"{where}.name", f"must be 1 to 64 letters, digits, dashes and underscores, found {show(name)}"
        )
    # A schema is kept whether the request calls it strict or not.
    flag(value, "strict")
    return json_object() if value.get("schema") is None else schema_form(value["schema"], f"{where}.schema")


def schema_form(schema: Any, where: str) -> GrammarSource:
    """The grammar of a JSON Schema in the field `where`. Raises ApiError 400 for one that cannot be kept."""
    if not isinstance(schema, dict):
        raise wrong(where, f"must be a JSON Schema as an object, found {show(schema)}")
    try:
        return json_schema(closed(schema))
    except GlaswerkError as error:
        raise unsupported(where, f"cannot be kept: {error.message}") from error
