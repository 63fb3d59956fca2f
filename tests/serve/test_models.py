"""Models, health, and which model is served."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from openai import NotFoundError, OpenAI

import glaswerk
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.serve.chosen_model import choose_model

from .conftest import Running


def test_the_official_client_lists_and_retrieves_the_model(server: Running) -> None:
    with OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        listed = client.models.list().data
        assert [model.id for model in listed] == ["chat"]
        assert listed[0].object == "model"
        assert listed[0].created > 1_700_000_000
        assert client.models.retrieve("chat").id == "chat"
        assert client.models.retrieve("chat/step-60").id == "chat/step-60"
        with pytest.raises(NotFoundError) as caught:
            client.models.retrieve("base")
        assert caught.value.code == "model_not_found"


def test_health_names_model_and_version(server: Running) -> None:
    with server.client() as client:
        reply = client.get("/health").json()
    assert reply == {"status": "ok", "model": "chat/step-60", "version": glaswerk.__version__}


def test_the_chat_model_comes_before_the_base_model(glass: Lab) -> None:
    assert choose_model(glass).name == "chat/step-60"
    assert choose_model(glass, "base").name == "base/step-0"
    assert choose_model(glass, "base/step-0").name == "base/step-0"


def test_a_named_model_is_served(start: Callable[..., Running]) -> None:
    with start(model="base").client() as client:
        assert client.get("/v1/models").json()["data"][0]["id"] == "base"


def test_a_lab_without_a_model_says_what_to_type(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path, "bare")
    with pytest.raises(GlaswerkError, match="no trained model") as caught:
        choose_model(lab)
    assert caught.value.hint == "glaswerk train"
    lab.ledger.close()


def test_an_unknown_model_is_answered_with_those_there_are(glass: Lab) -> None:
    with pytest.raises(GlaswerkError, match=r"'parrot'.*chat/step-60"):
        choose_model(glass, "parrot")
