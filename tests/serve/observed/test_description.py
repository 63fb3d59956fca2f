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
        "/v1/completions": {"model": "chat", "prompt": "Hello.", "max_tokens": 2, "logprobs": 1},
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
            needs = any(each["required"] for each in operations.get("get", {}).get("parameters", []))
            if not needs and "schema" in content.get("application/json", {}):
                Draft202012Validator(content["application/json"]["schema"]).validate(http.get(path).json())


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions"])
def test_every_field_that_is_described_is_known_and_no_other(
    server: Running, document: dict[str, Any], path: str
) -> None:
    schema = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    asked: dict[str, Any] = {"model": "chat", "max_tokens": 1}
    asked |= (
        {"prompt": "Hi"} if path == "/v1/completions" else {"messages": [{"role": "user", "content": "Hi"}]}
    )
    optional = schema["properties"].keys() - asked.keys()
    with server.client() as http:
        reply = http.post(path, json=asked | dict.fromkeys(optional))
        assert reply.status_code == 200, reply.text
        # What the endpoint knows: its hint names the nearest field, which the description has, too.
        for name in optional:
            hint = http.post(path, json=asked | {f"{name}_": None}).json()["error"]
            assert hint["code"] == "unknown_parameter"
            assert f"did you mean {name}?" in hint["message"]


def test_events_have_no_schema_and_bodies_are_objects(document: dict[str, Any]) -> None:
    streamed = 0
    for methods in document["paths"].values():
        for operation in methods.values():
            for media in operation.get("requestBody", {}).get("content", {}).values():
                assert media["schema"]["type"] == "object"
            given = operation["responses"].get("200", {}).get("content", {})
            # Readers of OpenAPI take a schema of a stream for that of each event.
            assert given.get("text/event-stream", {}) == {}
            streamed += "text/event-stream" in given
    assert streamed >= 4


MESSAGES: list[Any] = [
    [{"role": "user", "content": [{"type": "text", "text": "Hello."}], "name": "Anna"}],
    [
        {"role": "user", "content": "Hello."},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "clock", "arguments": "{}"}}
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "Six."},
    ],
    [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hello."}],
]


@pytest.mark.parametrize("messages", MESSAGES, ids=["parts", "tools", "system"])
def test_what_is_answered_fits_the_description(
    server: Running, document: dict[str, Any], messages: Any
) -> None:
    operation = document["paths"]["/v1/chat/completions"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    body = {"model": "chat", "messages": messages, "max_tokens": 3, "logprobs": True, "n": 2, "store": True}
    Draft202012Validator(schema).validate(body)
    with server.client() as http:
        made = http.post("/v1/chat/completions", json=body)
        assert made.status_code == 200, made.text
        given = operation["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator(given).validate(made.json())
        stored = f"/v1/chat/completions/{made.json()['id']}"
        Draft202012Validator(given).validate(http.get(stored).json())
        listed = document["paths"]["/v1/chat/completions/{id}/messages"]["get"]["responses"]["200"]
        Draft202012Validator(listed["content"]["application/json"]["schema"]).validate(
            http.get(f"{stored}/messages").json()
        )


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"role": "user"}],
        [{"role": "user", "content": None}],
        [{"role": "user", "content": []}],
        [{"role": "tool", "content": "Six."}],
        [{"role": "function", "content": "Six."}],
        [{"role": "stranger", "content": "Six."}],
    ],
    ids=str,
)
def test_what_is_refused_does_not_fit_the_description(
    server: Running, document: dict[str, Any], messages: Any
) -> None:
    operation = document["paths"]["/v1/chat/completions"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    body = {"model": "chat", "messages": messages}
    assert not Draft202012Validator(schema).is_valid(body)
    with server.client() as http:
        assert http.post("/v1/chat/completions", json=body).status_code == 400


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
