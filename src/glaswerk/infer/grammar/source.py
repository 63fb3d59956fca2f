"""What a grammar is made from, checked for its size before any library reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from glaswerk.core.errors import GlaswerkError

GrammarKind = Literal["json_schema", "regex", "choice", "grammar"]

# Characters. OpenAI takes schemas of up to 120,000 characters of names and 15,000 of enums.
LARGEST_SCHEMA = 128_000
LARGEST_REGEX = 8_000
LARGEST_GRAMMAR = 32_000
MOST_CHOICES = 2_000
# Of one object: with thousands, every token of an answer costs much.
MOST_PROPERTIES = 500
# A schema of this length takes milliseconds.
_SIMPLE = 20_000
# The parsers below are recursive: OpenAI allows 10 levels of a schema, each of which is two of JSON or three.
DEEPEST = 64


@dataclass(frozen=True, slots=True)
class GrammarSource:
    """The source of a grammar: `text` is a JSON Schema, a regular expression, a JSON list or Lark."""

    kind: GrammarKind
    text: str

    @property
    def simple(self) -> bool:
        """Whether it compiles fast: a short schema without patterns and intersections."""
        if self.kind == "choice":
            return True
        hard = ('"pattern', '"allOf"', '"multipleOf"', '"format"', '"$ref"')
        short = self.kind == "json_schema" and len(self.text) < _SIMPLE
        return short and not any(keyword in self.text for keyword in hard)


def json_schema(schema: Mapping[str, Any]) -> GrammarSource:
    """Answers that are JSON of this schema. Raises GlaswerkError if it is too large or too deep."""
    if not isinstance(schema, Mapping):
        raise GlaswerkError(f"expected a JSON Schema as an object, found {schema!r:.80}", hint=_SCHEMA_HINT)
    _check_depth(schema)
    try:
        text = json.dumps(schema, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise GlaswerkError(f"expected a JSON Schema, found {error}", hint=_SCHEMA_HINT) from error
    return GrammarSource("json_schema", _bounded(text, LARGEST_SCHEMA, "a schema"))


def json_object() -> GrammarSource:
    """Answers that are any JSON object."""
    return GrammarSource("json_schema", '{"type": "object"}')


def regex(pattern: str) -> GrammarSource:
    """Answers that match a whole regular expression of Rust's syntax (no look-around, no back references)."""
    _bounded(pattern, LARGEST_REGEX, "a regular expression")
    return GrammarSource("regex", _shallow(pattern, "a regular expression"))


def choice(options: Sequence[str]) -> GrammarSource:
    """Answers that are one of some texts."""
    if not 0 < len(options) <= MOST_CHOICES or not all(isinstance(o, str) and o for o in options):
        raise GlaswerkError(
            f"expected 1 to {MOST_CHOICES:,} choices, none of them empty, found {len(options):,}",
            hint="leave out choices, or take a regular expression",
        )
    text = json.dumps(list(dict.fromkeys(options)), ensure_ascii=False)
    return GrammarSource("choice", _bounded(text, LARGEST_GRAMMAR, "a list of choices"))


def free_grammar(text: str) -> GrammarSource:
    """Answers that a context-free grammar derives: Lark's syntax, or GBNF (llama.cpp's EBNF)."""
    _bounded(text, LARGEST_GRAMMAR, "a grammar")
    return GrammarSource("grammar", _shallow(text, "a grammar"))


_SCHEMA_HINT = 'give an object like {"type": "object", "properties": {"name": {"type": "string"}}}'


def _bounded(text: str, limit: int, name: str) -> str:
    if not isinstance(text, str) or len(text) > limit:
        found = f"{len(text):,}" if isinstance(text, str) else f"{text!r:.80}"
        raise GlaswerkError(
            f"expected {name} of up to {limit:,} characters, found {found}", hint="give a shorter one"
        )
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise GlaswerkError(f"expected {name} of whole characters, found half of a pair", hint="send UTF-8")
    return text


def _check_depth(value: Any) -> None:
    level, layer = 0, [value]
    while layer:
        level += 1
        if level > DEEPEST:
            raise GlaswerkError(
                f"expected a schema of up to {DEEPEST} levels, found more", hint="name parts under $defs"
            )
        if any(isinstance(found, Mapping) and len(found) > MOST_PROPERTIES for found in layer):
            raise GlaswerkError(
                f"expected objects of up to {MOST_PROPERTIES} properties in a schema, found more",
                hint="split them over nested objects",
            )
        layer = [part for found in layer for part in _parts(found) if isinstance(part, Mapping | list)]


def _parts(value: Any) -> Sequence[Any]:
    return list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else []


def _shallow(text: str, name: str) -> str:
    level = deepest = 0
    for character in text:
        level += (character in "([{") - (character in ")]}" and level > 0)
        deepest = max(deepest, level)
    if deepest > DEEPEST:
        raise GlaswerkError(
            f"expected {name} of up to {DEEPEST} levels of brackets, found {deepest}",
            hint="nest fewer groups",
        )
    return text
