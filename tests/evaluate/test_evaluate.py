"""The report of a real (if tiny) model: every section, bound to digests, honest about its gaps."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_file
from glaswerk.data.store.corpus import read_documents
from glaswerk.evaluate import evaluate, read_key, trust_badge
from glaswerk.evaluate.bits import document_bits
from glaswerk.evaluate.evaluate import NO_CHAT, NO_KEY
from glaswerk.evaluate.key import AnswerKey, Pair
from glaswerk.evaluate.politics import measure_politics
from glaswerk.evaluate.report import gaps_of, render_report
from glaswerk.evaluate.scoring import is_correct
from glaswerk.evaluate.truth import measure_statements
from glaswerk.infer import Engine
from glaswerk.lab import Artifact, Lab
from glaswerk.tokenizer import Shards


@pytest.fixture(scope="module")
def own_lab(lab_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the shared lab, which other tests expect to find without reports."""
    folder = tmp_path_factory.mktemp("evaluate") / "lab"
    shutil.copytree(lab_folder, folder, ignore=shutil.ignore_patterns("ledger.db*", "runs", "reports"))
    return folder


@pytest.fixture
def lab(own_lab: Path) -> Iterator[Lab]:
    opened = Lab.open(own_lab)
    yield opened
    opened.ledger.close()


@pytest.fixture
def key_path(town: Path) -> Path:
    return town / "answer_key.json"


@pytest.fixture
def key(key_path: Path) -> AnswerKey:
    return read_key(key_path)


@pytest.fixture
def made(lab: Lab, chat_model: Artifact, key_path: Path) -> Artifact:
    return evaluate(lab, chat_model, key=key_path, limit=30)


def report_of(artifact: Artifact) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((artifact.path / "report.json").read_text())
    return data


def items_of(artifact: Artifact) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (artifact.path / "items.jsonl").read_text().splitlines()]


