"""Chat tuning: a base model learns to answer, with the loss only on the assistant's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import AutoConfig, PreTrainedModel

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.model.text_network import load, save
from glaswerk.tokenizer import Shards
from glaswerk.tokenizer.tokenizer_files import copy_tokenizer
from glaswerk.train.batches.sampler import PackedSampler
from glaswerk.train.batches.stream import Stream
from glaswerk.train.checkpoint.policy import Checkpoints
from glaswerk.train.export import base_of, shards_of, tokenizer_of
from glaswerk.train.loop import LoopConfig, run
from glaswerk.train.machine.precision import resolve
from glaswerk.train.validate import check_ranges

if TYPE_CHECKING:
    from glaswerk.model.lora import Adapters

RECIPE = "tune/2"


@dataclass(frozen=True, slots=True)
class TuneConfig:
    """What a user chooses; a learning rate of zero means half of the base model's.

    `replay`: tokens of training documents per token of dialogue. Without them a model of 2 M parameters
    forgot nearly everything that no dialogue repeats (71 % to 9 % of facts, docs/log.md).
    `lora`: rank of the adapters that are trained instead of all weights; zero trains all weights.
    `context`: tokens of a row, at most the model's; zero means its context, but at most `LONGEST`.
    """

    epochs: float = 3.0
    batch_tokens: int = 2048
    replay: float = 0.6
    learning_rate: float = 0.0
    precision: str = "auto"
    seed: int = 0
    lora: int = 0
    context: int = 0


# Open models have contexts of thousands of tokens; dialogues are short, and attention costs the square.
LONGEST = 1024
LEAST = 8
# Learning rates for adopted weights, whose own is unknown: for all weights, and for adapters.
ADOPTED_RATE, LORA_RATE = 1e-4, 1e-3


def tune(
    lab: Lab, config: TuneConfig, *, base: str = "base", name: str = "chat", packed: Artifact | None = None
) -> Artifact:
    """Tune the newest checkpoint of `base` on the chat split of its shards, or of those in `packed`.

    A finished run is returned, an interrupted one resumed. Raises GlaswerkError if there is no dialogue.
    """
    resolve(config.precision)
    least = {"epochs": 0.0, "batch_tokens": 1, "learning_rate": 0, "seed": 0, "lora": 0, "context": 0}
    check_ranges(config, least)
    parent = base_of(lab, base)
    check_context(parent, config.context)
    packed = packed or shards_of(lab, parent)
    shards = Shards.open(packed.path)
    if "chat" not in shards.splits():
        raise GlaswerkError(
            "the corpus holds no dialogue to tune on",
            hint="glaswerk add chats FILE.jsonl --licence …, then curate, tokenizer, pack and train again",
        )
    sampler = chat_sampler(shards, config, context_of(parent))
    loop = LoopConfig(
        steps=max(1, round(config.epochs * sampler.steps_per_epoch)),
        learning_rate=config.learning_rate or _rate(parent, config),
        decay=0.8,
        precision=config.precision,
    )
    settings = {
        "stage": "chat",
        "seed": config.seed,
        "batch_tokens": config.batch_tokens,
        "replay": config.replay,
        "lora": config.lora,
        "loop": loop.settings(),
        **({"context": config.context} if config.context else {}),
    }
    spec = Spec(
        "model", f"{name}/step-{loop.steps}", RECIPE, {"base": parent.id, "shards": packed.id}, settings
    )
    return run_tuning(lab, spec, parent, packed, sampler)


def run_tuning(lab: Lab, spec: Spec, parent: Artifact, packed: Artifact, sampler: PackedSampler) -> Artifact:
    """`parent` tuned on the batches of `sampler` with the settings in `spec`. Resumes an interrupted run."""
    vocabulary, runs = tokenizer_of(lab, packed), lab.run_folder(spec.id)

    def write(folder: Path) -> Mapping[str, Any]:
        model = load(parent.path)
        adapters = with_adapters(model, spec.config)
        loop = LoopConfig(**spec.config["loop"])
        stats = run(model, sampler, loop, runs, label=f"tune {spec.name.partition('/')[0]}")
        if adapters is not None:
            adapters.save(folder / "adapter", parent.name)
            model = adapters.merge()
        save(model, folder)
        copy_tokenizer(vocabulary, folder)
        figures = {"parameters": parent.stats["parameters"], "lost_labels": round(sampler.lost, 6)}
        return {**stats, **figures}

    made = lab.make(spec, write)
    Checkpoints(runs).clear()
    return made


def with_adapters(model: PreTrainedModel, settings: Mapping[str, Any]) -> Adapters | None:
    """Adapters of the rank `settings["lora"]`, initialised by `settings["seed"]`; None for rank 0."""
    if not settings["lora"]:
        return None
    # Importing peft takes a second; only those who use it should wait.
    from glaswerk.model.lora import Adapters

    return Adapters.add(model, settings["lora"], seed=settings["seed"])


def chat_sampler(shards: Shards, config: TuneConfig, context: int) -> PackedSampler:
    """The sampler of `tune` for a model with that context, in tokens: dialogues with replayed documents."""
    context = row_length(context, config.context, config.batch_tokens)
    return PackedSampler(
        Stream.of(shards, "chat"),
        replay=Stream.of(shards, "train"),
        share=config.replay,
        length=context,
        rows=max(1, config.batch_tokens // context),
        seed=config.seed,
    )


def row_length(most: int, asked: int, batch_tokens: int) -> int:
    """Tokens of a row of chat tuning: `most` is the model's context, `asked` the user's choice or zero."""
    return min(most, asked or min(LONGEST, batch_tokens))


def check_context(model: Artifact, asked: int) -> None:
    """Raises GlaswerkError if rows of `asked` tokens are too short, or longer than `model` was made for."""
    most = context_of(model)
    if asked and not LEAST <= asked <= most:
        raise GlaswerkError(
            f"expected --context from {LEAST} to {most:,}, which {model.name} was made for, found {asked:,}",
            hint=f"--context {most}",
        )


def context_of(model: Artifact) -> int:
    """The context of a model, in tokens."""
    return int(AutoConfig.from_pretrained(model.path, local_files_only=True).max_position_embeddings)


def _rate(base: Artifact, config: TuneConfig) -> float:
    return LORA_RATE if config.lora else rate_of(base) / 2


def rate_of(model: Artifact) -> float:
    """The peak learning rate that a model was trained with; a default for adopted weights."""
    return float(model.config["loop"]["learning_rate"]) if "loop" in model.config else 2 * ADOPTED_RATE
