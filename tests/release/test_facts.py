"""The facts behind the papers, and the words in which the papers say them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from records import SHARDS, corpus_file, facts, lineage, record

from glaswerk.core.document import Document, Rights
from glaswerk.lineage.records import ArtifactRecord
from glaswerk.release.facts import View, duration
from glaswerk.release.overlap import SetOverlap


def stage(name: str, kind: str, licence: str = "", **more: Any) -> ArtifactRecord:
    config = {"stage": kind} | ({"licence": licence} if licence else {}) | more
    return record("model", name, config=config, stats={"parameters": 5}, inputs=SHARDS)


def view(*stages: ArtifactRecord, answers: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return View(facts(lineage(None, stages=stages), answers=answers, **more)).to_template()


BASE, CHAT = stage("base/step-8", "pretrain"), stage("chat/step-2", "chat")
OPEN, BOTH = stage("open/step-0", "adopted", "MIT"), stage("more/step-0", "adopted", "Apache-2.0")


@pytest.mark.parametrize(
    ("stages", "answers", "licence"),
    [
        ((BASE,), {}, ""),
        ((BASE,), {"model_licence": "CC0-1.0"}, "CC0-1.0"),
        ((OPEN,), {}, "MIT"),
        ((OPEN,), {"model_licence": "GPL-3.0"}, "GPL-3.0"),
        ((OPEN, CHAT), {}, ""),
        ((BOTH, OPEN), {}, "Apache-2.0 AND MIT"),
    ],
)
def test_the_licence_is_the_answered_one_or_that_of_weights_nobody_tuned(
    stages: tuple[ArtifactRecord, ...], answers: dict[str, Any], licence: str
) -> None:
    assert facts(lineage(None, stages=stages), answers=answers).licence == licence


@pytest.mark.parametrize(
    ("stages", "chat"),
    [
        ((BASE,), False),
        ((BASE, CHAT), True),
        ((stage("dpo/step-1", "dpo"),), True),
        ((OPEN,), False),
        ((stage("open/step-0", "adopted", "MIT", chat=True),), True),
    ],
)
def test_a_chat_model_is_a_tuned_one_or_one_that_came_with_a_template(
    stages: tuple[ArtifactRecord, ...], chat: bool
) -> None:
    assert facts(lineage(None, stages=stages)).is_chat is chat


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.0 s"),
        (119.94, "119.9 s"),
        (120, "2.0 min"),
        (7199, "120.0 min"),
        (7200, "2.0 h"),
        (360_000, "100.0 h"),
    ],
)
def test_seconds_are_written_in_the_unit_that_people_take(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("tokens", "band"),
    [
        (0, "less than 1 billion tokens"),
        (999_999_999, "less than 1 billion tokens"),
        (1_000_000_000, "1 billion to 10 trillion tokens"),
        (10**13, "more than 10 trillion tokens"),
    ],
)
def test_the_size_of_the_training_data_is_said_in_the_bands_of_the_template(tokens: int, band: str) -> None:
    made = facts(lineage(None, stages=[BASE]))
    made = replace(made, data=replace(made.data, tokens=tokens))
    assert View(made).to_template()["band"] == band


@pytest.mark.parametrize(
    ("parameters", "band"),
    [
        (300_000, "1 to 500 million"),
        (500_000_000, "500 million to 5 billion"),
        (7 * 10**9, "5 to 15 billion"),
        (10**12, "more than 1 trillion"),
    ],
)
def test_parameters_are_said_in_the_bands_of_the_form(parameters: int, band: str) -> None:
    names = view(replace(BASE, stats={"parameters": parameters}))
    assert (names["parameters"], names["parameter_band"]) == (parameters, band)


def test_a_question_without_an_answer_is_a_blank_that_is_remembered_once() -> None:
    asked = View(facts(lineage(None, stages=[BASE]), answers={"provider_name": "A & B"}))
    assert asked.ask("provider_name") == "A &amp; B"
    assert asked.asked == {}
    assert asked.ask("energy_method") == asked.ask("energy_method") == "**[to be filled in: energy_method]**"
    assert list(asked.asked) == ["energy_method"]


def test_energy_is_said_with_the_watts_or_asked_for() -> None:
    trained = replace(BASE, stats={"train_seconds": 3600.0, "tokens": 1})
    known = view(trained, answers={"machine_watts": 1500}, watts=1500.0)
    assert known["energy"] == "1.5 kWh, from 1,500 W as stated by the provider, over 60.0 min of steps"
    assert "[to be filled in: machine_watts]" in view(trained)["energy"]


def test_the_licences_of_weights_below_are_named_beside_the_models_own() -> None:
    names = view(OPEN, CHAT, answers={"model_licence": "CC0-1.0"})
    assert names["licence"] == "CC0-1.0 (of the adopted weights it is based on: MIT)"
    assert view(BASE, answers={"model_licence": "CC0-1.0"})["licence"] == "CC0-1.0"
    assert [entry.name for entry in names["adopted"]] == ["open/step-0"]


SHAPE = {"vocab_size": 64, "layers": 1, "width": 64, "heads": 1, "feed_forward": 64, "context": 8}
SHAPED = replace(BASE, config={"stage": "pretrain", "shape": SHAPE}, stats={"tokens": 1000})


@pytest.mark.parametrize(
    ("stages", "beginning", "ending"),
    [
        ((OPEN,), "unknown", ""),
        ((SHAPED,), "", ""),
        ((SHAPED, stage("d/step-1", "dpo")), "at least ", ""),
        (
            (SHAPED, stage("d/step-1", "dpo"), stage("l/step-1", "chat", lora={"rank": 4})),
            "",
            "(neither an upper nor a lower bound)",
        ),
    ],
)
def test_the_total_of_flops_says_which_bound_it_is(
    stages: tuple[ArtifactRecord, ...], beginning: str, ending: str
) -> None:
    words = view(*stages)["flops"]
    assert words.startswith(beginning)
    assert words.startswith("at least") is (beginning == "at least ")
    assert words.endswith(ending)


def test_shares_and_intervals_of_a_set_without_a_checked_item_are_no_figures() -> None:
    names = view(BASE)
    none = SetOverlap("quiz", "b2:1", "quiz", 3, 0, 0, None, None)
    assert (names["share"](none), names["interval"](none)) == ("none checked", "")
    some = SetOverlap("quiz", "b2:1", "quiz", 3, 2, 1, 0.1, 0.9)
    assert (names["share"](some), names["interval"](some)) == ("50.0%", "10.0% to 90.0%")


def test_languages_that_were_not_detected_are_called_so_and_are_no_codes(tmp_path: Path) -> None:
    documents = [Document(f"s:{i}", "s", "x", Rights("MIT"), lang="en" if i else "") for i in range(3)]
    made = facts(lineage(corpus_file(tmp_path, {"train": documents}), sources=[record("source", "s")]))
    assert made.languages == ["en"]
    assert View(made).to_template()["languages"] == [("en", 2), ("undetected", 1)]


def test_the_facts_are_json_and_name_the_artifacts_that_they_were_counted_from(tmp_path: Path) -> None:
    source = record("source", "posts", path=tmp_path)
    made = facts(lineage(None, sources=[source], stages=[OPEN, CHAT]), obstacles=["a", "b"])
    said = json.loads(json.dumps(made.to_json()))
    assert said["model"] == {
        "name": "chat/step-2",
        "id": "b2:chat/step-2",
        "digest": "b2:digest-of-chat/step-2",
        "stage": "chat",
    }
    assert [(e["kind"], e["name"], e["in_lab"]) for e in said["lineage"]] == [
        ("model", "open/step-0", False),
        ("model", "chat/step-2", False),
        ("shards", "main.main", False),
        ("corpus", "main", False),
        ("source", "posts", True),
    ]
    assert said["obstacles"] == ["a", "b"]
    assert said["licences_of_adopted_weights"] == ["MIT"]
    assert said["licence"] is None
    assert said["trust"] is None
