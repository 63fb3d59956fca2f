"""Task files: what they may say, which records they take, and what is measured with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.dialogues.evaluation_sets import add_evaluations
from glaswerk.evaluate.tasks import measure_tasks, read_task
from glaswerk.evaluate.tasks.score_store import ScoreStore
from glaswerk.evaluate.tasks.scorer import Scorer
from glaswerk.infer import Engine
from glaswerk.lab import Lab

TASK = """
name = "mill"
title = "What stands by the ford?"
section = "knowledge"
kind = "choice"
fields = ["query", "choices", "gold"]
[choice]
context = "Question: {query}\\nAnswer:"
measures = ["sum", "per_character", "mass"]
"""
ROWS = [
    {
        "id": f"q{i}",
        "query": f"What stands by ford {i}?",
        "choices": ["The mill", "A tower", "An inn"],
        "gold": i % 3,
    }
    for i in range(9)
]


def _file(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def _rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    return _file(path, "\n".join(map(json.dumps, rows)))


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab.init(tmp_path / "lab")


@pytest.fixture
def scorer(engine: Engine, tmp_path: Path) -> Scorer:
    return Scorer(engine, ScoreStore(tmp_path / "scores.db", "b2:none"))


def test_a_task_of_ones_own_is_measured_against_guessing(lab: Lab, scorer: Scorer, tmp_path: Path) -> None:
    task = _file(tmp_path / "mill.toml", TASK)
    add_evaluations(lab, [_rows(tmp_path / "mill.jsonl", ROWS)], tasks=[task])
    found = measure_tasks(lab, scorer, limit=None, seed=0)["mill"]
    assert found.figures["sum"]["chance"] == pytest.approx(1 / 3)
    assert found.figures["sum"]["n"] == found.figures["records"] == 9
    for item in found.items:
        weights = np.exp(item["log_likelihoods"])
        right = ROWS[int(item["id"][1:])]["gold"]
        assert item["mass"] == pytest.approx(weights[right] / weights.sum())
        assert item["sum"] == float(np.argmax(weights) == right)


def test_a_score_is_the_engines_own_and_is_asked_once(engine: Engine, tmp_path: Path) -> None:
    store = ScoreStore(tmp_path / "scores.db", "b2:one")
    requests = [("The mill stands", " by the ford"), ("The mill stands", " on the hill"), ("", "The toll")]
    first = Scorer(engine, store).scores(requests, "first")
    for (context, continuation), score in zip(requests, first, strict=True):
        head = engine.tokenizer.encode(context)
        whole = engine.tokenizer.encode(context + continuation)
        ids = whole if context else [engine.tokenizer.start_id, *whole]
        wanted = engine.token_log_probabilities(np.array(ids))[len(ids) - (len(whole) - len(head)) :]
        assert score.log_probability == pytest.approx(wanted.sum(), abs=1e-4)
    assert Scorer(engine, store).scores(requests, "again") == first
    other = ScoreStore(tmp_path / "scores.db", "b2:other")
    row = (engine.tokenizer.encode("The mill"), 1)
    assert other.known([row]) == [None]


def test_a_space_at_the_end_of_a_context_belongs_to_what_follows(scorer: Scorer) -> None:
    apart, within = scorer.scores([("The mill ", "stands"), ("The mill", " stands")], "spaces")
    assert apart == within


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (('section = "knowledge"', 'section = "luck"'), "section is one of"),
        (('name = "mill"', 'name = "../mill"'), "small letters"),
        (("title", "heading"), "unknown field 'heading'"),
        (('fields = ["query"', 'fields = [7, "query"'), "list of names"),
        (("[choice]", "[choice"), "task file"),
    ],
)
def test_a_wrong_task_file_names_the_field(tmp_path: Path, change: tuple[str, str], word: str) -> None:
    task = _file(tmp_path / "mill.toml", TASK.replace(*change, 1))
    with pytest.raises(GlaswerkError, match=word):
        read_task(task)


def test_a_kind_that_there_is_not_is_refused_with_those_that_there_are(
    lab: Lab, scorer: Scorer, tmp_path: Path
) -> None:
    task = _file(tmp_path / "mill.toml", TASK.replace('"choice"', '"guess"').replace("[choice]", "[guess]"))
    add_evaluations(lab, [_rows(tmp_path / "mill.jsonl", ROWS)], tasks=[task])
    with pytest.raises(GlaswerkError, match="kind is one of choice, pairs"):
        measure_tasks(lab, scorer, limit=None, seed=0)


@pytest.mark.parametrize("gold", [3, -1, True, "1", None])
def test_a_record_without_a_right_choice_is_named(
    lab: Lab, scorer: Scorer, tmp_path: Path, gold: Any
) -> None:
    rows = [*ROWS, ROWS[0] | {"id": "odd", "gold": gold}]
    add_evaluations(lab, [_rows(tmp_path / "mill.jsonl", rows)], tasks=[_file(tmp_path / "mill.toml", TASK)])
    with pytest.raises(GlaswerkError, match="mill: item odd"):
        measure_tasks(lab, scorer, limit=None, seed=0)


def test_sets_that_come_with_the_package_are_named_where_the_lab_has_none(lab: Lab, scorer: Scorer) -> None:
    found = measure_tasks(lab, scorer, limit=None, seed=0)
    assert {"truthfulqa", "arc-easy", "political-lean"} <= set(found)
    for measured in found.values():
        assert measured.figures["measurable"] is False
        assert "no evaluation set" in measured.figures["reason"]


def test_the_right_choice_of_a_shuffled_set_is_not_always_in_one_place(
    lab: Lab, scorer: Scorer, tmp_path: Path
) -> None:
    rows = [row | {"task": "sciq", "gold": 0} for row in ROWS]
    add_evaluations(lab, [_rows(tmp_path / "sciq.jsonl", rows)])
    items = measure_tasks(lab, scorer, limit=None, seed=0)["sciq"].items
    assert all(item["expected"] == ["The mill"] for item in items)
    places = {np.argsort(item["log_likelihoods"]).tolist().index(0) for item in items}
    assert len(places) > 1
