"""Pretraining: from shards to a base model, every setting from one size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.model.text import build, save
from glaswerk.tokenizer import Shards, Tokenizer
from glaswerk.tokenizer.companions import copy_tokenizer
from glaswerk.train.batches.consecutive import Consecutive
from glaswerk.train.batches.last_sources import LAST, Last, LastSampler
from glaswerk.train.batches.sampler import PackedSampler
from glaswerk.train.checkpoint.branch import begin_branch
from glaswerk.train.checkpoint.policy import Checkpoints, Keep, remembered, written_steps
from glaswerk.train.early_stopping import forget_best
from glaswerk.train.export import tokenizer_of
from glaswerk.train.forecast.prediction import Target, predict, predict_run
from glaswerk.train.loop import run
from glaswerk.train.machine.compiling import compiles
from glaswerk.train.optim.optimizer import UNTIED
from glaswerk.train.parallel.collective_artifact import make_collective_artifact
from glaswerk.train.parallel.world import World
from glaswerk.train.plan import TrainConfig, TrainPlan, plan, sampler_of
from glaswerk.train.report.monitor import Extra, MonitoredRun, RunMonitor

RECIPE = "pretrain/3"


def train(
    lab: Lab,
    config: TrainConfig,
    *,
    shards: str = "main.main",
    name: str = "base",
    extra: Extra | None = None,
    keep: Keep | None = None,
    world: World | None = None,
) -> Artifact:
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
    job = PretrainJob(spec, packed, planned, sampler, config.seed, config.compile)
    made = run_pretraining(lab, job, extra=extra, keep=keep, world=world)
    if asked and world.first:
        _check_milestones(asked, written_steps(lab.run_folder(spec.id)), planned.loop.steps)
    return made


@dataclass(frozen=True, slots=True)
class PretrainJob:
    """A run to be carried out: what decides its model, the shards that it is watched by, and its batches."""

    spec: Spec
    packed: Artifact
    planned: TrainPlan
    sampler: PackedSampler | Consecutive
    seed: int
    compile: str = "auto"


def run_pretraining(
    lab: Lab,
    job: PretrainJob,
    *,
    extra: Extra | None = None,
    keep: Keep | None = None,
    world: World | None = None,
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
        watched = MonitoredRun(name, runs, planned.loop.steps, planned.tokens, planned.shape.context)
        monitor = RunMonitor(
            lab,
            job.packed,
            tokenizer,
            sampler,
            watched,
            lambda: predict_run(planned, sampler, world.size).to_json(),
            lost=sampler.lost,
            extra=extra,
            writes=world.first,
        )
        seconds = predict(planned, Target(devices=world.size), sampler).seconds
        loop = replace(planned.loop, compile=compiles(job.compile, seconds))
        stats = run(
            model,
            sampler,
            loop,
            runs,
            label=f"train {name.partition('/')[0]}",
            validate=monitor.validate,
            refresh=monitor.refresh,
            world=world,
            keep=keep,
            input_ratio=UNTIED,
        )
        whole = world.gathered(model)
        if whole is None or folder is None:
            return stats
        save(whole, folder)
        copy_tokenizer(vocabulary, folder)
        stats |= {"parameters": planned.shape.parameters, "ranks": world.size}
        report = monitor.finish(stats)
        return {**stats, "report": report.relative_to(lab.root).as_posix()}

    keep = remembered(runs, keep or Keep()) if world.first else keep
    made = make_collective_artifact(lab, job.spec, world, write)
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


def _spec(packed: Artifact, config: TrainConfig, planned: TrainPlan, name: str) -> Spec:
    settings: dict[str, Any] = {"stage": "pretrain", "seed": config.seed, "rows": planned.rows}
    settings |= {"shape": asdict(planned.shape), "loop": planned.loop.settings()}
    settings |= {LAST: planned.last.to_json()} if planned.last else {}
    return Spec("model", f"{name}/step-{planned.loop.steps}", RECIPE, {"shards": packed.id}, settings)
