"""What training cost: FLOPs of the formula, bounds where it does not hold, energy only from given watts."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from records import SHARDS, lineage, record

from glaswerk.lineage.records import ArtifactRecord
from glaswerk.plan.flops import flops_of
from glaswerk.plan.shape import Shape
from glaswerk.release.compute import Compute, compute_of, network_of

SHAPE = Shape(512, 2, 128, 2, 384, 64)
NETWORK = {
    "vocab_size": 100,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 32,
    "head_dim": 8,
}


def pretrained(**stats: Any) -> ArtifactRecord:
    figures = {"tokens": 1000, "train_seconds": 60.0, "epochs": 2.0, "precision": "bf16"} | stats
    return record(
        "model",
        "base/step-8",
        config={"stage": "pretrain", "shape": asdict(SHAPE)},
        stats=figures,
        inputs=SHARDS,
    )


def tuned(stage: str, **config: Any) -> ArtifactRecord:
    return record(
        "model",
        f"{stage}/step-2",
        config={"stage": stage, **config},
        stats={"tokens": 100, "train_seconds": 6.0},
        inputs=SHARDS | {"base": "b2:base/step-8"},
    )


def cost(*stages: ArtifactRecord, watts: float | None = None) -> Compute:
    return compute_of(lineage(None, stages=stages), watts)


def test_flops_are_tokens_times_those_of_the_shape() -> None:
    found = cost(pretrained())
    assert found.flops == 1000 * flops_of(SHAPE).per_token
    assert found.bounds == ()
    (stage,) = found.stages
    assert (stage.bound, stage.note, stage.processes, stage.precision) == ("", "", 1, "bf16")
    assert (stage.tokens, stage.epochs, stage.seconds) == (1000, 2.0, 60.0)


@pytest.mark.parametrize(("watts", "hours"), [(None, None), (0.0, None), (120.0, 120 * 66 / 3.6e6)])
def test_energy_is_that_of_given_watts_over_all_steps_and_never_guessed(
    watts: float | None, hours: float | None
) -> None:
    found = cost(pretrained(), tuned("chat"), watts=watts)
    assert found.seconds == 66.0
    assert found.kilowatt_hours == (hours and pytest.approx(hours))


def test_a_tuning_takes_the_shape_of_its_base_over_the_length_of_its_batch() -> None:
    found = cost(pretrained(), tuned("chat", batch_tokens=32))
    assert found.stages[1].flops == 100 * flops_of(SHAPE, 32).per_token
    longer = cost(pretrained(), tuned("chat", batch_tokens=1 << 20))
    assert longer.stages[1].flops == 100 * flops_of(SHAPE).per_token


@pytest.mark.parametrize(
    ("stage", "config", "bound", "note"),
    [
        ("dpo", {}, "at least", "reference model"),
        ("grpo", {}, "at least", "generation of answers"),
        ("chat", {"lora": {"rank": 8}}, "at most", "adapters alone"),
        ("dpo", {"lora": {"rank": 8}}, "at most", "adapters alone"),
        ("chat", {}, "", ""),
    ],
)
def test_a_stage_whose_formula_leaves_something_out_is_a_bound_with_its_reason(
    stage: str, config: dict[str, Any], bound: str, note: str
) -> None:
    found = cost(pretrained(), tuned(stage, **config))
    assert found.stages[1].bound == bound
    assert note in found.stages[1].note
    assert len(found.bounds) == bool(note)


def test_the_cost_of_adopted_weights_is_unknown_and_said_once() -> None:
    adopted = record(
        "model", "base/step-8", config={"stage": "adopted", "licence": "MIT"}, stats={"tokens": 5}
    )
    found = cost(adopted, tuned("chat"))
    assert found.stages[0].flops is None
    assert found.flops == 0
    assert found.bounds == (
        "adopted: what making the adopted weights took is unknown",
        "chat: the shape of the network is no longer in the lab",
    )


def test_an_adopted_networks_flops_follow_from_its_config(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(NETWORK))
    entry = record(
        "model",
        "chat/step-2",
        config={"stage": "chat", "batch_tokens": 16},
        stats={"tokens": 10, "parameters": 5000},
        path=tmp_path,
    )
    (stage,) = cost(entry).stages
    per_token = 6 * (5000 - 100 * 16) + 12 * 2 * 4 * 8 * 16
    assert stage.flops == 10 * per_token
    assert stage.bound == "at most"
    assert "longest sequence" in stage.note


@pytest.mark.parametrize(
    ("change", "table", "head", "length"),
    [
        ({"tie_word_embeddings": True}, 0, 8, 32),
        ({"head_dim": None}, 1600, 4, 32),
        ({"max_position_embeddings": 8}, 1600, 8, 8),
    ],
)
def test_ties_head_sizes_and_contexts_of_an_adopted_network_count(
    tmp_path: Path, change: dict[str, Any], table: int, head: int, length: int
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(NETWORK | change))
    entry = record(
        "model",
        "chat/step-2",
        config={"stage": "chat"},
        stats={"tokens": 1, "parameters": 5000},
        path=tmp_path,
    )
    assert cost(entry).flops == 6 * (5000 - table) + 12 * 2 * 4 * head * length


@pytest.mark.parametrize("gone", [*sorted(NETWORK.keys() - {"head_dim"})])
def test_a_config_that_lacks_a_dimension_gives_no_flops(tmp_path: Path, gone: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps({k: v for k, v in NETWORK.items() if k != gone}))
    entry = record(
        "model", "chat/step-2", config={"stage": "chat"}, stats={"parameters": 5000}, path=tmp_path
    )
    assert cost(entry).stages[0].flops is None


def test_the_network_of_a_model_that_is_gone_is_empty(tmp_path: Path) -> None:
    assert network_of(record("model", "m/step-1")) == {}
    assert network_of(record("model", "m/step-1", path=tmp_path)) == {}
    (tmp_path / "config.json").write_text('{"hidden_size": 3}')
    assert network_of(record("model", "m/step-1", path=tmp_path)) == {"hidden_size": 3}


def test_a_shape_with_settings_of_a_later_version_is_still_read() -> None:
    entry = record(
        "model",
        "base/step-8",
        config={"stage": "pretrain", "shape": asdict(SHAPE) | {"rope": 2}},
        stats={"tokens": 1},
    )
    assert cost(entry).flops == flops_of(SHAPE).per_token
