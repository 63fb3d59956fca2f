"""Tune a model with the settings that another model's manifest records."""

from __future__ import annotations

from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.stages import CONTINUE
from glaswerk.rerun.order import loop_of, stage_of
from glaswerk.train.batches.general import GENERAL
from glaswerk.train.batches.repetition import TRAINED
from glaswerk.train.batches.sources import sources_of
from glaswerk.train.continued import ContinueConfig, continue_training
from glaswerk.train.dpo import DpoConfig, dpo
from glaswerk.train.grpo import GrpoConfig, grpo
from glaswerk.train.tune import TuneConfig, tune


def retune(
    lab: Lab, model: Artifact, base: Artifact, *, epochs: float, shards: Artifact, name: str
) -> Artifact:
    """`base` tuned with the settings of `model`: for `epochs` epochs, and on `shards` if it is chat tuning or
    continued pretraining.

    Raises GlaswerkError for a model whose tuning used a file that the lab does not store.
    """
    loop, config = loop_of(model), model.config
    common: dict[str, Any] = {"learning_rate": loop.learning_rate, "precision": loop.precision}
    if stage_of(model) == "chat":
        settings = {key: config[key] for key in ("seed", "batch_tokens", "replay", "lora")}
        settings["context"] = config.get("context", 0)
        return tune(
            lab, TuneConfig(epochs=epochs, **settings, **common), base=base.name, name=name, packed=shards
        )
    if stage_of(model) == CONTINUE:
        return _continued(lab, model, base, epochs=epochs, shards=shards, name=name)
    if stage_of(model) == "dpo":
        settings = {key: config[key] for key in ("seed", "beta", "batch_pairs")}
        return dpo(lab, DpoConfig(epochs=epochs, **settings, **common), base=base.name, name=name)
    if stage_of(model) == "grpo" and not config.get("key_digest"):
        keys = ("prompts", "samples", "max_tokens", "updates", "clip", "kl", "seed")
        settings = {key: config[key] for key in keys}
        return grpo(lab, GrpoConfig(steps=loop.steps, **settings, **common), base=base.name, name=name)
    raise GlaswerkError(
        f"{model.name} was tuned with a file that is not in the lab ({config.get('reward') or 'unknown'})",
        hint=f"glaswerk tune --method grpo --key FILE --base {base.name}",
    )


def _continued(
    lab: Lab, model: Artifact, base: Artifact, *, epochs: float, shards: Artifact, name: str
) -> Artifact:
    loop, config = loop_of(model), model.config
    general = config.get(GENERAL, {"sources": (), "share": 0.0})
    there = sources_of(lab, shards, TRAINED).names
    settings = ContinueConfig(
        epochs=epochs,
        context=int(config["context"]),
        batch_tokens=int(config["batch_tokens"]),
        learning_rate=loop.learning_rate,
        precision=loop.precision,
        seed=int(config["seed"]),
        patience=loop.patience,
        replay=tuple(source for source in general["sources"] if source in there),
        replay_share=float(general["share"]),
        lora=int(config["lora"]),
    )
    return continue_training(lab, settings, base=base.name, name=name, packed=shards)
