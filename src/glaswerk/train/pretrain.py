"""Pretraining: from shards to a base model, every setting from one size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.model.text import build, save
from glaswerk.plan.laws import batch_tokens, best_rate, embedding_ratio, wanted_tokens
from glaswerk.plan.shape import Shape, parse_size, shape_for
from glaswerk.tokenizer import Shards, Tokenizer
from glaswerk.tokenizer.companions import copy_tokenizer
from glaswerk.train.branch import begin_branch
from glaswerk.train.checkpoints import Checkpoints, Keep, remembered, written_steps
from glaswerk.train.compiling import compiles
from glaswerk.train.consecutive import Consecutive
from glaswerk.train.export import tokenizer_of
from glaswerk.train.last import LAST, Last, LastSampler
from glaswerk.train.loop import LoopConfig, run
from glaswerk.train.numbers import check_numbers
from glaswerk.train.optimizer import UNTIED
from glaswerk.train.patience import forget_best
from glaswerk.train.precision import resolve
from glaswerk.train.prediction import Where, predict, predict_run
from glaswerk.train.sampler import PackedSampler
from glaswerk.train.stream import Stream
from glaswerk.train.together import make_together
from glaswerk.train.watch import Extra, Watch, Watched
from glaswerk.train.world import World

RECIPE = "pretrain/3"


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a user chooses. Zero means: derived from `size` and the corpus.

    `last`: sources whose documents come in the last part of the run alone, see `LastSampler`.
    `branch`: follow the run with otherwise these settings to that step, then decay over `decay_steps`.
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
class Plan:
    """The resolved settings of a run, as `--dry-run` prints them; `last` with the step that it begins at."""

    shape: Shape
    loop: LoopConfig
    rows: int
    tokens: int
    epochs: float
    last: Last | None = None


def plan(shards: Shards, config: TrainConfig, last: Last | None = None) -> Plan:
    """Derive everything from the size and the corpus, by the laws of `glaswerk.plan.laws`.

    `last`: the documents of `config.last`.
    """
    _check(config)
    shape = shape_for(
        parse_size(config.size), _padded(shards.vocab_size), config.context,
        depth=config.depth, tied=not config.untied,
    )  # fmt: skip
    epoch = len(shards.tokens("train"))
    tokens = round(config.epochs * epoch) or wanted_tokens(shape.parameters, epoch)
    batch = config.batch_tokens or batch_tokens(tokens)
    sampler = sampler_of(shards, config, max(1, batch // config.context), last)
    a_step = sampler.tokens_per_epoch / sampler.steps_per_epoch
    rate = config.learning_rate or best_rate(shape.width, tokens, sampler.rows * config.context)
    loop = LoopConfig(
        # Up: an epoch that was asked for leaves no document out.
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
        # What patience may go back to has seen the last sources, too.
        last, loop = replace(last, at=at), replace(loop, steps=steps, branch_at=at)
    epochs = loop.steps / sampler.steps_per_epoch
    return Plan(shape, loop, sampler.rows, round(loop.steps * a_step), round(epochs, 2), last)


def _branched(loop: LoopConfig, config: TrainConfig) -> LoopConfig:
    """The decay that leaves `loop` at a step. Raises GlaswerkError where none can."""
    decay = config.decay_steps or round(loop.decay / (1 - loop.decay) * config.branch)
    loop = replace(loop, steps=config.branch + decay, trunk=loop.steps, branch_at=config.branch)
    loop.schedule()
    return loop


def train(
    lab: Lab, config: TrainConfig, *, shards: str = "main.main", name: str = "base",
    extra: Extra | None = None, keep: Keep | None = None, world: World | None = None,
) -> Artifact:  # fmt: skip
    """Train a base model; finished before → returned at once; interrupted before → continued.

    `extra` is measured at every validation and drawn in the run's report; the milestones of `keep` stay when
    the run is over, and one where the sources that come last begin. Every rank of `world` calls this with
    the same arguments. Raises GlaswerkError where a finished run has not kept the milestones of `keep`.
    """
    world = world or World.alone()
    packed = lab.need("shards", shards, hint="glaswerk pack")
    opened = Shards.open(packed.path)
    planned = plan(opened, config, Last.of(lab, packed, config.last))
    asked = keep
    if planned.last:
        keep = keep or Keep()
        keep = replace(keep, steps=(*keep.steps, planned.last.at))
    spec = _spec(packed, config, planned, name)
    if config.branch and world.first:
        whole = replace(config, branch=0, decay_steps=0)
        trunk = _spec(packed, whole, plan(opened, whole), name)
        begin_branch(lab.run_folder(trunk.id), config.branch, lab.run_folder(spec.id))
    sampler = sampler_of(opened, config, planned.rows, planned.last)
    if isinstance(sampler, LastSampler):
        sampler.check_ranks(world.parallel.data_ranks)
    job = Job(spec, packed, planned, sampler, config.seed, config.compile)
    made = carry_out(lab, job, extra=extra, keep=keep, world=world)
    if asked and world.first:
        _check_milestones(asked, written_steps(lab.run_folder(spec.id)), planned.loop.steps)
    return made


@dataclass(frozen=True, slots=True)
class Job:
    """A run to be carried out: what decides its model, the shards that it is watched by, and its batches."""

    spec: Spec
    packed: Artifact
    planned: Plan
    sampler: PackedSampler | Consecutive
    seed: int
    compile: str = "auto"


def carry_out(
    lab: Lab, job: Job, *, extra: Extra | None = None, keep: Keep | None = None, world: World | None = None
) -> Artifact:
    """The model of `job`, going on from the newest checkpoint in the folder of its run (see `train`)."""
    world = world or World.alone()
    planned, sampler, name = job.planned, job.sampler, job.spec.name
    vocabulary, runs = tokenizer_of(lab, job.packed), lab.run_folder(job.spec.id)

    def write(folder: Path | None) -> Mapping[str, Any]:
        tokenizer = Tokenizer.load(vocabulary)
        model = build(
            planned.shape, seed=job.seed, end_id=tokenizer.end_id, turn_end_id=tokenizer.turn_end_id
        )
        watched = Watched(name, runs, planned.loop.steps, planned.tokens, planned.shape.context)
        watch = Watch(
            lab, job.packed, tokenizer, sampler, watched,
            lambda: predict_run(planned, sampler, world.size).to_json(),
            lost=sampler.lost, extra=extra, writes=world.first,
        )  # fmt: skip
        seconds = predict(planned, Where(devices=world.size), sampler).seconds
        loop = replace(planned.loop, compile=compiles(job.compile, seconds))
        stats = run(
            model, sampler, loop, runs, label=f"train {name.partition('/')[0]}", validate=watch.look,
            refresh=watch.refresh, world=world, keep=keep, input_ratio=UNTIED,
        )  # fmt: skip
        whole = world.gathered(model)
        if whole is None or folder is None:
            return stats
        save(whole, folder)
        copy_tokenizer(vocabulary, folder)
        stats |= {"parameters": planned.shape.parameters, "ranks": world.size}
        report = watch.finish(stats)
        return {**stats, "report": report.relative_to(lab.root).as_posix()}

    keep = remembered(runs, keep or Keep()) if world.first else keep
    made = make_together(lab, job.spec, world, write)
    if world.first:
        Checkpoints(runs, keep=keep, steps=planned.loop.steps).clear()
        if not written_steps(runs):  # a run that goes on from a milestone may need them
            forget_best(runs)
    return made


def _check_milestones(asked: Keep, written: Sequence[int], steps: int) -> None:
    """Raises GlaswerkError where milestones were asked of a run that was over before."""
    missing = sorted(asked.milestones(steps) - set(written))
    if missing:
        raise GlaswerkError(
            f"the run is finished and kept no checkpoint of step {missing[0]} (there: {written or 'none'})",
            hint="train with another --seed and --milestones from the start",
        )


def _spec(packed: Artifact, config: TrainConfig, planned: Plan, name: str) -> Spec:
    settings: dict[str, Any] = {"stage": "pretrain", "seed": config.seed, "rows": planned.rows}
    settings |= {"shape": asdict(planned.shape), "loop": planned.loop.settings()}
    settings |= {LAST: planned.last.to_json()} if planned.last else {}
    return Spec("model", f"{name}/step-{planned.loop.steps}", RECIPE, {"shards": packed.id}, settings)


def sampler_of(
    shards: Shards, config: TrainConfig, rows: int, last: Last | None = None
) -> PackedSampler | LastSampler:
    stream = Stream.of(shards, "train")
    if last:
        return LastSampler(stream, last, length=config.context, rows=rows, seed=config.seed)
    return PackedSampler(stream, length=config.context, rows=rows, seed=config.seed)


def _check(config: TrainConfig) -> None:
    """Refuse what no run can be made of. Raises GlaswerkError."""
    resolve(config.precision)
    compiles(config.compile, 0.0)
    numbers = {
        "epochs", "learning_rate", "batch_tokens", "seed", "patience", "micro_rows", "branch", "decay_steps",
        "depth",
    }  # fmt: skip
    check_numbers(config, dict.fromkeys(numbers, 0.0) | {"context": 8.0})
    if config.last and config.branch:
        raise GlaswerkError(
            "--branch leaves a run early, and what comes last in it would be missing",
            hint="leave --last or --branch out",
        )


def _padded(vocab_size: int) -> int:
    """To a multiple of 64: matrix kernels and tensor parallelism want it."""
    return -(-vocab_size // 64) * 64
