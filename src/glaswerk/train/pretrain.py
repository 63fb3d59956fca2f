"""Pretraining: from shards to a base model, every setting from one size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.model.text import build, save
from glaswerk.plan.shape import Shape, parse_size, shape_for
from glaswerk.tokenizer import Shards, Tokenizer
from glaswerk.tokenizer.companions import copy_tokenizer
from glaswerk.train.checkpoints import Checkpoints
from glaswerk.train.export import tokenizer_of
from glaswerk.train.loop import LoopConfig, run
from glaswerk.train.patience import forget_best
from glaswerk.train.precision import resolve
from glaswerk.train.prediction import predict_run
from glaswerk.train.sampler import PackedSampler
from glaswerk.train.stream import Stream
from glaswerk.train.watch import Extra, Watch, Watched

RECIPE = "pretrain/2"
# Chinchilla's 20 tokens a parameter, but no document more often than this: beyond some 16 epochs
# repeated data teaches almost nothing (Muennighoff et al. 2023); facts stated ten times need several.
TOKENS_PER_PARAMETER = 20
MOST_EPOCHS = 8.0


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a user chooses. Zero means: derived from `size` and the corpus."""

    size: str = "2M"
    epochs: float = 0.0
    context: int = 256
    batch_tokens: int = 0
    learning_rate: float = 0.0
    precision: str = "auto"
    seed: int = 0
    patience: int = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """The resolved settings of a run, as `--dry-run` prints them."""

    shape: Shape
    loop: LoopConfig
    rows: int
    tokens: int
    epochs: float


def plan(shards: Shards, config: TrainConfig) -> Plan:
    """Derive everything from the size dial.

    Batch: 2,048 tokens at 2 M parameters, growing with the square root of size; learning rate:
    0.004 at 2 M, falling with the cube root (first fit; the ladder of a later issue replaces it).
    """
    _check(config)
    if config.context < 8:
        raise GlaswerkError(f"--context takes 8 tokens or more, found {config.context}")
    shape = shape_for(parse_size(config.size), _padded(shards.vocab_size), config.context)
    scale = shape.parameters / 2e6
    batch = config.batch_tokens or 1024 * max(1, round(2 * scale**0.5))
    sampler = sampler_of(shards, config, max(1, batch // config.context))
    a_step = sampler.tokens_per_epoch / sampler.steps_per_epoch
    wanted = min(TOKENS_PER_PARAMETER * shape.parameters, MOST_EPOCHS * sampler.tokens_per_epoch)
    steps = max(1, round((config.epochs * sampler.tokens_per_epoch if config.epochs else wanted) / a_step))
    rate = config.learning_rate or 0.004 * scale ** (-1 / 3)
    loop = LoopConfig(
        steps=steps,
        learning_rate=round(rate, 6),
        weight_decay=0.01,
        precision=config.precision,
        patience=config.patience,
    )
    epochs = steps / sampler.steps_per_epoch
    return Plan(shape, loop, sampler.rows, round(steps * a_step), round(epochs, 2))


def train(
    lab: Lab, config: TrainConfig, *, shards: str = "main.main", name: str = "base",
    extra: Extra | None = None,
) -> Artifact:  # fmt: skip
    """Train a base model; finished before → returned at once; interrupted before → continued.

    `extra` is measured at every validation and drawn in the run's report.
    """
    packed = lab.need("shards", shards, hint="glaswerk pack")
    opened = Shards.open(packed.path)
    planned = plan(opened, config)
    settings: dict[str, Any] = {"stage": "pretrain", "seed": config.seed, "rows": planned.rows}
    settings |= {"shape": asdict(planned.shape), "loop": planned.loop.settings()}
    spec = Spec("model", f"{name}/step-{planned.loop.steps}", RECIPE, {"shards": packed.id}, settings)
    vocabulary = tokenizer_of(lab, packed)

    def write(folder: Path) -> Mapping[str, Any]:
        tokenizer = Tokenizer.load(vocabulary)
        model = build(
            planned.shape, seed=config.seed, end_id=tokenizer.end_id, turn_end_id=tokenizer.turn_end_id
        )
        sampler, runs = sampler_of(opened, config, planned.rows), lab.run_folder(spec.id)
        watched = Watched(spec.name, runs, planned.loop.steps, planned.tokens, config.context, ("train",))
        watch = Watch(
            lab, packed, tokenizer, sampler, watched, lambda: predict_run(planned, sampler).to_json(),
            lost=sampler.lost, extra=extra,
        )  # fmt: skip
        stats = run(
            model, sampler, planned.loop, runs, label=f"train {name}", validate=watch.look,
            refresh=watch.refresh,
        )  # fmt: skip
        save(model, folder)
        copy_tokenizer(vocabulary, folder)
        stats |= {"parameters": planned.shape.parameters}
        report = watch.finish(stats)
        return {**stats, "report": report.relative_to(lab.root).as_posix()}

    made = lab.make(spec, write)
    Checkpoints(lab.run_folder(spec.id)).clear()
    forget_best(lab.run_folder(spec.id))
    return made


def sampler_of(shards: Shards, config: TrainConfig, rows: int) -> PackedSampler:
    return PackedSampler(Stream.of(shards, "train"), length=config.context, rows=rows, seed=config.seed)


def _check(config: TrainConfig) -> None:
    """Refuse what no run can be made of. Raises GlaswerkError."""
    resolve(config.precision)
    for name in ("epochs", "batch_tokens", "learning_rate", "seed", "patience"):
        value = getattr(config, name)
        if not 0 <= value < math.inf:
            raise GlaswerkError(f"--{name.replace('_', '-')} takes 0 or more, found {value}")


def _padded(vocab_size: int) -> int:
    """To a multiple of 64: matrix kernels and tensor parallelism want it."""
    return -(-vocab_size // 64) * 64
