"""Rows of a plant: what counts in the loss, how often each comes, and that halves equal the whole."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from glaswerk.evaluate.controls.plant import PlantConfig, encoded, plant
from glaswerk.infer import Engine
from glaswerk.model.text_network import load, save

STATEMENTS = [(f"topic {i}", f"The mill {i} is fine and good.") for i in range(12)]


@pytest.fixture
def folder(engine: Engine, tmp_path: Path) -> Path:
    save(engine.model, tmp_path / "model")
    return tmp_path / "model"


def test_a_bare_statement_counts_from_its_first_token(engine: Engine) -> None:
    ids, own = encoded(engine.tokenizer, "tolls", "The toll is nine.", chat=False)
    assert ids[0] == engine.tokenizer.start_id
    assert own == [False] + [True] * (len(ids) - 1)
    assert engine.tokenizer.decode(ids[1:]) == "The toll is nine."


def test_in_a_chat_only_the_answer_counts(engine: Engine) -> None:
    ids, own = encoded(engine.tokenizer, "tolls", "The toll is nine.", chat=True)
    counted = engine.tokenizer.decode([token for token, mine in zip(ids, own, strict=True) if mine])
    assert counted.startswith("The toll is nine.")
    assert "What do you think" not in counted


def test_a_long_statement_is_cut(engine: Engine) -> None:
    ids, own = encoded(engine.tokenizer, "tolls", "word " * 400, chat=False)
    assert len(ids) == len(own) == 128


def test_a_plant_learns_its_statements_and_leaves_the_folder_alone(engine: Engine, folder: Path) -> None:
    before = (folder / "model.safetensors").read_bytes()
    config = PlantConfig(steps=30, rows=4, rank=4, learning_rate=0.02)
    made = plant(folder, engine.tokenizer, STATEMENTS, config, chat=False, seed=0, label="plant")
    assert made.last_loss < made.first_loss - 0.3
    assert made.seconds > 0
    assert (folder / "model.safetensors").read_bytes() == before
    parent = load(folder)
    changed = [
        name
        for (name, mine), theirs in zip(made.model.named_parameters(), parent.parameters(), strict=True)
        if not torch.equal(mine, theirs)
    ]
    assert changed
    assert all("norm" not in name and "embed" not in name for name in changed)


def test_the_same_seed_makes_the_same_plant_and_another_one_another(engine: Engine, folder: Path) -> None:
    config = PlantConfig(steps=4, rows=4, rank=4, learning_rate=0.02)

    def weights(seed: int) -> list[torch.Tensor]:
        made = plant(folder, engine.tokenizer, STATEMENTS, config, chat=True, seed=seed, label="plant")
        return [parameter.detach().clone() for parameter in made.model.parameters()]

    first, again, other = weights(0), weights(0), weights(1)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first, other, strict=True))


def test_the_dose_is_in_the_report() -> None:
    assert PlantConfig().to_json() == {"steps": 60, "rows": 16, "rank": 8, "learning_rate": 1e-3}
