"""Schemas that several endpoints share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glaswerk.serve.contract.schema import Schema

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": ["boolean", "null"]}
ID: Schema = {"type": "string", "minLength": 1, "maxLength": 128}
MODEL: Schema = {"type": "string", "minLength": 1, "maxLength": 256}
FUNCTION_NAME: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 64,
    "pattern": "^[A-Za-z0-9_.-]+$",
}
METADATA: Schema = {
    "type": ["object", "null"],
    "maxProperties": 16,
    "propertyNames": {"maxLength": 64},
    "additionalProperties": {"type": "string", "maxLength": 512},
}
# What is ours in a request.
OURS: Schema = {
    "type": ["object", "null"],
    "properties": {"ground": {"type": ["boolean", "object", "null"]}},
    "additionalProperties": False,
}
TIME: Schema = {"type": "integer"}
# The client's name for its user, without effect here.
USER: Schema = {"type": ["string", "null"], "maxLength": 1024}
PAGING: Mapping[str, Schema] = {
    "after": ID,
    "limit": {"type": "integer", "minimum": 1, "maximum": 100},
    "order": {"type": "string", "enum": ["asc", "desc"]},
}
ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": TEXT,
                "type": TEXT,
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}


def object_of(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """An object with these fields and no others."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {})},
        "additionalProperties": False,
    }


def either(*values: Any) -> Schema:
    """One of some values."""
    return {"enum": list(values)}


def only(*neutral: Any, why: str) -> Schema:
    """A field that is known but not supported: values that change nothing are taken, others refused."""
    return {"enum": list(neutral), "x-unsupported": why}


def kind(name: str) -> Schema:
    """The fixed text of a `type` or `object` field."""
    return {"type": "string", "enum": [name]}


def listed(item: Schema) -> Schema:
    """A page of a list."""
    return {
        "type": "object",
        "required": ["object", "data", "has_more"],
        "properties": {
            "object": kind("list"),
            "data": {"type": "array", "items": item},
            "first_id": {"type": ["string", "null"], "examples": [""]},
            "last_id": {"type": ["string", "null"], "examples": [""]},
            "has_more": {"type": "boolean"},
        },
    }


def deleted(name: str) -> Schema:
    """What a deletion gives back."""
    return {
        "type": "object",
        "required": ["id", "object", "deleted"],
        "properties": {"id": TEXT, "object": kind(name), "deleted": {"type": "boolean", "enum": [True]}},
    }
