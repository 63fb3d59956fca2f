"""While a lab is paused the gateway reads and does not answer, in the form of each API."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from glaswerk.lab import Lab
from glaswerk.lineage.pause import PAUSE_LOG, pause
from glaswerk.serve.app import create_app
from glaswerk.serve.observed.pausing import PauseMiddleware


async def _answer(request: Request) -> Response:
    return PlainTextResponse("answered")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    Lab.init(tmp_path / "lab").ledger.close()
    return tmp_path / "lab"


def _client(root: Path) -> TestClient:
    routes = [Route(path, _answer, methods=["GET", "POST"]) for path in ("/v1/models", "/v1/messages")]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(PauseMiddleware, root=root)]))


def test_a_running_gateway_stops_answering_and_goes_on_by_itself(root: Path) -> None:
    client = _client(root)
    assert client.post("/v1/models").text == "answered"
    pause(root, "names a private person")
    refused = client.post("/v1/models")
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "60"
    assert refused.json()["error"]["code"] == "paused"
    assert "names a private person" in refused.json()["error"]["message"]
    assert client.get("/v1/models").text == "answered"
    (root / PAUSE_LOG).unlink()
    assert client.post("/v1/models").text == "answered"


def test_clients_of_the_other_api_get_their_own_form(root: Path) -> None:
    pause(root, "why")
    found = _client(root).post("/v1/messages").json()
    assert found["type"] == "error"
    assert found["error"]["type"] == "api_error"


def test_the_whole_gateway_obeys(own_lab: Path) -> None:
    lab = Lab.open(own_lab)
    with TestClient(create_app(lab), base_url="http://localhost") as client:
        said = {"model": "chat", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 2}
        assert client.post("/v1/chat/completions", json=said).status_code == 200
        pause(own_lab, "why")
        assert client.post("/v1/chat/completions", json=said).status_code == 503
        assert client.get("/v1/models").status_code == 200
        assert client.get("/health").status_code == 200
    lab.ledger.close()
