"""A finished run, read from the config of its model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from tiny_shards import documents_of, stream_of, write_shards

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab
from glaswerk.plan.shape import Shape
from glaswerk.rerun.order import (
    ORDER,
    base_model,
    loop_of,
    model_of,
    order_of,
    plan_of,
    pretrain_sampler,
    replay_sampler,
    stage_of,
    with_last,
)
from glaswerk.rerun.order import (
    stream_of as stream_in,
)
from glaswerk.train.batches.consecutive import Consecutive
from glaswerk.train.batches.last_sources import LAST, LastSampler
from glaswerk.train.batches.replay import ReplaySampler
from glaswerk.train.loop import LoopConfig

SHAPE = Shape(vocab_size=128, width=64, layers=1, heads=1, feed_forward=128, context=16)
CONFIG: dict[str, Any] = {"stage": "pretrain", "shape": asdict(SHAPE), "rows": 2, "seed": 3}
LATE = {"sources": ["b"], "documents": [[2, 5]], "at": 4, "replay": 1.0}
DOCUMENTS = documents_of([9, 14, 3, 20, 8, 11, 5, 7])


def test_the_settings_of_a_loop_survive_the_config(make: Callable[..., Artifact]) -> None:
    loop = LoopConfig(steps=7, learning_rate=0.02, decay=0.3, patience=2, branch_at=1)
    model = make("model", "base/step-7", {}, stage="pretrain", loop=loop.settings())
    assert loop_of(model) == loop
    assert stage_of(model) == "pretrain"


@pytest.mark.parametrize(
    "config", [{}, {"loop": {"steps": 3}}, {"loop": {"steps": 3, "wings": 2}}, {"loop": None}]
)
def test_a_config_of_another_version_is_refused_with_its_model(
    make: Callable[..., Artifact], config: dict[str, Any]
) -> None:
    model = make("model", "old/step-1", {}, **config)
    with pytest.raises(GlaswerkError, match="manifest of old/step-1 has no training settings"):
        loop_of(model)
    assert stage_of(model) == ""


def test_a_base_is_found_by_its_id_and_missed_by_name(
    empty_lab: Lab, model: Artifact, make: Callable[..., Artifact]
) -> None:
    tuned = make("model", "chat/step-2", {"base": model.id}, stage="chat")
    found = base_model(empty_lab, tuned)
    assert found is not None
    assert found.id == model.id
    assert base_model(empty_lab, model) is None
    assert model_of(empty_lab, "b2:nothing") is None
    empty_lab.remove(model)
    with pytest.raises(GlaswerkError, match="model that chat/step-2 was tuned from is no longer in the lab"):
        base_model(empty_lab, tuned)


def test_without_shards_or_spans_the_order_is_unknown(empty_lab: Lab, make: Callable[..., Artifact]) -> None:
    for stage in ("pretrain", "chat", "dpo", "grpo", "adopted", ""):
        model = make("model", f"{stage or 'none'}/step-1", {"shards": "b2:gone"}, stage=stage)
        assert order_of(empty_lab, model) is None


def test_a_config_with_last_sources_gives_their_sampler() -> None:
    stream = stream_of(DOCUMENTS)
    plain = pretrain_sampler(stream, CONFIG)
    last = pretrain_sampler(stream, {**CONFIG, LAST: LATE})
    assert not isinstance(plain, LastSampler)
    assert isinstance(last, LastSampler)
    late = {"d2", "d3", "d4"}
    assert not late & {span.document for step in range(4) for span in last.spans(step)}
    assert late <= {span.document for step in range(4, 20) for span in last.spans(step)}


@pytest.mark.parametrize("last", [None, LATE])
def test_other_sources_last_replace_those_of_the_config(last: dict[str, Any] | None) -> None:
    before = {**CONFIG, LAST: {"sources": ["a"]}}
    found = with_last(before, last)
    assert found.get(LAST) == last
    assert {key: value for key, value in found.items() if key != LAST} == CONFIG
    assert before[LAST] == {"sources": ["a"]}, "the config itself stays"


def test_a_replay_keeps_the_order_and_a_rebuild_changes_it_at_a_step(tmp_path: Path) -> None:
    left = {name: ids for name, ids in DOCUMENTS.items() if name != "d3"}
    write_shards(tmp_path / "old", {"train": DOCUMENTS})
    write_shards(tmp_path / "new", {"train": left})
    folders = tmp_path / "old", tmp_path / "new"
    replayed = replay_sampler(CONFIG, *folders, {"how": "replay", "at": 0})
    rebuilt = replay_sampler(CONFIG, *folders, {"how": "rebuild", "at": 3})
    assert isinstance(replayed, ReplaySampler)
    assert isinstance(rebuilt, Consecutive)
    new = pretrain_sampler(stream_of(left), CONFIG)
    for step in range(6):
        assert rebuilt.spans(step) == (replayed if step < 3 else new).spans(step)
        assert "d3" not in {span.document for span in rebuilt.spans(step)}


def test_of_lost_tokens_the_spans_still_give_the_order(tmp_path: Path) -> None:
    write_shards(tmp_path, {"train": DOCUMENTS})
    whole = pretrain_sampler(stream_in(tmp_path, "train"), CONFIG)
    (tmp_path / "train.bin").unlink()
    spans = pretrain_sampler(stream_in(tmp_path, "train"), CONFIG)
    assert [spans.spans(step) for step in range(8)] == [whole.spans(step) for step in range(8)]


def test_the_plan_of_a_run_counts_its_tokens_and_epochs(make: Callable[..., Artifact]) -> None:
    loop = LoopConfig(steps=9, learning_rate=0.02)
    model = make("model", "base/step-9", {}, **CONFIG, loop=loop.settings())
    sampler = pretrain_sampler(stream_of(DOCUMENTS), model.config)
    plan = plan_of(model, sampler)
    assert (plan.shape, plan.loop, plan.rows) == (SHAPE, loop, 2)
    assert plan.epochs == round(9 / sampler.steps_per_epoch, 2)
    assert plan.tokens == round(9 * sampler.tokens_per_epoch / sampler.steps_per_epoch)
    assert ORDER not in model.config
