"""The plan of a pretraining run: every setting, derived from a size and a corpus."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from glaswerk.core.errors import GlaswerkError
from glaswerk.plan.enough import data_warnings
from glaswerk.plan.laws import batch_tokens, best_rate, embedding_ratio, wanted_tokens
from glaswerk.plan.shape import Shape, parse_size, shape_for
from glaswerk.tokenizer import Shards
from glaswerk.train.batches.last_sources import Last, LastSampler
from glaswerk.train.batches.sampler import PackedSampler
from glaswerk.train.batches.stream import Stream
from glaswerk.train.loop import LoopConfig
from glaswerk.train.machine.compiling import compiles
from glaswerk.train.machine.precision import resolve
from glaswerk.train.validate import check_ranges


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a user chooses. Zero means: derived from `size` and the corpus.

    `context` is in tokens, `batch_tokens` in tokens per step. `last`: sources whose documents come only in
    the last part of the run, see `LastSampler`. `branch`: follow the run with otherwise equal settings up to
    that step, then decay over `decay_steps`.
    """

    size: str = "2M"
    depth: int = 0
    untied: bool = False
    epochs: float = 0.0
    context: int = 256
    batch_tokens: int = 0
    learning_rate: float = 0.0
    precision: str = "auto"
    seed: int = 0
    patience: int = 2
    micro_rows: int = 0
    compile: str = "auto"
    branch: int = 0
    decay_steps: int = 0
    last: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainPlan:
    """The resolved settings of a run, as `--dry-run` prints them; `last` includes the step it begins at."""

    shape: Shape
    loop: LoopConfig
    rows: int
    tokens: int
    epochs: float
    last: Last | None = None


def plan(shards: Shards, config: TrainConfig, last: Last | None = None) -> TrainPlan:
    """Derive everything from the size and the corpus, by the laws of `glaswerk.plan.laws`.

    `last`: the documents of `config.last`. Raises GlaswerkError for settings that no run can have.
    """
    _check(config)
    shape = shape_for(
        parse_size(config.size),
        _padded(shards.vocab_size),
        config.context,
        depth=config.depth,
        tied=not config.untied,
    )
    epoch = len(shards.tokens("train"))
    tokens = round(config.epochs * epoch) or wanted_tokens(shape.parameters, epoch)
    batch = config.batch_tokens or batch_tokens(tokens)
    sampler = sampler_of(shards, config, max(1, batch // config.context), last)
    a_step = sampler.tokens_per_epoch / sampler.steps_per_epoch
    rate = config.learning_rate or best_rate(shape.width, tokens, sampler.rows * config.context)
    loop = LoopConfig(
        # Round up, so that a requested epoch covers every document.
        steps=max(1, math.ceil(tokens / a_step - 1e-9)),
        micro_rows=config.micro_rows,
        learning_rate=rate,
        embedding_ratio=embedding_ratio(shape.width),
        weight_decay=0.01,
        precision=config.precision,
        patience=config.patience,
    )
    if config.branch:
        loop = _branched(loop, config)
    if last and isinstance(sampler, LastSampler):
        at, steps = sampler.ends(config.epochs * sampler.tokens_per_epoch or tokens)
        # Early stopping may restore only weights that have seen the last sources, too.
        last, loop = replace(last, at=at), replace(loop, steps=steps, branch_at=at)
    epochs = loop.steps / sampler.steps_per_epoch
    return TrainPlan(shape, loop, sampler.rows, round(loop.steps * a_step), round(epochs, 2), last)


def plan_warnings(shards: Shards, planned: TrainPlan) -> list[str]:
    """Why the shards have too little text for this plan, each with its figures; empty if they suffice."""
    tokens, step = len(shards.tokens("train")), planned.rows * planned.shape.context
    return data_warnings(planned.shape.parameters, tokens, planned.epochs, step)


def _branched(loop: LoopConfig, config: TrainConfig) -> LoopConfig:
    """The decay that branches from `loop` at a step. Raises GlaswerkError if none can branch there."""
    decay = config.decay_steps or round(loop.decay / (1 - loop.decay) * config.branch)
    loop = replace(loop, steps=config.branch + decay, trunk=loop.steps, branch_at=config.branch)
    loop.schedule()
    return loop


def sampler_of(
    shards: Shards, config: TrainConfig, rows: int, last: Last | None = None
) -> PackedSampler | LastSampler:
    """The sampler of a run: `rows` rows of `config.context` tokens per step, sources of `last` at the end."""
    stream = Stream.of(shards, "train")
    if last:
        return LastSampler(stream, last, length=config.context, rows=rows, seed=config.seed)
    return PackedSampler(stream, length=config.context, rows=rows, seed=config.seed)


def _check(config: TrainConfig) -> None:
    """Raises GlaswerkError for settings that no run can have."""
    resolve(config.precision)
    compiles(config.compile, 0.0)
    numbers = {
        "epochs",
        "learning_rate",
        "batch_tokens",
        "seed",
        "patience",
        "micro_rows",
        "branch",
        "decay_steps",
        "depth",
    }
    check_ranges(config, dict.fromkeys(numbers, 0.0) | {"context": 8.0})
    if config.last and config.branch:
        raise GlaswerkError(
            "--branch leaves a run before its last part, so that the sources of --last would be missing",
            hint="leave out --last or --branch",
        )


def _padded(vocab_size: int) -> int:
    """Rounded up to a multiple of 64, as matrix kernels and tensor parallelism need."""
    return -(-vocab_size // 64) * 64
