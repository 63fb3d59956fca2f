"""When a model saw a document is recomputed exactly, or not said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glaswerk.lab import Artifact, Lab
from glaswerk.rerun.first_seen import Seen, Sightings, known_order
from glaswerk.tokenizer import Shards
from glaswerk.train import TuneConfig, tune
from glaswerk.train.batches.batches import Order
from glaswerk.train.batches.sampler import PackedSampler


def by_walking(sampler: Order, steps: int) -> dict[str, int]:
    """The first step of every document, from the spans of every step."""
    found: dict[str, int] = {}
    for step in range(steps):
        for span in sampler.spans(step):
            found.setdefault(span.document, step)
    return found


def base_of(lab: Lab) -> Artifact:
    found = lab.latest("model", "base")
    assert found is not None
    return found


def test_every_step_of_the_run_had_the_tokens_that_the_rebuilt_sampler_gives(
    lab: Lab, chat_model: Artifact
) -> None:
    for model in (base_of(lab), chat_model):
        rebuilt = known_order(lab, model)
        assert isinstance(rebuilt, PackedSampler)
        rows = (lab.run_folder(model.id) / "metrics.jsonl").read_text().splitlines()
        assert [rebuilt.batch(i).tokens for i in range(len(rows))] == [json.loads(r)["tokens"] for r in rows]


def test_first_steps_of_pretraining_are_those_that_walking_through_the_steps_finds(lab: Lab) -> None:
    base = base_of(lab)
    sampler = known_order(lab, base)
    assert sampler is not None
    walked = by_walking(sampler, base.stats["steps"])
    names = Shards.open(lab.need("shards", "main.main", hint="").path).spans("train")[0]
    sightings = Sightings(lab, base).of(names)
    assert {name for name in names if sightings[name]} == walked.keys()
    for name in walked:
        (seen,) = sightings[name]
        assert (seen.model, seen.stage, seen.first_step) == (base.name, "pretraining", walked[name])


def test_a_dialogue_was_seen_in_tuning_and_a_replayed_post_in_both_stages(
    lab: Lab, chat_model: Artifact
) -> None:
    sampler = known_order(lab, chat_model)
    assert sampler is not None
    walked = by_walking(sampler, chat_model.stats["steps"])
    sightings = Sightings(lab, chat_model).of(walked)
    for name, first in walked.items():
        assert sightings[name][-1].first_step == first
    stages = {tuple(seen.stage for seen in found) for found in sightings.values()}
    assert stages == {("tuning",), ("pretraining", "tuning")}


def test_what_was_held_out_or_is_unknown_was_never_seen(lab: Lab, chat_model: Artifact) -> None:
    held = Shards.open(lab.need("shards", "main.main", hint="").path).spans("validation")[0][0]
    assert Sightings(lab, chat_model).of([held, "no-such-id"]) == {held: [], "no-such-id": []}


@pytest.mark.slow
def test_three_epochs_are_three(own_lab: Path) -> None:
    lab = Lab.open(own_lab)
    model = tune(lab, TuneConfig(epochs=3.0, replay=0.0), name="thrice")
    names = Shards.open(lab.need("shards", "main.main", hint="").path).spans("chat")[0]
    counted = [found[-1].epochs for found in Sightings(lab, model).of(names).values()]
    # The number of steps is rounded: some rows of the third epoch, or of a fourth, may be a step away.
    assert sorted(set(counted)) in ([3], [2, 3], [3, 4])
    lab.ledger.close()


def test_nothing_is_said_of_a_stage_whose_recipe_this_version_does_not_have(own_lab: Path) -> None:
    lab = Lab.open(own_lab)
    base = base_of(lab)
    manifest = base.path / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"pretrain/', '"pretrain/0'))
    names = Shards.open(lab.need("shards", "main.main", hint="").path).spans("train")[0]
    assert not any(Sightings(lab, base).of(names).values())
    lab.ledger.close()


def test_json_names_model_stage_epochs_and_first_step() -> None:
    assert Seen("base/step-9", "pretraining", 3, 4).to_json() == {
        "model": "base/step-9",
        "stage": "pretraining",
        "epochs": 3,
        "first_step": 4,
    }
