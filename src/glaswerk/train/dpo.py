"""Preference tuning (DPO): a model learns to prefer the chosen answers of pairs, without a reward model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

from glaswerk.core.artifact_files import TOKENIZER
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_json
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.model.text_network import load, save
from glaswerk.tokenizer import Shards
from glaswerk.tokenizer.preference_pairs import Pairs
from glaswerk.tokenizer.tokenizer_files import copy_tokenizer
from glaswerk.train.checkpoint.policy import Checkpoints
from glaswerk.train.export import base_of, tokenizer_of
from glaswerk.train.loop import LoopConfig, run
from glaswerk.train.machine.precision import autocast, resolve
from glaswerk.train.objective.preference import (
    DpoObjective,
    HeldOut,
    PairSampler,
    reference_log_probabilities,
)
from glaswerk.train.tune import context_of, rate_of
from glaswerk.train.validate import check_ranges

RECIPE = "dpo/1"
SPLIT, HELD_OUT = "preference", "preference-validation"


@dataclass(frozen=True, slots=True)
class DpoConfig:
    """What a user chooses; a learning rate of zero means a tenth of the base model's.

    `beta`: strength of the KL penalty towards the base model.
    """

    epochs: float = 1.0
    batch_pairs: int = 16
    beta: float = 0.1
    learning_rate: float = 0.0
    precision: str = "auto"
    seed: int = 0


@dataclass(frozen=True, slots=True)
class DpoPlan:
    """The resolved settings of a run, as `--dry-run` prints them."""

    base: str
    shards: str
    pairs: int
    held_out: int
    cut_prompts: int
    left_out_pairs: int
    beta: float
    batch_pairs: int
    loop: LoopConfig


@dataclass(frozen=True, slots=True)
class _Prepared:
    parent: Artifact
    packed: Artifact
    shards: Shards
    pairs: Pairs
    held_out: Pairs | None
    plan: DpoPlan


def plan_dpo(lab: Lab, config: DpoConfig, *, base: str = "chat") -> DpoPlan:
    """What `dpo` would do. Raises GlaswerkError if it could not."""
    return _prepare(lab, config, base).plan


def dpo(lab: Lab, config: DpoConfig, *, base: str = "chat", name: str = "preferred") -> Artifact:
    """Tune the newest checkpoint of `base` on pairs.

    A finished run is returned, an interrupted one resumed.
    """
    ready = _prepare(lab, config, base)
    loop = ready.plan.loop
    settings = {
        "stage": "dpo",
        "split": SPLIT,
        "seed": config.seed,
        "beta": config.beta,
        "batch_pairs": config.batch_pairs,
        "loop": loop.settings(),
    }
    inputs = {"base": ready.parent.id, "shards": ready.packed.id}
    spec = Spec("model", f"{name}/step-{loop.steps}", RECIPE, inputs, settings)

    def write(folder: Path) -> Mapping[str, Any]:
        model = load(ready.parent.path)
        sampler, held_out = _material(lab, ready, model, config)
        validate = held_out.validate if held_out else lambda model: {}
        stats = run(
            model,
            sampler,
            loop,
            lab.run_folder(spec.id),
            label=f"tune {name}",
            objective=DpoObjective(config.beta),
            validate=validate,
        )
        save(model, folder)
        copy_tokenizer(ready.parent.path, folder)
        return {**stats, **_figures(ready), "held_out": held_out.figures(model) if held_out else None}

    made = lab.make(spec, write)
    Checkpoints(lab.run_folder(spec.id)).clear()
    return made


def _prepare(lab: Lab, config: DpoConfig, base: str) -> _Prepared:
    _check(config)
    parent = base_of(lab, base)
    packed = _pairs_for(lab, parent)
    shards, context = Shards.open(packed.path), context_of(parent)
    pairs = Pairs(shards, SPLIT, context)
    if not len(pairs):
        raise GlaswerkError(
            f"none of {pairs.left_out:,} pairs fits into the model's context of {context} tokens",
            hint="glaswerk train --context 1024 makes a model with more context",
        )
    held_out = Pairs(shards, HELD_OUT, context) if HELD_OUT in shards.splits() else None
    batch = min(config.batch_pairs, len(pairs))
    steps = max(1, round(config.epochs * -(-len(pairs) // batch)))
    loop = LoopConfig(
        steps=steps,
        learning_rate=config.learning_rate or round(rate_of(parent) / 10, 8),
        warmup=0.1,
        decay=0.9,
        precision=config.precision,
    )
    plan = DpoPlan(
        parent.name,
        packed.name,
        len(pairs),
        len(held_out or ()),
        pairs.cut,
        pairs.left_out,
        config.beta,
        batch,
        loop,
    )
    return _Prepared(parent, packed, shards, pairs, held_out, plan)


def _check(config: DpoConfig) -> None:
    """Raises GlaswerkError for settings that no run can have."""
    resolve(config.precision)
    least = {"epochs": 1e-6, "beta": 1e-6, "batch_pairs": 1}
    check_ranges(config, {**least, "learning_rate": 0, "seed": 0})


def _pairs_for(lab: Lab, model: Artifact) -> Artifact:
    """Shards with pairs, packed with the tokenizer of `model`: those it was trained on, else the newest.

    Pairs may be added after a model was made: only the tokenizer must agree.
    """
    holding = [s for s in reversed(lab.all("shards")) if SPLIT in Shards.open(s.path).splits()]
    if not holding:
        raise GlaswerkError(
            "the shards hold no pair of answers to tune on",
            hint="glaswerk add preferences FILE.jsonl --licence …, then glaswerk curate and glaswerk pack",
        )
    own = (model.path / TOKENIZER).read_bytes()
    fitting = [s for s in holding if (tokenizer_of(lab, s) / TOKENIZER).read_bytes() == own]
    if not fitting:
        raise GlaswerkError(
            f"the shards with pairs, {holding[0].name}, have another tokenizer than {model.name}",
            hint="glaswerk train and glaswerk tune make a model with the tokenizer of the shards",
        )
    return next((s for s in fitting if s.id == model.inputs.get("shards")), fitting[0])


def _material(
    lab: Lab, ready: _Prepared, model: PreTrainedModel, config: DpoConfig
) -> tuple[PairSampler, HeldOut | None]:
    """The sampler and the held-out pairs, with the log-probabilities of the reference model.

    These are computed once for a base model and shards, and reused whatever other settings change.
    """
    pad, precision = ready.shards.end_id, resolve(config.precision)
    basis = ["reference/1", ready.parent.digest, ready.packed.digest, context_of(ready.parent), precision]
    folder = lab.run_folder(digest_json(basis))
    with autocast(precision, model.device):
        known = reference_log_probabilities(model, ready.pairs, folder, pad)
        sampler = PairSampler(ready.pairs, known, count=config.batch_pairs, seed=config.seed, pad=pad)
        if not ready.held_out:
            return sampler, None
        known = reference_log_probabilities(model, ready.held_out, folder, pad)
    return sampler, HeldOut(ready.held_out, known, beta=config.beta, pad=pad)


def _figures(ready: _Prepared) -> dict[str, Any]:
    pairs = ready.pairs
    return {
        "parameters": ready.parent.stats["parameters"],
        "pairs": len(pairs),
        "cut_prompts": pairs.cut,
        "left_out_pairs": pairs.left_out,
    }
