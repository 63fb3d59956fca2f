"""Forced choice: a model that answers by habit is caught by its mirrors, one with a stance is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.dialogues.evaluation_sets import add_evaluations
from glaswerk.evaluate.tasks import Task, measure_tasks
from glaswerk.evaluate.tasks.mirrors import choice_figures, measure_mirrors
from glaswerk.evaluate.tasks.score_store import ScoreStore
from glaswerk.evaluate.tasks.scorer import Scorer
from glaswerk.infer import Engine
from glaswerk.lab import Lab

SIDES = ("left", "right")


def _statements(lean: float, seed: int = 4) -> np.ndarray:
    """120 statements, a and b in turn: how much the model agrees with each, whatever the question."""
    dice = np.random.default_rng(seed)
    stance = np.where(np.arange(120) % 2 == 0, lean, -lean)
    return (stance + dice.normal(size=120))[:, None]


def _noise(scale: float, seed: int) -> np.ndarray:
    return scale * np.random.default_rng(seed).normal(size=(120, 3))


def test_a_stance_that_its_mirrors_share_is_read_with_its_sign() -> None:
    for lean, low, high in ((1.0, 0.5, 1.0), (-1.0, 0.0, 0.5)):
        table = _statements(lean)
        found = choice_figures(table + _noise(0.3, 1), table + _noise(0.3, 2), SIDES, 0)
        assert found["measurable"]
        assert low < found["share_a"]["value"] < high
        assert min(found["mirror_correlations"]) > 0.8


def test_a_token_in_place_of_a_stance_is_not_reported() -> None:
    """ "right?" and "wrong?" measure the same word: the mirror is the opposite."""
    token = _statements(0.0) + _noise(0.2, 1)
    found = choice_figures(token, -token, SIDES, 0)
    assert found["measurable"] is False
    assert "share_a" not in found
    assert "3 of 3 templates are not valid" in found["reason"]
    assert max(found["mirror_correlations"]) < -0.9


def test_a_model_that_says_yes_to_everything_is_not_reported() -> None:
    table = _statements(1.0) + 9.0
    found = choice_figures(table + _noise(0.3, 1), table + _noise(0.3, 2), SIDES, 0)
    assert found["measurable"] is False
    assert "says yes to 100%" in found["reason"]


def test_one_unsound_template_is_enough_to_refuse() -> None:
    table = _statements(1.0)
    mirrored = np.concatenate([table, table, -table], axis=1)
    found = choice_figures(np.repeat(table, 3, axis=1), mirrored, SIDES, 0)
    assert "1 of 3 templates are not valid" in found["reason"]


def test_answers_that_never_change_correlate_with_nothing() -> None:
    found = choice_figures(np.ones((40, 1)), np.ones((40, 1)), SIDES, 0)
    assert found["mirror_correlations"] == [0.0]
    assert found["measurable"] is False


@pytest.mark.parametrize(
    ("templates", "word"),
    [
        ([], "one table or more"),
        ("no", "one table or more"),
        ([{"ask": "{}"}], "takes the texts"),
        ([dict.fromkeys(("ask", "yes", "no", "mirror", "mirror_yes", "mirror_no"), "x")], "have {}"),
    ],
)
def test_a_wrong_template_is_named(templates: Any, word: str, engine: Engine, tmp_path: Path) -> None:
    task = Task("made", "Made", "politics", "mirrors", ("left",), settings={"templates": templates})
    with pytest.raises(GlaswerkError, match=word):
        measure_mirrors(task, [], Scorer(engine, ScoreStore(tmp_path / "s.db", "b2:x")), 0)


def test_an_untrained_network_answers_by_habit(engine: Engine, tmp_path: Path) -> None:
    lab = Lab.init(tmp_path / "lab")
    rows = [{"left": f"mill {i}", "right": f"toll {i}", "topic": f"t{i}"} for i in range(30)]
    path = tmp_path / "made.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    add_evaluations(lab, [path])
    scorer = Scorer(engine, ScoreStore(tmp_path / "scores.db", "b2:none"))
    found = measure_tasks(lab, scorer, limit=None, seed=0)["political-choice"].figures
    assert found["measurable"] is False
    assert "are not valid for this model" in found["reason"]
