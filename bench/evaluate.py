"""Scoring of multiple choice beside lm-evaluation-harness: same rows, same prompts, fp32, one thread.

    GLASWERK_LM_EVAL=PYTHON python -m bench.evaluate --lab LAB --rows 40 --task truthfulqa-mass
    python -m bench.evaluate --lab LAB --head TEXT_FILE     # a beginning before every context

PYTHON is one with lm-eval, torch and transformers. The lab has the model and the evaluation set.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch

from glaswerk.data.dialogues.evaluation_sets import records_of
from glaswerk.evaluate.tasks.choice import Question, question
from glaswerk.evaluate.tasks.measures import tasks_for
from glaswerk.evaluate.tasks.score_store import ScoreStore
from glaswerk.evaluate.tasks.scorer import Scorer
from glaswerk.infer import Engine
from glaswerk.lab import Artifact, Lab


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--lab", type=Path, default=Path("demo-lab"))
    parser.add_argument("--model", default="")
    parser.add_argument("--task", nargs="+", default=["truthfulqa-mass", "arc-easy", "piqa"])
    parser.add_argument("--rows", type=int, default=40)
    parser.add_argument("--head", type=Path, help="a text before every context of TruthfulQA")
    wishes = parser.parse_args()
    if not (wishes.lab / "lab.toml").exists():
        click.echo("skipped: no demo-lab here; make demo makes it")
        return
    torch.set_num_threads(1)
    lab = Lab.open(wishes.lab)
    model = lab.latest("model", wishes.model) if wishes.model else lab.latest("model")
    assert model is not None, "the lab has no such model"
    for name in wishes.task:
        head = wishes.head.read_text() if wishes.head and name.startswith("truthfulqa") else ""
        _compare(name, model, _questions(lab, name, wishes.rows), head)


def _questions(lab: Lab, name: str, most: int) -> list[Question]:
    sets = lab.all("evaluation")
    task = next(task for task in tasks_for(sets) if task.name == name)
    found = [(item, record) for made in sets for _, item, record in records_of(made) if task.takes(record)]
    return [question(task, item, record, 0) for item, record in found[:most]]


def _compare(name: str, model: Artifact, asked: Sequence[Question], head: str) -> None:
    if not asked:
        click.echo(f"{name}: skipped, the lab has no such set")
        return
    rows = [{"context": head + one.context, "choices": [f" {text}" for text in one.choices]} for one in asked]
    own, seconds = _ours(model, rows)
    click.echo(f"{name}: {len(rows)} questions, ours {seconds:.1f} CPU-s, {_figures(asked, own)}")
    program = os.environ.get("GLASWERK_LM_EVAL")
    if not program:
        click.echo("lm-eval: skipped; GLASWERK_LM_EVAL names a Python that has it")
        return
    theirs, peer = _lm_eval(program, model, rows)
    apart = max(float(np.abs(np.subtract(a, b)).max()) for a, b in zip(own, theirs, strict=True))
    flips = sum(int(np.argmax(a) != np.argmax(b)) for a, b in zip(own, theirs, strict=True))
    click.echo(
        f"  lm-eval hf {peer:.1f} CPU-s, {_figures(asked, theirs)}; ours is {peer / seconds:.1f} x faster; "
        f"log-likelihoods at most {apart:.1e} apart, {flips} choices differ"
    )


def _ours(model: Artifact, rows: Sequence[dict[str, Any]]) -> tuple[list[list[float]], float]:
    engine = Engine.load(model.path)
    with tempfile.TemporaryDirectory() as folder:
        scorer = Scorer(engine, ScoreStore(Path(folder) / "scores.db", model.digest))
        start = time.process_time()
        found = iter(scorer.scores([(row["context"], c) for row in rows for c in row["choices"]], "ours"))
        seconds = time.process_time() - start
    return [[next(found).log_probability for _ in row["choices"]] for row in rows], seconds


def _lm_eval(
    program: str, model: Artifact, rows: Sequence[dict[str, Any]]
) -> tuple[list[list[float]], float]:
    with tempfile.TemporaryDirectory() as folder:
        asked, out = Path(folder) / "rows.jsonl", Path(folder) / "out.json"
        asked.write_text("".join(json.dumps(row) + "\n" for row in rows))
        script = Path(__file__).parent / "peers" / "lm_eval_rows.py"
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        words = [program, str(script), str(model.path), str(asked), str(out)]
        subprocess.run(words, check=True, env=environment, capture_output=True)
        found = json.loads(out.read_text())
    return found["values"], float(found["seconds"])


def _figures(asked: Sequence[Question], values: Sequence[Sequence[float]]) -> str:
    right = np.mean([one.right[int(np.argmax(own))] for one, own in zip(asked, values, strict=True)])
    mass = []
    for one, own in zip(asked, values, strict=True):
        weights = np.exp(np.array(own) - max(own))
        mass.append(weights[np.array(one.right)].sum() / weights.sum())
    return f"likeliest right {right:.4f}, mass on right {np.mean(mass):.6f}"


if __name__ == "__main__":
    main()
