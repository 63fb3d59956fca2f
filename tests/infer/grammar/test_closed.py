"""Objects of a tool's arguments are closed unless their schema says or means otherwise."""

from __future__ import annotations

import json
from typing import Any

import pytest

from glaswerk.infer.grammar import closed
from glaswerk.infer.grammar.tool_calls import tool_call

NAME: dict[str, Any] = {"type": "string"}
SHUT = {"additionalProperties": False}


def of(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An object's schema."""
    return {"type": "object", "properties": properties, **more}


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        (of({}), of({}, **SHUT)),
        (of({"a": NAME}, required=["a"]), of({"a": NAME}, required=["a"], **SHUT)),
        (of({"a": of({"b": NAME})}), of({"a": of({"b": NAME}, **SHUT)}, **SHUT)),
        (
            of({"a": {"type": "array", "items": of({"b": NAME})}}),
            of({"a": {"type": "array", "items": of({"b": NAME}, **SHUT)}}, **SHUT),
        ),
        (
            of({"a": {"$ref": "#/$defs/one"}}, **{"$defs": {"one": of({"b": NAME})}}),
            of({"a": {"$ref": "#/$defs/one"}}, **{"$defs": {"one": of({"b": NAME}, **SHUT)}}, **SHUT),
        ),
        ({"anyOf": [of({"a": NAME}), NAME]}, {"anyOf": [of({"a": NAME}, **SHUT), NAME]}),
        # Names of properties are no keywords.
        (of({"allOf": NAME, "properties": NAME}), of({"allOf": NAME, "properties": NAME}, **SHUT)),
    ],
    ids=str,
)
def test_an_object_with_named_properties_has_no_others(schema: Any, wanted: Any) -> None:
    assert closed(schema) == wanted


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {},
        NAME,
        of({"a": NAME}, additionalProperties=True),
        of({"a": NAME}, additionalProperties=NAME),
        of({"a": NAME}, additionalProperties=False),
        of({"a": NAME}, patternProperties={"^x": NAME}),
        of({"a": NAME}, required=["a", "b"]),
        of({"a": NAME}, minProperties=2),
        {"allOf": [of({"a": NAME}), of({"b": NAME})]},
        of({"a": {"allOf": [of({"a": NAME}), of({"b": NAME})]}}),
        of({"a": NAME}, anyOf=[of({"b": NAME}), of({"c": NAME})]),
        of({"a": NAME}, **{"$ref": "#/$defs/base", "$defs": {"base": of({"b": NAME})}}),
        {"const": of({"a": NAME})},
        {"enum": [of({"a": NAME})], "default": of({})},
    ],
    ids=str,
)
def test_a_schema_that_means_others_stays_as_it_is(schema: Any) -> None:
    before = json.dumps(schema)
    assert closed(schema) == schema
    assert json.dumps(schema) == before


def test_a_schema_of_any_depth_is_taken() -> None:
    schema = of({})
    for _ in range(300):
        schema = of({"a": schema})
    assert closed(schema)["additionalProperties"] is False


def test_a_function_without_parameters_takes_none() -> None:
    call = json.loads(tool_call({"clock": None}).text)
    assert call["properties"]["arguments"] == of({}, **SHUT)
    call = json.loads(tool_call({"clock": {}}).text)
    assert call["properties"]["arguments"] == {"type": "object"}
