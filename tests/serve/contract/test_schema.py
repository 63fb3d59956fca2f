"""Values against schemas: what fits, and words for what does not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from glaswerk.serve.contract.schema import check
from glaswerk.serve.contract.shapes import METADATA, object_of, only
from glaswerk.serve.errors import ApiError
from glaswerk.serve.responses.items import INPUT

_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "role", "content", "text", "id", "a"]), inner, max_size=4)
    ),
    max_leaves=12,
)
_SCHEMAS: list[dict[str, Any]] = [
    {"type": "integer", "minimum": 1, "maximum": 9},
    {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 1},
    {"type": "string", "minLength": 1, "maxLength": 3, "pattern": "^[a-z]"},
    {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "boolean"}},
    {"enum": [None, "a", "b"]},
    {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "integer"}}]},
    dict(METADATA),
    dict(INPUT),
    dict(object_of({"a": {"type": "integer"}}, {"type": {"type": "object"}})),
]


def _fits(value: Any, schema: dict[str, Any]) -> bool:
    try:
        check(value, schema)
    except ApiError as error:
        return not error.message.encode()
    return True


@pytest.mark.parametrize("schema", _SCHEMAS)
@given(_ANY)
def test_it_takes_and_refuses_what_the_reference_validator_does(schema: dict[str, Any], value: Any) -> None:
    reference = Draft202012Validator(schema).is_valid(value)
    # JSON Schema finds 1.0 to be a whole number; the API takes it for none.
    if _fits(value, schema) != reference:
        assert "float" in repr([type(one) for one in _leaves(value)])
        assert reference


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in _leaves(one)]
    return [leaf for one in value for leaf in _leaves(one)] if isinstance(value, list) else [value]


@pytest.mark.parametrize(
    ("value", "schema", "words"),
    [
        (3, {"type": "number", "minimum": 0, "maximum": 2}, "must be a number from 0 to 2, found 3"),
        (True, {"type": "integer"}, "must be a whole number, found True"),
        (
            "",
            {"type": "string", "minLength": 1, "maxLength": 9},
            "must be text of 1 to 9 characters, found ''",
        ),
        (["a"], only(None, [], why="no tools"), "is not supported by this server: no tools"),
        (
            {"models": 1},
            object_of({}, {"model": {}}),
            "models is no field that this server knows; did you mean model",
        ),
        ({}, object_of({"model": {"type": "string"}}), "model must be text, found nothing"),
        (10**4000, {"type": "integer", "maximum": 9}, "found a huge number"),
    ],
)
def test_an_error_says_what_was_expected_and_what_was_found(value: Any, schema: Any, words: str) -> None:
    with pytest.raises(ApiError) as caught:
        check(value, schema, "" if isinstance(value, dict) else "field")
    assert words in caught.value.message


def test_the_error_of_an_item_names_its_place() -> None:
    wrong = [
        {"role": "user", "content": "a"},
        {"role": "user", "content": [{"type": "input_text", "text": 1}]},
    ]
    with pytest.raises(ApiError) as caught:
        check(wrong, INPUT, "input")
    assert caught.value.param == "input[1].content[0].text"
