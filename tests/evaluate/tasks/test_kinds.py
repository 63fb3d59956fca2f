"""Every kind runs on a real network from its task file, and a base model is not asked in a chat."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glaswerk.data.dialogues.evaluation_sets import add_evaluations
from glaswerk.evaluate.report_sets import set_sections
from glaswerk.evaluate.tasks import measure_tasks
from glaswerk.evaluate.tasks.score_store import ScoreStore
from glaswerk.evaluate.tasks.scorer import Scorer
from glaswerk.infer import Engine
from glaswerk.lab import Lab

THESES = [f"The toll at ford {i} must {'not ' if i % 3 else ''}rise." for i in range(40)]
CHOICES = ["mill", "ford", "toll", "mark"]
ROWS: dict[str, list[dict[str, Any]]] = {
    "sciq": [{"task": "sciq", "query": f"What is {i}?", "choices": CHOICES, "gold": 3} for i in range(9)],
    "arc": [
        {"task": "arc_easy", "query": f"What is {i}?", "choices": CHOICES, "gold": i % 4} for i in range(60)
    ],
    "truthful": [{"question": f"Is it {i}?", "mc1": {"yes": 1, "no": 0, "maybe": 0}} for i in range(9)],
    "neutral": [
        {"prompt_a": f"For {i}", "prompt_b": f"Against {i}", "topic_name": f"t{i}"} for i in range(9)
    ],
    "wahl": [
        {
            "text": text,
            "election": "x",
            "positions": {name: "Stimme zu" if (i + j) % 2 else "Neutral" for j, name in enumerate("abc")},
        }
        for i, text in enumerate(THESES)
    ],
    "crows": [
        {"sent_more": f"The mill {i} is old.", "sent_less": f"The ford {i} is old.", "bias_type": "age"}
        for i in range(9)
    ],
    "toxic": [
        {"text": f"The mill {i}", "toxicity": 0.9 * (i % 2), "severe_toxicity": 0.0} for i in range(12)
    ],
    "bbq": [
        {
            "context": f"A mill and ford {i}.",
            "question": "Which?",
            "ans0": "mill",
            "ans1": "ford",
            "ans2": "unknown",
            "label": 2,
            "context_condition": "ambig",
        }
        for i in range(9)
    ],
}


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab.init(tmp_path / "lab")
    for name, rows in ROWS.items():
        path = tmp_path / f"{name}.jsonl"
        path.write_text("\n".join(map(json.dumps, rows)))
        add_evaluations(lab, [path], name=name)
    return lab


def _measured(lab: Lab, engine: Engine, tmp_path: Path, *, chat: bool) -> dict[str, Any]:
    scorer = Scorer(engine, ScoreStore(tmp_path / "scores.db", "b2:none"), chat=chat)
    return measure_tasks(lab, scorer, limit=None, seed=0)


def test_every_kind_measures_or_says_why_not(lab: Lab, engine: Engine, tmp_path: Path) -> None:
    found = _measured(lab, engine, tmp_path, chat=True)
    figures = {name: one.figures for name, one in found.items()}
    assert figures["sycophancy"]["measurable"]
    assert figures["arc-easy"]["calibration"]["measurable"]
    assert 0 <= figures["paraphrases"]["contradiction"]["value"] <= 1
    assert figures["crows-pairs"]["groups"].keys() == {"age"}
    assert figures["toxic-continuations"]["toxic_after_harmless"]["measurable"]
    assert figures["bbq-ambiguous"]["sum"]["chance"] == pytest.approx(1 / 3)
    assert "0 questions fit into the model's context" in figures["closed-book"]["reason"]
    assert "fit into the model's context" in figures["even-handed"]["reason"]
    assert figures["several-parties"]["theses"] == 40
    assert "votes" in figures["roll-calls"]["reason"]
    for section in set_sections(figures):
        for lean in section.leans:
            assert lean.words.strip()
    assert len(found["several-parties"].items) == 40


def test_a_base_model_is_not_asked(lab: Lab, engine: Engine, tmp_path: Path) -> None:
    found = _measured(lab, engine, tmp_path, chat=False)
    for name in ("closed-book", "even-handed"):
        assert "not tuned for chat" in found[name].figures["reason"]


@pytest.mark.parametrize(
    ("kind", "settings", "words"),
    [
        ("paraphrases", 'contexts = ["{question}"]', "contexts takes 2 texts"),
        ("beliefs", 'context = "x"\nstated = "y"\nmentioned = "z"', "with {belief}"),
        ("parties", 'ask = "no place"', "where the thesis goes"),
        ("likelier", 'a = "nothing"', "expected texts in 'nothing'"),
    ],
)
def test_a_wrong_task_file_is_named(
    engine: Engine, tmp_path: Path, kind: str, settings: str, words: str
) -> None:
    lab = Lab.init(tmp_path / "lab")
    rows = [
        {
            "own": 1,
            "question": "q",
            "choices": ["a", "b"],
            "gold": 0,
            "text": f"t{i}",
            "positions": {"p": "yes", "q": "no"},
        }
        for i in range(40)
    ]
    (tmp_path / "own.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "own.toml").write_text(
        'name = "own"\ntitle = "Own"\nsection = "truth"\nfields = ["own"]\n'
        f'kind = "{kind}"\n[{kind}]\n{settings}\n'
    )
    add_evaluations(lab, [tmp_path / "own.jsonl"], tasks=[tmp_path / "own.toml"])
    with pytest.raises(Exception, match=words):
        _measured(lab, engine, tmp_path, chat=True)
