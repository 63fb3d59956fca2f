"""GET /openapi.json: the API's description, written from the operations that the routes are made of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import glaswerk
from glaswerk.serve.contract.operation import Operation
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import ERROR

_PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")
_REFUSALS = {
    "400": "a field that does not fit",
    "401": "no valid key",
    "403": "not for this key or this origin",
    "404": "no such thing, or another project's",
    "405": "not this method",
    "408": "the request took too long to arrive",
    "409": "in use",
    "413": "the body is too large",
    "422": "it cannot be processed",
    "429": "a limit is reached; see Retry-After",
    "500": "the server failed",
    "501": "not built",
    "503": "try again shortly",
}
# Anthropic's clients expect their own form.
_ANTHROPIC: Schema = {
    "type": "object",
    "required": ["type", "error"],
    "properties": {
        "type": {"type": "string", "enum": ["error"]},
        "error": {
            "type": "object",
            "required": ["type", "message"],
            "properties": {"type": {"type": "string"}, "message": {"type": "string"}},
        },
    },
}


def described(operations: Sequence[Operation]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of operations."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(path_of(operation.path), {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Glaswerk", "version": glaswerk.__version__, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": {"Error": _plain(ERROR), "AnthropicError": _plain(_ANTHROPIC)},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
            },
        },
        "security": [{}, {"bearer": []}, {"key": []}],
    }


_ABOUT = (
    "The wire formats of OpenAI and Anthropic over one's own model. What is not supported is refused by name."
)


def path_of(path: str) -> str:
    """A route's path as OpenAPI writes it: parameters without converters."""
    return _PARAMETER.sub(r"{\1}", path)


def _operation(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": _name(operation),
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": [*_path_parameters(operation.path), *_query_parameters(operation)],
        "responses": {str(operation.status): _answer(operation), **_refusals(operation)},
    }
    if operation.body is not None:
        media = "multipart/form-data" if operation.form else "application/json"
        required = bool(operation.body.get("required"))
        content = {media: {"schema": _plain({"type": "object"} | dict(operation.body))}}
        found["requestBody"] = {"required": required, "content": content}
    return found


def _name(operation: Operation) -> str:
    words = re.sub(r"\W+", "_", _PARAMETER.sub(r"\1", operation.path)).strip("_")
    return f"{operation.method.lower()}_{words or 'page'}"


def _path_parameters(path: str) -> list[dict[str, Any]]:
    schema = {"type": "string", "minLength": 1}
    return [{"name": n, "in": "path", "required": True, "schema": schema} for n in _PARAMETER.findall(path)]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "required": name in operation.needs, "schema": _plain(schema)}
        for name, schema in operation.query.items()
    ]


def _answer(operation: Operation) -> dict[str, Any]:
    media = operation.media.partition(";")[0]
    content = {media: {"schema": _plain(operation.gives)} if operation.gives is not None else {}}
    if operation.status == 204:
        return {"description": operation.summary}
    if operation.stream:
        # OpenAPI 3.1 has no word for the schema of an event: one of the whole would be taken for it.
        content["text/event-stream"] = {}
    return {"description": operation.summary, "content": content}


def _refusals(operation: Operation) -> dict[str, Any]:
    shape = "AnthropicError" if operation.path.startswith("/v1/messages") else "Error"
    schema = {"$ref": f"#/components/schemas/{shape}"}
    return {
        status: {"description": words, "content": {"application/json": {"schema": schema}}}
        for status, words in _REFUSALS.items()
    }


def _plain(schema: Any) -> Any:
    """A schema as JSON: constants of Python's own types."""
    if isinstance(schema, Mapping):
        return {name: _plain(value) for name, value in schema.items()}
    return [_plain(value) for value in schema] if isinstance(schema, list | tuple) else schema
