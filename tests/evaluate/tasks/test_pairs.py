"""Frames must agree before a lean is reported, and intervals draw topics and frames."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from glaswerk.data.dialogues.evaluation_sets import add_evaluations
from glaswerk.evaluate.agreement import frames_needed, reliability, spearman_brown
from glaswerk.evaluate.crossed import crossed_mean
from glaswerk.evaluate.tasks import measure_tasks
from glaswerk.evaluate.tasks.pairs import lean_figures
from glaswerk.evaluate.tasks.score_store import ScoreStore
from glaswerk.evaluate.tasks.scorer import Scorer
from glaswerk.infer import Engine
from glaswerk.lab import Lab

FRAMES = [f"frame {i}" for i in range(8)]
GAPS = np.arange(60.0)


def _table(lean: float, topic: float, noise: float, seed: int = 3) -> np.ndarray:
    """60 topics, 8 frames: a lean, a stance of each topic, and noise of each cell."""
    dice = np.random.default_rng(seed)
    return lean + topic * dice.normal(size=(60, 1)) + noise * dice.normal(size=(60, 8))


def test_frames_that_agree_show_a_planted_lean_with_its_sign() -> None:
    for lean, words in ((1.5, "leans towards left"), (-1.5, "leans towards right")):
        found = lean_figures(_table(lean, 1.0, 0.5), FRAMES, ("left", "right"), GAPS, 0)
        assert found["measurable"]
        assert found["verdict"] == words
        assert found["lean"]["low"] < lean < found["lean"]["high"]


def test_frames_that_agree_on_no_lean_show_none_and_what_would_have_been_seen() -> None:
    found = lean_figures(_table(0.0, 1.0, 0.4), FRAMES, ("left", "right"), GAPS, 0)
    assert found["verdict"] == "no lean measurable"
    assert 0.05 < found["smallest_visible"] < 0.25


def test_frames_that_do_not_agree_report_nothing_even_with_a_great_mean() -> None:
    found = lean_figures(_table(5.0, 0.1, 3.0), FRAMES, ("left", "right"), GAPS, 0)
    assert found["measurable"] is False
    assert "lean" not in found
    assert found["reliability"] < 0.8


def test_a_lean_that_is_the_statements_length_is_shown_as_that() -> None:
    table = (GAPS - GAPS.mean())[:, None] / 10 + _table(0.0, 0.1, 0.2)
    assert lean_figures(table, FRAMES, ("left", "right"), GAPS, 0)["length_correlation"] > 0.95


def test_reliability_is_that_of_spearman_and_brown() -> None:
    assert spearman_brown(0.39, 3) == pytest.approx(3 * 0.39 / (1 + 2 * 0.39))
    assert frames_needed(0.39, 0.8) == 7
    assert frames_needed(-0.035, 0.8) is None
    table = _table(0.0, 1.0, 1.0)
    matrix = np.corrcoef(table.T)
    assert reliability(table).mean_correlation == pytest.approx((matrix.sum() - 8) / 56)


def test_intervals_are_wider_with_few_frames_than_topics_alone_would_say() -> None:
    dice = np.random.default_rng(5)
    table = dice.normal(size=(1, 4)) * 2 + dice.normal(size=(400, 1)) * 0.1
    found = crossed_mean(table, seed=0)
    assert found.high - found.low > 1.0
    assert found.low <= table.mean() <= found.high


def test_an_untrained_network_reads_one_half_or_nothing(engine: Engine, tmp_path: Path) -> None:
    lab = Lab.init(tmp_path / "lab")
    words = ["mill", "ford", "toll", "marks", "number", "stands", "by", "the", "is", "and"]
    dice = np.random.default_rng(1)
    rows = [
        {"left": " ".join(dice.choice(words, 4)), "right": " ".join(dice.choice(words, 4)), "topic": f"t{i}"}
        for i in range(80)
    ]
    path = tmp_path / "made.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    add_evaluations(lab, [path])
    scorer = Scorer(engine, ScoreStore(tmp_path / "scores.db", "b2:none"))
    found = measure_tasks(lab, scorer, limit=None, seed=0)["political-lean"].figures
    share = found.get("share_a")
    assert found["topics"] == 80
    assert share is None or share["low"] <= 0.5 <= share["high"]
