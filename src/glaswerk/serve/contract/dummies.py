"""Contract mode: operations that take the dummy values of clients' own tests.

Such tests send "string" for every id and values of which no model can make anything. Here a field that does
not fit is passed over, one that is missing is filled, and a thing that is not stored is answered with an
example of what the operation gives. Everything else is answered as always.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.responses import JSONResponse, Response

from glaswerk.serve.contract.operation import Call, Handler, Operation, checked_query
from glaswerk.serve.contract.pictures import without_pictures
from glaswerk.serve.contract.schema import Schema, check
from glaswerk.serve.errors import ApiError

_ANYTHING: Schema = {"type": "object"}
# Fields that a dummy fills with the id of nothing, and what real ones look like. Numbers as Base64 are what
# the client asks for by itself, and what its own tests do not read.
_STORED = {
    "conversation": "conv_[0-9a-f]{48}",
    "previous_response_id": "resp_[0-9a-f]{48}",
    "encoding_format": "float",
}
_NUMBERS = {"integer": 0, "number": 0.0}


def for_contract_tests(operations: Sequence[Operation]) -> list[Operation]:
    """The same operations, for dummy values."""
    return [_lenient(operation) for operation in operations]


def _lenient(operation: Operation) -> Operation:
    if operation.handler is None:
        return operation
    body = None if operation.body is None else _ANYTHING
    return replace(operation, handler=_handler(operation, operation.handler), body=body, query={})


def _handler(operation: Operation, handler: Handler) -> Handler:
    async def answer(call: Call) -> Response:
        body = call.body
        if operation.body is not None and not operation.form:
            body = tidied(without_pictures(body), operation.body)
            check(body, operation.body)
        try:
            return await handler(replace(call, body=body, query=_query(call, operation.query)))
        except ApiError as error:
            if error.status != 404:
                raise
            return _example(call, operation)

    return answer


def _query(call: Call, known: Mapping[str, Schema]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, schema in known.items():
        try:
            found |= checked_query(call.request, {name: schema})
        except ApiError:
            continue
    return found


def tidied(body: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """The fields of a body that fit, and examples of those that are missing.

    Who asks something without a model forgot it: that stays an error.
    """
    properties = schema.get("properties", {})
    forgot_model = "model" not in body and any(body.get(name) for name in ("input", "messages"))
    found = {name: value for name, value in body.items() if name in properties or not properties}
    for name in [name for name in found if name in properties]:
        if not _fits(found[name], properties[name]) or _is_dummy(name, found[name]):
            del found[name]
    if "input" in properties and not found.get("input"):
        found["input"] = "string"
    if {"file_ids", "files"} <= properties.keys() and not (found.get("file_ids") or found.get("files")):
        found["file_ids"] = ["string"]
    if found.get("stream"):
        found.pop("background", None)
    for name in schema.get("required", ()):
        if not (name == "model" and forgot_model):
            found.setdefault(name, example(properties[name]))
    return found


def _is_dummy(name: str, value: Any) -> bool:
    return name in _STORED and re.fullmatch(_STORED[name], str(value)) is None


def _fits(value: Any, schema: Schema) -> bool:
    try:
        check(value, schema)
    except ApiError:
        return False
    return True


def _example(call: Call, operation: Operation) -> Response:
    if operation.gives is None:
        return Response(b"", media_type=operation.media)
    found = example(operation.gives)
    names = list(call.request.path_params.values())
    if names and isinstance(found, dict) and "id" in found:
        found["id"] = names[-1]
    return JSONResponse(found)


def example(schema: Schema) -> Any:
    """A small value that fits a schema: null where that is allowed, required fields only."""
    if "examples" in schema:
        return copy.deepcopy(schema["examples"][0])
    if "anyOf" in schema:
        return example(schema["anyOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    kinds = schema.get("type", "null")
    if kinds == "null" or "null" in kinds:
        return None
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind in _NUMBERS:
        return schema.get("minimum", _NUMBERS[kind])
    simple: dict[str, Any] = {"string": "string", "boolean": False}
    return simple[kind] if kind in simple else _whole(schema, kind)


def _whole(schema: Schema, kind: str) -> Any:
    if kind == "array":
        return [example(schema["items"])] if schema.get("minItems") else []
    properties, required = schema.get("properties", {}), schema.get("required", ())
    names = [name for name in properties if name in required or "examples" in properties[name]]
    return {name: example(properties[name]) for name in names}
