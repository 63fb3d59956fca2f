"""Aliases, contract mode, the endpoints of models, and stored chat completions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import APIStatusError, NotFoundError, OpenAI, PermissionDeniedError

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.serve import create_app
from tests.support.lab_copies import add_settings

from .conftest import BRIDGE, Running

ASKED: Any = [{"role": "user", "content": "Who built the old bridge?"}]


def set_up(copy: Lab, settings: str) -> Lab:
    add_settings(copy.root, settings)
    return Lab.open(copy.root)


@pytest.fixture
def client(server: Running) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as made:
        yield made


def test_a_program_that_says_another_name_is_answered(copy: Lab, start: Callable[..., Running]) -> None:
    lab = set_up(copy, '\n[serve.aliases]\n"gpt-4o-mini" = "chat"\nother = "nothing"\n')
    with OpenAI(base_url=f"{start(lab=lab).url}/v1", api_key="none", max_retries=0) as client:
        reply = client.chat.completions.create(model="gpt-4o-mini", messages=ASKED, temperature=0)
        assert reply.choices[0].message.content == BRIDGE
        assert reply.model == "gpt-4o-mini"
        assert [model.id for model in client.models.list()] == ["chat", "gpt-4o-mini"]
        assert client.models.retrieve("gpt-4o-mini").id == "gpt-4o-mini"
        for name in ("other", "gpt-5"):
            with pytest.raises(NotFoundError) as unknown:
                client.completions.create(model=name, prompt="Hi")
            assert (unknown.value.code, unknown.value.param) == ("model_not_found", "model")


@pytest.mark.parametrize(
    "line", ["[serve.aliases]\na = 5", "[serve]\naliases = 5", '[serve]\ncontract = "yes"']
)
def test_settings_of_another_type_are_named(copy: Lab, line: str) -> None:
    with pytest.raises(GlaswerkError, match="found"):
        create_app(set_up(copy, f"\n{line}\n"))


def test_models_are_not_deleted_over_http(client: OpenAI, glass_folder: Path) -> None:
    with pytest.raises(PermissionDeniedError) as refused:
        client.models.delete("chat")
    assert refused.value.code == "permission_denied"
    with pytest.raises(NotFoundError):
        client.models.delete("nothing")
    assert client.models.retrieve("chat").object == "model"


def test_in_contract_mode_any_name_is_served_and_dummies_are_passed_over(
    copy: Lab, start: Callable[..., Running]
) -> None:
    lab = set_up(copy, "\n[serve]\ncontract = true\n")
    with OpenAI(base_url=f"{start(lab=lab).url}/v1", api_key="none", max_retries=0) as client:
        reply = client.chat.completions.create(
            model="gpt-5.4", messages=ASKED, max_tokens=0, logit_bias={"foo": 0}, verbosity="low"
        )
        assert reply.usage is not None
        assert reply.usage.completion_tokens == 1
        assert client.completions.create(model="any", prompt="Hi", best_of=0, suffix="x").choices
        assert client.models.delete("any").deleted
        assert client.chat.completions.retrieve("any").choices
        assert client.models.retrieve("chat")


def test_a_stored_completion_is_found_listed_changed_and_deleted(start: Callable[..., Running]) -> None:
    with OpenAI(base_url=f"{start().url}/v1", api_key="none", max_retries=0) as client:
        asked: dict[str, Any] = {"model": "chat", "messages": ASKED, "max_tokens": 2, "store": True}
        # Other tests share this lab.
        for one in list(client.chat.completions.list()):
            client.chat.completions.delete(one.id)
        made = [client.chat.completions.create(**asked, metadata={"a": str(i)}) for i in range(3)]
        client.chat.completions.create(**asked | {"store": False})
        assert [one.id for one in client.chat.completions.list()] == [one.id for one in made]
        assert [one.id for one in client.chat.completions.list(limit=2, order="desc")] == [
            o.id for o in made[::-1]
        ]
        assert [one.id for one in client.chat.completions.list(metadata={"a": "1"})] == [made[1].id]
        assert client.chat.completions.retrieve(made[0].id).choices == made[0].choices
        (message,) = client.chat.completions.messages.list(made[0].id)
        assert message.content == ASKED[0]["content"]
        changed = client.chat.completions.update(made[0].id, metadata={"b": "c"})
        assert changed.metadata == {"b": "c"}
        assert client.chat.completions.delete(made[0].id).deleted
        with pytest.raises(NotFoundError):
            client.chat.completions.retrieve(made[0].id)
        with pytest.raises(APIStatusError) as wrong:
            client.chat.completions.list(extra_query={"limit": "x"})
        assert (wrong.value.status_code, wrong.value.param) == (400, "limit")
