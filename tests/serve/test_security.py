"""Other web sites are kept away from a server on this machine."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest
from openai import NotFoundError
from starlette.testclient import TestClient

from glaswerk.lab import Lab
from glaswerk.serve import create_app
from glaswerk.serve.security import is_loopback

from .accounts.conftest import make_key
from .clients import openai_client
from .conftest import Running
from .test_errors import GOOD, shape


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]", "[::1]:8000", "LOCALHOST:1"])
def test_a_loopback_name_is_answered(server: Running, host: str) -> None:
    with server.client() as client:
        assert client.get("/health", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:80", "", "[::2]"),
        *("[::1].evil.example", "[::1]evil.example:80", "[::1]:80.evil.example", "localhost:evil.example"),
        *("127.0.0.1:80:evil.example", "user@localhost", "[localhost]", "localhost/evil.example"),
    ],
)
def test_another_name_is_refused(server: Running, host: str) -> None:
    with server.client() as client:
        reply = client.get("/health", headers={"host": host})
    assert reply.status_code == 403
    assert shape(reply.json())["code"] == "forbidden_origin"


def test_a_request_without_a_host_is_refused(server: Running) -> None:
    parts = urlsplit(server.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"  # type: ignore[attr-defined]
    connection.putrequest("GET", "/health", skip_host=True)
    connection.endheaders()
    assert connection.getresponse().status == 403
    connection.close()


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", "http://[bad"])
def test_a_post_from_another_page_is_refused(server: Running, origin: str) -> None:
    with server.client() as client:
        reply = client.post("/v1/chat/completions", json=GOOD, headers={"origin": origin})
    assert reply.status_code == 403
    assert shape(reply.json())["type"] == "permission_error"


def test_a_cross_site_post_without_origin_is_refused(server: Running) -> None:
    with server.client() as client:
        reply = client.post("/v1/chat/completions", json=GOOD, headers={"sec-fetch-site": "cross-site"})
    assert reply.status_code == 403


def test_a_post_from_the_own_page_is_answered(server: Running) -> None:
    with server.client() as client:
        headers = {"origin": server.url, "sec-fetch-site": "same-origin"}
        assert client.post("/v1/chat/completions", json=GOOD, headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/", "/health", "/static/app.js", "/nothing", "/v1/models"])
def test_every_answer_has_the_security_headers(server: Running, path: str) -> None:
    with server.client() as client:
        headers = client.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'self'")
    assert "unsafe-inline" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in headers


def test_a_server_open_to_others_answers_any_name_but_no_foreign_page(copy: Lab) -> None:
    _, text = make_key(copy)
    key = {"authorization": f"Bearer {text}"}
    with TestClient(create_app(copy, host="0.0.0.0"), base_url="http://lab.example") as client:
        assert client.get("/health").status_code == 200
        assert client.post("/v1/chat/completions", json=GOOD).status_code == 401
        assert client.post("/v1/chat/completions", json=GOOD, headers=key).status_code == 200
        foreign = {"origin": "https://evil.example", **key}
        assert client.post("/v1/chat/completions", json=GOOD, headers=foreign).status_code == 403


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.4", False),
        ("lab.example", False),
    ],
)
def test_which_addresses_are_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_any_literal_loopback_address_is_answered_and_a_name_is_not() -> None:
    from glaswerk.serve.security import is_loopback

    assert is_loopback("127.0.0.2")
    assert is_loopback("[::1]")
    assert not is_loopback("evil.example")
    assert not is_loopback("127.0.0.1.evil.example")


def test_every_answer_has_an_id_of_its_own_that_clients_show(server: Running) -> None:
    with openai_client(server) as client:
        found = {client.models.list()._request_id for _ in range(3)}
        with pytest.raises(NotFoundError) as error:
            client.models.retrieve("nothing")
    assert len(found) == 3
    assert all(one and one.startswith("req_") for one in found)
    assert error.value.request_id not in found
    assert str(error.value.request_id).startswith("req_")
    with server.client() as http:
        reply = http.get("/health", headers={"host": "evil.example"})
    assert reply.status_code == 403
    assert reply.headers["x-request-id"] == reply.headers["request-id"]
