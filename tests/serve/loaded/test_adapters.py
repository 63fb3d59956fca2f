"""Adapters by name over one base in memory say what the merged models say."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from glaswerk.infer import Engine
from glaswerk.infer.embedding import embed
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.model.text_network import load, save
from glaswerk.serve.limits import DEFAULT_LIMITS
from glaswerk.serve.loaded.loading import Loader
from glaswerk.serve.offers.settings import ModelSettings

from .conftest import QUESTION
from .test_several import Serve, ask, in_memory, said, serve

__all__ = ["serve"]
pytestmark = pytest.mark.slow
pytest.importorskip("peft", reason="pip install 'glaswerk[lora]'")
NAMES = ("one", "two")
TORCH = '[serve]\nengine = "torch"'


def make_adapter(lab: Lab, name: str, seed: int) -> Artifact:
    """A tuned model as `glaswerk tune --lora` writes it: merged weights, and the adapter beside them."""
    from glaswerk.model.lora import Adapters

    base = lab.latest("model", "chat")
    assert base is not None

    def write(folder: Path) -> Mapping[str, Any]:
        model = load(base.path)
        adapters = Adapters.add(model, 4, seed=seed)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.requires_grad:
                    parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.1)
        adapters.save(folder / "adapter", base.name)
        save(adapters.merge(), folder)
        for file in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
            (folder / file).write_bytes((base.path / file).read_bytes())
        return {}

    return lab.make(Spec("model", f"{name}/step-1", "test/1", {"base": base.id}, {"seed": seed}), write)


@pytest.fixture
def adapted(town: Lab) -> Lab:
    for seed, name in enumerate(NAMES):
        make_adapter(town, name, seed)
    return town


def test_adapters_share_their_base_and_answer_side_by_side_as_the_merged_models(
    adapted: Lab, serve: Serve
) -> None:
    wanted = {name: merged_answer(adapted, name) for name in ("chat", *NAMES)}
    assert len(set(wanted.values())) == 3
    running = serve(adapted, "chat", *NAMES, settings=TORCH)
    with running.client() as http, ThreadPoolExecutor(6) as threads:
        asked = [*wanted, *reversed(wanted), *wanted]
        replies = list(threads.map(lambda name: said(ask(http, name, max_tokens=24)), asked))
    assert replies == [wanted[name] for name in asked]
    models = running.app.state.models
    assert len({id(models.loaded(name).engine.model) for name in wanted}) == 1


def merged_answer(lab: Lab, name: str) -> str:
    artifact = lab.latest("model", name)
    assert artifact is not None
    messages: Any = [{"role": "user", "content": QUESTION}]
    return Engine.load(artifact.path).answer_many([messages], max_tokens=24)[0]


def test_vectors_and_log_probabilities_are_those_of_the_merged_model(adapted: Lab) -> None:
    loader = Loader(adapted, 2, 1 << 40)
    ids = [3, 5, 7, 11, 13]
    found = []
    for name in ("chat", *NAMES):
        artifact = adapted.latest("model", name)
        assert artifact is not None
        merged, own = Engine.load(artifact.path), loader.load(artifact, ModelSettings(name, name, "torch"))
        engine = own.model.engine
        found.append(embed(engine, [ids]))
        np.testing.assert_allclose(found[-1], embed(merged, [ids]), atol=1e-4)
        pair = [(ids, 3)]
        scores = engine.span_scores(pair)[0], merged.span_scores(pair)[0]
        assert scores[0].log_probability == pytest.approx(scores[1].log_probability, abs=1e-3)
    assert not np.allclose(found[0], found[1], atol=1e-3)


def test_the_last_model_to_leave_frees_the_base(adapted: Lab) -> None:
    loader = Loader(adapted, 2, 1 << 40)
    held = []
    for name in NAMES:
        artifact = adapted.latest("model", name)
        assert artifact is not None
        settings = ModelSettings(name, name, "torch")
        before = loader.need(artifact, settings)
        held.append(loader.load(artifact, settings))
        assert loader.need(artifact, settings) < before or len(held) == 2
    assert held[0].bytes < loader.shared_bytes / 4
    held[0].close()
    assert loader.shared_bytes > 0
    held[1].close()
    assert loader.shared_bytes == 0


@pytest.mark.parametrize("damage", ["no base", "another rank", "not a tensor", "of another kind"])
def test_an_adapter_that_does_not_fit_is_answered_from_its_merged_weights(
    adapted: Lab, serve: Serve, damage: str
) -> None:
    one, chat = adapted.latest("model", "one"), adapted.latest("model", "chat")
    assert one is not None
    assert chat is not None
    wanted = merged_answer(adapted, "one")
    folder = one.path / "adapter"
    config = (folder / "adapter_config.json").read_text()
    if damage == "no base":
        adapted.remove(chat)
    elif damage == "another rank":
        (folder / "adapter_config.json").write_text(config.replace('"r": 4', '"r": 0'))
    elif damage == "not a tensor":
        (folder / "adapter_model.safetensors").write_bytes(b"nothing")
    else:
        (folder / "adapter_config.json").write_text(config.replace("LORA", "IA3"))
    running = serve(adapted, "baker", "one", settings=TORCH)
    with running.client() as http:
        assert said(ask(http, "one", max_tokens=24)) == wanted
    assert in_memory(running) == {"baker", "one"}


def test_a_base_is_counted_once_and_goes_with_its_last_model(adapted: Lab, serve: Serve) -> None:
    settings = '[serve]\nengine = "torch"\nmemory = "16 MB"'
    running = serve(adapted, "one", "two", "baker", settings=settings, limits=DEFAULT_LIMITS)
    with running.client() as http:
        for name, there in (("two", {"one", "two"}), ("baker", {"baker"}), ("one", {"one"})):
            assert said(ask(http, name, max_tokens=24)) == merged_answer(adapted, name)
            assert in_memory(running) == there
