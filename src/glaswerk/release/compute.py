"""Floating-point operations and energy of the training stages of a model, from the ledger."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any

from glaswerk.core.artifact_files import MODEL_CONFIG
from glaswerk.lineage.records import ArtifactRecord
from glaswerk.lineage.stages import ADOPTED
from glaswerk.plan.flops import FORMULA, flops_of
from glaswerk.plan.shape import Shape
from glaswerk.release.lineage import Lineage

# Why the figure of a stage is a bound: what the formula leaves out or overcounts.
_BOUNDS = {
    "dpo": ("at least", "the forward pass of the reference model is not counted"),
    "grpo": ("at least", "the generation of answers is not counted"),
    "lora": ("at most", "adapters alone were trained, for which the weights need no gradient"),
}


@dataclass(frozen=True, slots=True)
class StageCost:
    """One stage: training tokens, wall-clock seconds of its steps, and FLOPs (None if unknown).

    `bound`: "" if the formula is exact, otherwise "at least" or "at most" with the reason in `note`.
    """

    model: str
    artifact: str
    stage: str
    tokens: int
    epochs: float
    seconds: float
    precision: str
    processes: int
    flops: int | None
    bound: str
    note: str


@dataclass(frozen=True, slots=True)
class Compute:
    """The cost of all stages. `kilowatt_hours` is None unless the provider gave the watts."""

    stages: tuple[StageCost, ...]
    formula: str
    watts: float | None
    kilowatt_hours: float | None

    @property
    def flops(self) -> int:
        """FLOPs of all stages for which they are known."""
        return sum(stage.flops or 0 for stage in self.stages)

    @property
    def seconds(self) -> float:
        """Wall-clock seconds of the training steps of all stages."""
        return sum(stage.seconds for stage in self.stages)

    @property
    def bounds(self) -> tuple[str, ...]:
        """Why the total is not exact, a few words each; empty if it is."""
        return tuple(dict.fromkeys(f"{s.stage}: {s.note}" for s in self.stages if s.note))


def compute_of(lineage: Lineage, watts: float | None) -> Compute:
    """The cost of each stage. Nothing is guessed: without watts no energy, without a shape no FLOPs."""
    stages, shape = [], None
    for entry in lineage.stages:
        shape = _shape(entry) or shape
        stages.append(_cost(entry, shape, _per_token(entry, shape)))
    seconds = sum(stage.seconds for stage in stages)
    return Compute(tuple(stages), FORMULA, watts, watts * seconds / 3.6e6 if watts else None)


def _cost(entry: ArtifactRecord, shape: Shape | None, per_token: int | None) -> StageCost:
    stats, tokens = entry.stats, int(entry.stats.get("tokens", 0))
    bound, note = _BOUNDS.get("lora" if entry.config.get("lora") else entry.stage, ("", ""))
    if entry.stage == ADOPTED:
        bound, note = "at least", "what making the adopted weights took is unknown"
    elif per_token is None:
        bound, note = "at least", "the shape of the network is no longer in the lab"
    elif shape is None and not bound:
        bound, note = "at most", "attention is counted over the longest sequence that a batch could hold"
    return StageCost(
        entry.name,
        entry.id,
        entry.stage,
        tokens,
        float(stats.get("epochs", 0.0)),
        float(stats.get("train_seconds", 0.0)),
        str(stats.get("precision", "")),
        int(stats.get("ranks", 1)),
        None if per_token is None or entry.stage == ADOPTED else per_token * tokens,
        bound,
        note,
    )


def _shape(entry: ArtifactRecord) -> Shape | None:
    found = entry.config.get("shape")
    known = {each.name for each in fields(Shape)}
    return Shape(**{key: value for key, value in found.items() if key in known}) if found else None


def _per_token(entry: ArtifactRecord, shape: Shape | None) -> int | None:
    batch = int(entry.config.get("batch_tokens", 0))
    if shape is not None:
        return flops_of(shape, min(shape.context, batch) if batch else 0).per_token
    return _of_adopted(network_of(entry), int(entry.stats.get("parameters", 0)), batch)


def network_of(entry: ArtifactRecord) -> dict[str, Any]:
    """The config.json of a model, {} if the lab no longer holds it."""
    file = entry.path / MODEL_CONFIG if entry.path else None
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file and file.exists() else {}
    return found


def _of_adopted(config: dict[str, Any], parameters: int, batch: int) -> int | None:
    """The same formula for adopted weights: all parameters except the input embedding."""
    keys = (
        "vocab_size",
        "hidden_size",
        "num_hidden_layers",
        "num_attention_heads",
        "max_position_embeddings",
    )
    if not parameters or not all(isinstance(config.get(key), int) for key in keys):
        return None
    table = 0 if config.get("tie_word_embeddings") else config["vocab_size"] * config["hidden_size"]
    head = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
    length = min(config["max_position_embeddings"], batch or config["max_position_embeddings"])
    attention = 12 * config["num_hidden_layers"] * config["num_attention_heads"] * head * length
    return int(6 * (parameters - table) + attention)
