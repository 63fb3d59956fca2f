"""A decay that branches from a milestone ends as the run that decays there would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.train import TrainConfig, train
from glaswerk.train.checkpoint.policy import Keep

CONFIG = {"size": "100K", "epochs": 0.5, "context": 64, "batch_tokens": 1024, "precision": "fp32"}


@pytest.fixture
def lab(own_lab: Path) -> Iterator[Lab]:
    """A lab of the test's own: these tests train."""
    opened = Lab.open(own_lab)
    yield opened
    opened.ledger.close()


@pytest.mark.slow
def test_a_branch_sees_the_trunks_rates_up_to_its_step_and_then_decays(lab: Lab) -> None:
    trunk = train(lab, TrainConfig(**CONFIG, seed=1), name="trunk", keep=Keep(steps=(6,)))  # type: ignore[arg-type]
    made = train(lab, TrainConfig(**CONFIG, seed=1, branch=6, decay_steps=4), name="early")  # type: ignore[arg-type]
    assert made.name == "early/step-10"
    rows, whole = (_rows(lab.run_folder(model.id)) for model in (made, trunk))
    assert rows[:6] == whole[:6]
    assert [round(row["rate"] / rows[5]["rate"], 2) for row in rows[6:]] == [1.0, 0.75, 0.5, 0.25]
    assert rows[6]["loss"] == whole[6]["loss"]


@pytest.mark.slow
def test_milestones_stay_when_the_command_comes_again_without_them(lab: Lab) -> None:
    config = TrainConfig(**CONFIG, seed=2)  # type: ignore[arg-type]
    made = train(lab, config, name="trunk", keep=Keep(steps=(6,)))
    assert train(lab, config, name="trunk").id == made.id
    assert (lab.run_folder(made.id) / "step-6").is_dir()


@pytest.mark.slow
def test_milestones_of_a_finished_run_are_refused(lab: Lab) -> None:
    config = TrainConfig(**CONFIG, seed=3)  # type: ignore[arg-type]
    train(lab, config, name="trunk")
    with pytest.raises(GlaswerkError, match=r"kept no checkpoint of step 6 \(there: none\)"):
        train(lab, config, name="trunk", keep=Keep(steps=(6,)))


def test_a_branch_from_a_step_without_checkpoint_says_how_to_get_one(lab: Lab) -> None:
    with pytest.raises(GlaswerkError, match="no checkpoint of step 6") as told:
        train(lab, TrainConfig(**CONFIG, seed=4, branch=6), name="early")  # type: ignore[arg-type]
    assert "--milestones 6" in str(told.value.hint)


def _rows(folder: Path) -> list[dict[str, float]]:
    return [
        {key: row[key] for key in ("step", "loss", "rate")}
        for row in map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
    ]
