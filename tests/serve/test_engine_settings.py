"""lab.toml chooses the engine; what is no engine is refused, and every engine gives the same answer."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.serve.engine_settings import EngineSettings
from tests.support.lab_copies import TORCH

from .conftest import DIALOGUES, Running


def with_settings(lab: Lab, text: str) -> Lab:
    file = lab.root / "lab.toml"
    file.write_text(f"{file.read_text().replace(TORCH, '')}\n[serve]\n{text}\n")
    return Lab.open(lab.root)


def test_without_settings_the_engine_is_chosen_by_a_trial(empty_lab: Lab) -> None:
    assert EngineSettings.of(empty_lab) == EngineSettings("auto", "f32")


def test_a_value_that_is_no_text_is_refused(empty_lab: Lab) -> None:
    with pytest.raises(GlaswerkError, match=r"\[serve\] engine"):
        EngineSettings.of(with_settings(empty_lab, "engine = 3"))


@pytest.mark.parametrize("text", ['engine = "tgi"', 'weights = "int3"'])
def test_a_name_of_no_engine_stops_the_server_with_words(
    copy: Lab, start: Callable[..., Running], text: str
) -> None:
    with pytest.raises(GlaswerkError, match="to be one of"):
        start(lab=with_settings(copy, text))


@pytest.mark.parametrize(
    "engine",
    [
        "torch",
        pytest.param(
            "openvino",
            marks=pytest.mark.skipif(
                importlib.util.find_spec("openvino") is None, reason="pip install 'glaswerk[openvino]'"
            ),
        ),
    ],
)
def test_every_engine_says_what_was_learned(copy: Lab, start: Callable[..., Running], engine: str) -> None:
    running = start(lab=with_settings(copy, f'engine = "{engine}"'))
    assert running.app.state.models.loaded().tokens.name == engine
    with running.client() as http:
        for question, answer in DIALOGUES.items():
            body = {"model": "chat", "temperature": 0, "messages": [{"role": "user", "content": question}]}
            reply = http.post("/v1/chat/completions", json=body).json()
            assert reply["choices"][0]["message"]["content"] == answer
