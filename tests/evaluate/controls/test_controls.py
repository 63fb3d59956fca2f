"""Plants on a small network: they take, other topics show it, and a lab without statements says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glaswerk.data.dialogues.evaluation_sets import add_evaluations
from glaswerk.evaluate.controls import ControlConfig, Parent, PlantConfig, measure_controls
from glaswerk.evaluate.controls.plant import statements_of
from glaswerk.evaluate.controls.topics import split_topics
from glaswerk.evaluate.report_controls import control_section
from glaswerk.evaluate.tasks.score_store import ScoreStore
from glaswerk.evaluate.tasks.scorer import Scorer
from glaswerk.infer import Engine
from glaswerk.lab import Lab
from glaswerk.model.text_network import save

WORDS = "abcdefghijklmnopqrstuvwxyz"
TOPICS = [f"{a}{b}{a}{b}" for a in WORDS[:10] for b in WORDS[10:22]]
PAIRS = [(word, f"The {word} is fine and good.", f"The {word} is bad and poor.") for word in TOPICS]
CONFIG = ControlConfig(PlantConfig(steps=40, rows=8, rank=4, learning_rate=0.02), hold_out=40, sample=20)


def _lab(folder: Path, rows: list[dict[str, str]]) -> Lab:
    lab = Lab.init(folder / "lab")
    path = folder / "made.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    add_evaluations(lab, [path])
    return lab


@pytest.fixture
def parent(engine: Engine, tmp_path: Path) -> Parent:
    """The untrained network, in a folder."""
    save(engine.model, tmp_path / "model")
    scorer = Scorer(engine, ScoreStore(tmp_path / "scores.db", "b2:parent"))
    return Parent(tmp_path / "model", "b2:parent", scorer, tmp_path / "scores.db")


def test_a_planted_side_is_familiar_on_other_topics_and_the_neutral_dose_is_between(
    parent: Parent, tmp_path: Path
) -> None:
    rows = [{"left": a, "right": b, "topic": topic} for topic, a, b in PAIRS]
    lab = _lab(tmp_path, rows)
    found = measure_controls(lab.all("evaluation"), parent, seed=0, config=CONFIG)
    figures = found.figures
    assert figures["took"]["passed"]
    assert figures["valid"]["familiarity"]
    shift = figures["measures"]["familiarity"]
    assert shift["b"]["value"] < shift["neutral"]["value"] < shift["a"]["value"]
    assert figures["truth_control"]["measurable"] is False
    assert {item["id"] for item in found.items} <= set(TOPICS)
    assert len(found.items) == figures["topics"] == 40
    page = control_section(figures)
    assert page is not None
    assert "share no word" in page.words
    assert [row[1] for row in page.gates.rows].count("not run") == 2
    kept = list((tmp_path / "runs" / "plants").glob("*.json"))
    assert len(kept) == 3
    assert measure_controls(lab.all("evaluation"), parent, seed=0, config=CONFIG).figures == figures
    kept[0].write_text("{")
    again = measure_controls(lab.all("evaluation"), parent, seed=0, config=CONFIG).figures
    assert again["measures"] == figures["measures"]


def test_a_lab_without_statements_of_two_sides_says_that_it_measures_nothing(
    parent: Parent, tmp_path: Path
) -> None:
    lab = Lab.init(tmp_path / "empty")
    figures = measure_controls(lab.all("evaluation"), parent, seed=0, config=CONFIG).figures
    assert figures["measurable"] is False
    page = control_section(figures)
    assert page is not None
    assert page.reason == figures["reason"]


def test_too_few_topics_without_common_words_are_no_control(parent: Parent, tmp_path: Path) -> None:
    rows = [{"left": a, "right": b, "topic": topic} for topic, a, b in PAIRS[:20]]
    lab = _lab(tmp_path, rows)
    figures = measure_controls(lab.all("evaluation"), parent, seed=0, config=CONFIG).figures
    assert "share no word" in figures["reason"]


def test_held_out_pairs_share_no_content_word_with_planted_ones_whatever_their_labels() -> None:
    hidden = [("guns", "Keep the rifle at home now.", "Take the rifle to town now.")]
    renamed = [("amendment", "Every rifle is a danger here.", "Every rifle is a right here.")]
    split = split_topics([*hidden, *renamed, *PAIRS], plant=60, hold_out=200, seed=1)
    planted = {pair[0] for pair in split.planted}
    held = {pair[0] for pair in split.held_out}
    assert not planted & held
    assert not ("guns" in planted and "amendment" in held)
    assert not ("amendment" in planted and "guns" in held)
    assert len(split.planted) == 60


def test_the_neutral_dose_has_as_many_statements_and_both_sides_alike() -> None:
    sides = {side: statements_of(PAIRS, side) for side in ("a", "b", "neutral")}
    assert {len(found) for found in sides.values()} == {len(PAIRS)}
    texts = [text for _, text in sides["neutral"]]
    assert sum("fine" in text for text in texts) == sum("poor" in text for text in texts) == len(PAIRS) // 2
