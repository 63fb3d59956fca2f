"""Chat tuning: a base model learns to answer, with the loss on the assistant's words only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.model.text import load, save
from glaswerk.tokenizer import Shards
from glaswerk.train import checkpoint
from glaswerk.train.export import copy_tokenizer, shards_of, tokenizer_of
from glaswerk.train.loop import LoopConfig, run
from glaswerk.train.sampler import PackedSampler
from glaswerk.train.stream import Stream

RECIPE = "tune/2"


@dataclass(frozen=True, slots=True)
class TuneConfig:
    """What a user chooses; zero for the learning rate means half of the base model's.

    `replay`: training documents seen beside the dialogues, in tokens per dialogue token. Without them a
    model of 2 M parameters forgot nearly all that no dialogue repeats (71 % to 9 % of facts, docs/log.md).
    """

    epochs: float = 3.0
    batch_tokens: int = 2048
    replay: float = 0.6
    learning_rate: float = 0.0
    precision: str = "auto"
    seed: int = 0


def tune(lab: Lab, config: TuneConfig, *, base: str = "base", name: str = "chat") -> Artifact:
    """Tune the newest checkpoint of `base` on the chat split of its shards."""
    parent = lab.latest("model", base)
    if parent is None:
        raise GlaswerkError(f"the lab has no model named {base!r}", hint="glaswerk train")
    packed = shards_of(lab, parent)
    shards = Shards.open(packed.path)
    if "chat" not in shards.splits():
        raise GlaswerkError(
            "the corpus holds no dialogue to tune on",
            hint="glaswerk add chats FILE.jsonl --licence …, then curate, tokenizer, pack and train again",
        )
    vocabulary = tokenizer_of(lab, packed)
    sampler = _sampler(shards, config, _context(parent))
    loop = LoopConfig(
        steps=max(1, round(config.epochs * sampler.steps_per_epoch)),
        learning_rate=config.learning_rate or _rate(parent) / 2,
        decay=0.8,
        precision=config.precision,
    )
    settings = {
        "stage": "chat",
        "seed": config.seed,
        "batch_tokens": config.batch_tokens,
        "replay": config.replay,
        "loop": loop.settings(),
    }
    spec = Spec(
        "model", f"{name}/step-{loop.steps}", RECIPE, {"base": parent.id, "shards": packed.id}, settings
    )

    def write(folder: Path) -> Mapping[str, Any]:
        model = load(parent.path)
        stats = run(model, sampler, loop, lab.run_folder(spec.id), label=f"tune {name}")
        save(model, folder)
        copy_tokenizer(vocabulary, folder)
        figures = {"parameters": parent.stats["parameters"], "lost_labels": round(sampler.lost, 6)}
        return {**stats, **figures}

    made = lab.make(spec, write)
    checkpoint.clear(lab.run_folder(spec.id))
    return made


def _sampler(shards: Shards, config: TuneConfig, context: int) -> PackedSampler:
    return PackedSampler(
        Stream.of(shards, "chat"), replay=Stream.of(shards, "train"), share=config.replay,
        length=context, rows=max(1, config.batch_tokens // context), seed=config.seed,
    )  # fmt: skip


def _context(model: Artifact) -> int:
    return int(json.loads((model.path / "config.json").read_text())["max_position_embeddings"])


def _rate(model: Artifact) -> float:
    return float(model.config["loop"]["learning_rate"])