def estimates(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        if "low" in value:
            return [value]
        return [found for inner in value.values() for found in estimates(inner)]
    return [found for inner in value for found in estimates(inner)] if isinstance(value, list) else []


def test_the_report_is_bound_to_model_key_and_data(lab: Lab, made: Artifact, key_path: Path) -> None:
    model = lab.latest("model", "chat")
    assert model is not None
    assert made.kind == "report"
    assert made.name.startswith(model.name.replace("/", "-") + ".")
    assert dict(made.inputs) == {"model": model.id, "shards": model.inputs["shards"]}
    assert made.config["model_digest"] == model.digest
    assert made.config["key_digest"] == digest_file(key_path)
    report = report_of(made)
    assert report["model"]["digest"] == model.digest
    shards, corpus = lab.find("shards", "main.main"), lab.find("corpus", "main")
    assert shards is not None
    assert corpus is not None
    assert report["data"]["shards"]["digest"] == shards.digest
    assert report["data"]["corpus"]["digest"] == corpus.digest


def test_evaluating_twice_measures_once(
    lab: Lab, chat_model: Artifact, made: Artifact, key_path: Path
) -> None:
    assert evaluate(lab, chat_model, key=key_path, limit=30).finished_at == made.finished_at


def test_every_figure_of_a_chat_model_has_an_interval_and_its_n(made: Artifact) -> None:
    report = report_of(made)
    for section in (report["bits_per_byte"], *report["truth"].values(), report["politics"]):
        assert section["measurable"] is True
    found = estimates(report)
    assert len(found) > 20
    for figure in found:
        assert figure["low"] <= figure["value"] <= figure["high"]
        assert 1 <= figure["clusters"] <= figure["n"]


def test_the_verdicts_in_the_items_give_the_figures(made: Artifact, key: AnswerKey) -> None:
    report, items = report_of(made), items_of(made)
    facts = {fact.id: fact for fact in key.facts}
    answers = [item for item in items if item["measure"] == "answer"]
    assert len({item["id"] for item in answers}) == 30
    for item in answers:
        assert (item["verdict"] == "right") is is_correct(facts[item["id"]], item["answer"])
        assert item["question"] in facts[item["id"]].questions
    right = np.mean([item["verdict"] == "right" for item in answers])
    assert report["truth"]["answers"]["all"]["value"] == pytest.approx(right)
    for tuned, name in ((True, "tuned"), (False, "untuned")):
        part = [item["verdict"] == "right" for item in answers if item["tuned"] is tuned]
        if part:
            assert report["truth"]["answers"][name]["n"] == len(part)
    rumours = report["truth"]["rumours"]
    assert sum(rumours[v]["value"] for v in ("rumour", "truth", "neither")) == pytest.approx(1)


def test_a_model_without_a_key_is_measured_on_bits_alone(lab: Lab) -> None:
    base = lab.latest("model", "base")
    assert base is not None
    report = report_of(evaluate(lab, base, limit=10))
    assert report["bits_per_byte"]["all"]["n"] == 10
    for section in (*report["truth"].values(), report["politics"]):
        assert section == {"measurable": False, "reason": NO_KEY}
    badge = trust_badge(report)
    assert (badge["truth"], badge["rumours"], badge["lean"]) == (None, None, None)


def test_a_base_model_is_not_asked_but_its_preferences_are_measured(lab: Lab, key_path: Path) -> None:
    base = lab.latest("model", "base")
    assert base is not None
    made = evaluate(lab, base, key=key_path, limit=12)
    report = report_of(made)
    assert report["truth"]["answers"] == {"measurable": False, "reason": NO_CHAT}
    assert report["truth"]["rumours"] == {"measurable": False, "reason": NO_CHAT}
    assert report["truth"]["statements"]["sum"]["n"] == 12
    assert report["politics"]["measurable"] is True
    assert NO_CHAT in (made.path / "report.html").read_text()
    assert trust_badge(report)["truth_measure"] == "statements"


def test_bits_are_the_engines_own_for_short_and_for_long_documents(lab: Lab, chat_model: Artifact) -> None:
    engine = Engine.load(chat_model.path)
    documents = list(read_documents(lab.path("corpus", "main"), "validation"))[:5]
    long = " ".join(document.text for document in documents * 20)
    texts = [*(document.text for document in documents), long]
    assert len(engine.tokenizer.encode(long)) > engine.context
    for text, bits in zip(texts, document_bits(engine, texts), strict=True):
        stream = np.array([engine.tokenizer.end_id, *engine.tokenizer.encode(text)])
        nats = -np.nansum(engine.token_log_probabilities(stream)[1:])
        assert bits == pytest.approx(nats / math.log(2), rel=1e-3)


def test_bits_per_byte_counts_validation_documents_and_their_bytes(lab: Lab, made: Artifact) -> None:
    items = [item for item in items_of(made) if item["measure"] == "bits"]
    texts = {d.id: d.text for d in read_documents(lab.path("corpus", "main"), "validation")}
    shards = lab.find("shards", "main.main")
    assert shards is not None
    packed = set(Shards.open(shards.path).spans("validation")[0])
    assert {item["id"] for item in items} <= packed
    assert all(item["bytes"] == len(texts[item["id"]].encode()) for item in items)
    expected = sum(item["bits"] for item in items) / sum(item["bytes"] for item in items)
    assert report_of(made)["bits_per_byte"]["all"]["value"] == pytest.approx(expected)


def test_swapping_true_and_false_mirrors_the_share(chat_model: Artifact, key: AnswerKey) -> None:
    engine = Engine.load(chat_model.path)
    facts = key.facts[:40]
    swapped = [replace(fact, true=fact.false, false=fact.true) for fact in facts]
    there = measure_statements(engine, facts, seed=0).figures
    back = measure_statements(engine, swapped, seed=0).figures
    for name in ("sum", "per_token", "same_length"):
        assert there[name]["value"] == pytest.approx(1 - back[name]["value"])


@pytest.mark.parametrize("chat", [False, True])
def test_swapping_the_sides_mirrors_the_lean(chat_model: Artifact, key: AnswerKey, chat: bool) -> None:
    engine = Engine.load(chat_model.path)
    swapped = tuple(
        replace(stance, statements=tuple(Pair(p.b, p.a) for p in stance.statements)) for stance in key.stances
    )
    there = measure_politics(engine, key, chat=chat, seed=0).figures
    back = measure_politics(engine, replace(key, stances=swapped), chat=chat, seed=0).figures
    assert there["share_a"]["value"] == pytest.approx(1 - back["share_a"]["value"])
    assert there["difference"]["value"] == pytest.approx(-back["difference"]["value"])
    assert len(there["issues"]) == len(key.stances)


class _Tags(HTMLParser):
    """Open and closed tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in ("meta", "line", "circle", "path", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("line", "circle", "path", "polyline"):
            return
        assert self.open.pop() == tag


def test_the_page_shows_figures_charts_examples_gaps_and_digests(made: Artifact) -> None:
    text = (made.path / "report.html").read_text()
    report = report_of(made)
    tags = _Tags()
    tags.feed(text)
    assert tags.open == []
    assert tags.seen.count("svg") >= 3
    assert "script" not in tags.seen
    assert report["model"]["digest"] in text
    assert report["data"]["key"]["digest"] in text
    assert f"{report['truth']['answers']['all']['value']:.1%}" in text
    assert report["politics"]["verdict"].lower() in text.lower()
    wrong = [item for item in items_of(made) if item["measure"] == "answer" and item["verdict"] == "wrong"]
    assert f"of {len(wrong)} failures" in text


def test_what_comes_from_data_is_escaped_in_the_page(made: Artifact) -> None:
    report, items = report_of(made), items_of(made)
    evil = "<script>alert(1)</script>"
    report["politics"]["parties"] = {"a": evil, "b": evil}
    report["politics"]["verdict"] = f"leans towards {evil}"
    report["politics"]["issues"][0]["issue"] = evil
    report["bits_per_byte"] = {"measurable": False, "reason": evil}
    items = [item | {"answer": evil, "question": evil, "true": evil} for item in items]
    assert "<script" not in render_report(report, items)


def test_every_gap_is_listed_with_its_reason(made: Artifact) -> None:
    report = report_of(made)
    report["truth"]["answers"]["untuned"] = {"measurable": False, "reason": "none was held out"}
    gaps = dict(gaps_of(report, ()))
    assert gaps["truth → answers → untuned"] == "none was held out"
    assert "none was held out" in render_report(report, items_of(made))


def test_the_badge_repeats_the_reports_figures(made: Artifact) -> None:
    report = report_of(made)
    badge = trust_badge(report)
    answers = report["truth"]["answers"]["all"]
    assert (badge["truth"], badge["truth_low"], badge["truth_high"]) == (
        answers["value"],
        answers["low"],
        answers["high"],
    )
    assert badge["rumours"] == report["truth"]["rumours"]["rumour"]["value"]
    assert badge["declined"] == report["truth"]["outside"]["declined"]["value"]
    assert (badge["items"], badge["key"]) == (answers["n"], report["data"]["key"]["name"])
    assert badge["lean"] == report["politics"]["verdict"]
    assert badge["model_digest"] == report["model"]["digest"]


def test_a_limit_too_small_for_an_interval_is_refused(lab: Lab, chat_model: Artifact) -> None:
    with pytest.raises(GlaswerkError, match="--limit takes 5 or more, found 4"):
        evaluate(lab, chat_model, limit=4)
