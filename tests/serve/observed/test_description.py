"""The OpenAPI document and its page: complete, valid, and of the code that answers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.routing import Mount, Route

from glaswerk.serve.observed.description import path_of
from tests.serve.conftest import Running


@pytest.fixture
def document(server: Running) -> dict[str, Any]:
    with server.client() as http:
        return http.get("/openapi.json").json()


def test_every_route_is_described_and_every_description_has_a_route(
    server: Running, document: dict[str, Any]
) -> None:
    routes = {
        (path_of(route.path), method)
        for route in server.app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    found = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    assert found == routes
    assert {route.path for route in server.app.routes if isinstance(route, Mount)} == {"/static"}


def test_the_document_is_openapi_with_valid_schemas_and_unique_names(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names) > 25
    for operation in operations:
        for content in (operation.get("requestBody", {}), *operation["responses"].values()):
            for media in content.get("content", {}).values():
                Draft202012Validator.check_schema(media.get("schema", {}))


def test_answers_fit_their_schemas(server: Running, document: dict[str, Any]) -> None:
    asks: dict[str, dict[str, Any]] = {
        "/v1/responses": {"model": "chat", "input": "Hello.", "max_output_tokens": 2},
        "/v1/messages": {
            "model": "chat",
            "max_tokens": 2,
            "messages": [{"role": "user", "content": "Hello."}],
        },
        "/v1/embeddings": {"model": "chat", "input": "Hello."},
        "/v1/moderations": {"input": "Hello."},
        "/v1/conversations": {},
        "/v1/chat/completions": {"model": "chat", "messages": [{"role": "user", "content": "Hello."}]},
    }
    with server.client() as http:
        for path, body in asks.items():
            operation = document["paths"][path]["post"]
            Draft202012Validator(operation["requestBody"]["content"]["application/json"]["schema"]).validate(
                body
            )
            reply = http.post(path, json=body)
            assert reply.status_code == 200, reply.text
            shape = operation["responses"]["200"]["content"]["application/json"]["schema"]
            Draft202012Validator(shape).validate(reply.json())
        for path, operations in document["paths"].items():
            content = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
            if "{" not in path and "schema" in content.get("application/json", {}):
                Draft202012Validator(content["application/json"]["schema"]).validate(http.get(path).json())


def test_the_page_lists_every_path_and_needs_nothing_from_elsewhere(
    server: Running, document: dict[str, Any]
) -> None:
    with server.client() as http:
        reply = http.get("/docs")
    assert reply.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in reply.headers["content-security-policy"]
    assert all(path in reply.text for path in document["paths"])
    assert "<script" not in reply.text
    assert " style=" not in reply.text
    addresses = re.findall(r'(?:src|href)="([^"]*)"', reply.text)
    assert addresses
    assert all(address.startswith("/") for address in addresses)
