"""Models as Anthropic's client lists them, and errors in its form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from anthropic import Anthropic, AuthenticationError, BadRequestError, NotFoundError

from glaswerk.lab import Lab
from tests.serve.clients import key_of
from tests.serve.conftest import Running

THEIRS = {"anthropic-version": "2023-06-01"}


@pytest.fixture
def client(server: Running) -> Iterator[Anthropic]:
    with Anthropic(base_url=server.url, api_key="none", max_retries=0, timeout=60) as found:
        yield found


def test_models_are_listed_and_found_in_anthropics_form(client: Anthropic) -> None:
    (model,) = client.models.list()
    assert (model.id, model.type, model.display_name, model.lifecycle) == ("chat", "model", "chat", "active")
    assert model.created_at.year > 2024
    assert client.models.retrieve("chat") == model
    with pytest.raises(NotFoundError) as error:
        client.models.retrieve("nobody")
    assert error.value.body["error"]["type"] == "not_found_error"  # type: ignore[index]


def test_without_the_header_they_have_openais_form(server: Running) -> None:
    with server.client() as http:
        assert http.get("/v1/models").json()["object"] == "list"
        assert http.get("/v1/models/chat").json()["object"] == "model"
        assert "code" in http.get("/v1/models/nobody").json()["error"]
        theirs = http.get("/v1/models", headers=THEIRS).json()
        assert theirs.keys() == {"data", "has_more", "first_id", "last_id"}


@pytest.fixture
def aliased(start: Callable[..., Running], copy: Lab) -> Iterator[Anthropic]:
    """A server with one model of five names."""
    with (copy.root / "lab.toml").open("a") as file:
        file.write("\n[serve.aliases]\n" + "".join(f'name{i} = "chat"\n' for i in range(4)))
    running = start(lab=Lab.open(copy.root))
    with Anthropic(base_url=running.url, api_key="none", max_retries=0, timeout=60) as found:
        yield found


def test_a_list_has_pages_in_both_directions(aliased: Anthropic) -> None:
    names = ["chat", *(f"name{i}" for i in range(4))]
    for limit in (1, 2, 4, 5, 1000):
        assert [model.id for model in aliased.models.list(limit=limit)] == names
    page = aliased.models.list(before_id="name3", limit=2)
    assert [model.id for model in page.data] == ["name1", "name2"]
    assert page.has_more
    assert [model.id for model in page] == ["name1", "name2", "chat", "name0"]
    asks: list[Any] = [{"limit": 0}, {"limit": 1001}, {"extra_query": {"limit": "many"}}]
    for wrong in asks:
        with pytest.raises(BadRequestError, match="limit"):
            aliased.models.list(**wrong)
    with pytest.raises(NotFoundError):
        aliased.models.list(after_id="nobody")


def test_a_key_that_is_missing_is_an_error_in_anthropics_form(
    start: Callable[..., Running], copy: Lab
) -> None:
    key_of(copy, "ours")
    running = start(lab=copy)
    with (
        Anthropic(base_url=running.url, api_key="gw_nobody", max_retries=0) as client,
        pytest.raises(AuthenticationError) as error,
    ):
        client.models.list()
    assert error.value.body["error"]["type"] == "authentication_error"  # type: ignore[index]
