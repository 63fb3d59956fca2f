"""The report of a run: every section from real figures, prediction beside result, nothing that breaks out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from glaswerk.lab import Lab
from glaswerk.train.checkpoint.metrics import read_rows
from glaswerk.train.report.figures import RunReport, binned
from glaswerk.train.report.page import render_report

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def folder(lab: Lab) -> Path:
    """The folder of the shared lab's pretraining run."""
    base = lab.latest("model", "base")
    assert base is not None
    return (lab.root / base.stats["report"]).parent


@pytest.fixture
def figures(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return found


def test_the_page_of_a_real_run_has_every_section_but_those_not_asked_for(folder: Path) -> None:
    page = (folder / "report.html").read_text()
    sections = re.findall(r'<h2 id="(\w+)">', page)
    assert sections == ["prediction", "training", "validation", "mixture", "samples", "data"]
    for title in ("Loss", "Learning rate", "Gradient norm", "Tokens per second", "MFU"):
        assert title in page
    assert "Truth and politics" not in page


def test_the_result_stands_beside_the_prediction_that_was_made_first(folder: Path, lab: Lab) -> None:
    figures = json.loads((folder / "report.json").read_text())
    assert figures["prediction"] == json.loads((folder / "prediction.json").read_text())
    base = lab.latest("model", "base")
    assert base is not None
    assert figures["result"]["tokens"] == base.stats["tokens"]
    row = re.search(r"<tr><td>tokens</td>(.*?)</tr>", (folder / "report.html").read_text())
    assert row is not None
    predicted, result, ratio = re.findall(r"<td class=n>([\d,.]+)</td>", row[1])
    assert int(result.replace(",", "")) == base.stats["tokens"]
    assert int(predicted.replace(",", "")) == figures["prediction"]["tokens"]
    assert float(ratio) == pytest.approx(1, abs=0.02)


def test_curves_mixture_and_validations_hold_the_figures_of_the_metrics(
    folder: Path, figures: dict[str, Any]
) -> None:
    rows = read_rows(folder)
    tokens = sum(row["tokens"] for row in rows)
    assert figures["tokens_seen"] == tokens == sum(figures["mixture"].values())
    assert figures["curve"][-1]["tokens"] == tokens
    looks = [row for row in rows if "validation" in row]
    assert [look["step"] for look in figures["looks"]] == [row["step"] + 1 for row in looks]
    assert figures["looks"][-1]["validation"] == looks[-1]["validation"]
    assert len(looks[-1]["samples"]) == 3
    assert all(sample["greedy"] or sample["sampled"] for sample in looks[-1]["samples"])
    mixtures = [sum(look["mixture"].values()) for look in figures["looks"]]
    assert mixtures == [look["tokens"] for look in figures["looks"]]


def test_an_unfinished_run_says_so_and_has_no_result(figures: dict[str, Any]) -> None:
    page = render_report({**figures, "result": None, "done": figures["steps"] // 2})
    assert "running: " in page
    assert "The result will appear here" in page


def test_the_first_page_before_any_validation_is_a_page(figures: dict[str, Any]) -> None:
    empty = {"result": None, "curve": [], "looks": [], "mixture": {}, "tokens_seen": 0, "done": 0}
    assert "<h2" in render_report({**figures, **empty})


def test_words_of_data_cannot_break_out_of_the_page(figures: dict[str, Any]) -> None:
    look = figures["looks"][-1]
    share = {"value": 0.5, "low": 0.4, "high": 0.6, "chance": 0.5}
    value = {"value": 1.0, "low": 0.9, "high": 1.1, "documents": 9}
    looks = [
        {
            **look,
            "tokens": tokens,
            "extra": {HOSTILE: share},
            "mixture": {HOSTILE: tokens, "b": 1},
            "samples": [{"prompt": HOSTILE, "greedy": HOSTILE, "sampled": HOSTILE}],
            "validation": {"all": value, "sources": {HOSTILE: value, "b": value}},
        }
        for tokens in (10, 20)
    ]
    page = render_report({**figures, "name": HOSTILE, "looks": looks, "mixture": {HOSTILE: 3, "b": 1}})
    assert "Truth and politics" in page
    assert "<script>" not in page


def test_long_runs_are_drawn_in_few_points_whose_means_are_the_runs() -> None:
    rows = [
        {"step": i, "tokens": 7, "loss": float(i), "rate": 1.0, "norm": 2.0, "tokens_per_second": 3.0}
        for i in range(1003)
    ]
    points = binned(rows, 100)
    assert len(points) <= 100
    assert points[-1]["step"] == 1003
    assert points[-1]["tokens"] == 7 * 1003
    assert points[0]["loss"] == pytest.approx(5.0)


def test_a_resumed_report_counts_the_mixture_from_the_first_step_on(
    folder: Path, figures: dict[str, Any], lab: Lab, tmp_path: Path
) -> None:
    from glaswerk.tokenizer import Shards
    from glaswerk.train import TrainConfig
    from glaswerk.train.batches.sources import Mixture, sources_of
    from glaswerk.train.plan import sampler_of

    packed, base = lab.need("shards", "main.main", hint=""), lab.latest("model", "base")
    assert base is not None
    sampler = sampler_of(Shards.open(packed.path), TrainConfig(context=256), base.config["rows"])
    head = {name: figures[name] for name in ("name", "steps", "data", "prediction")}
    report = RunReport(tmp_path, head, sampler, Mixture(sources_of(lab, packed, "train")))
    report.refresh(read_rows(folder))
    again = json.loads((tmp_path / "report.json").read_text())
    assert again["looks"] == figures["looks"]
    assert again["mixture"] == figures["mixture"]
