"""Pretraining: from shards to a base model, with every setting derived from one size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.next_commands import pack_command
from glaswerk.core.terminal import note
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.model.text_network import build, save
from glaswerk.tokenizer import Shards, Tokenizer
from glaswerk.tokenizer.tokenizer_files import copy_tokenizer
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
from glaswerk.train.plan import TrainConfig, TrainPlan, plan, plan_warnings, sampler_of
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
    """Train a base model. A finished run is returned at once, an interrupted one resumed.

    `extra` is measured at every validation and plotted in the run's report. The milestones of `keep` stay
    after the run, and so does the checkpoint from which the sources that come last begin. Every rank of
    `world` calls this with the same arguments. Raises GlaswerkError if the run is finished already and did
    not keep the milestones of `keep`.
    """
    world = world or World.alone()
    packed = lab.need("shards", shards, hint=pack_command(shards))
    opened = Shards.open(packed.path)
    planned = plan(opened, config, Last.of(lab, packed, config.last))
    if world.first:
        note(*(f"warning: {words}" for words in plan_warnings(opened, planned)))
    requested = keep
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
    if requested and world.first:
        _check_milestones(requested, written_steps(lab.run_folder(spec.id)), planned.loop.steps)
    return made


@dataclass(frozen=True, slots=True)
class PretrainJob:
    """A pretraining run: the spec of its model, its resolved plan, its shards, and its sampler.

    `packed`: the shards whose held-out text the monitor measures.
    """

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
    """The model of `job`; resumes from the newest checkpoint in the folder of its run (see `train`)."""
    world = world or World.alone()
    vocabulary, runs = tokenizer_of(lab, job.packed), lab.run_folder(job.spec.id)

    def write(folder: Path | None) -> Mapping[str, Any]:
        tokenizer = Tokenizer.load(vocabulary)
        end, turn_end = tokenizer.end_id, tokenizer.turn_end_id
        model = build(job.planned.shape, seed=job.seed, end_id=end, turn_end_id=turn_end)
        monitor = _monitor(lab, job, tokenizer, runs, extra, world)
        stats = _run_loop(job, model, runs, monitor, keep, world)
        whole = world.gathered(model)
        if whole is None or folder is None:
            return stats
        save(whole, folder)
        copy_tokenizer(vocabulary, folder)
        stats |= {"parameters": job.planned.shape.parameters, "ranks": world.size}
        report = monitor.finish(stats)
        return {**stats, "report": report.relative_to(lab.root).as_posix()}

    keep = remembered(runs, keep or Keep()) if world.first else keep
    made = make_collective_artifact(lab, job.spec, world, write)
    if world.first:
        Checkpoints(runs, keep=keep, steps=job.planned.loop.steps).clear()
        if not written_steps(runs):  # a run that resumes from a milestone may need them
            forget_best(runs)
    return made


def _monitor(
    lab: Lab, job: PretrainJob, tokenizer: Tokenizer, runs: Path, extra: Extra | None, world: World
) -> RunMonitor:
    """The monitor of a job, which predicts the run before its first step."""
    planned, sampler = job.planned, job.sampler
    monitored = MonitoredRun(job.spec.name, runs, planned.loop.steps, planned.tokens, planned.shape.context)
    return RunMonitor(
        lab,
        job.packed,
        tokenizer,
        sampler,
        monitored,
        lambda: predict_run(planned, sampler, world.size).to_json(),
        lost=sampler.lost,
        extra=extra,
        writes=world.first,
    )


def _run_loop(
    job: PretrainJob,
    model: PreTrainedModel,
    runs: Path,
    monitor: RunMonitor,
    keep: Keep | None,
    world: World,
) -> dict[str, Any]:
    """Train `model`; compiled if that was chosen or the predicted time makes it worthwhile."""
    seconds = predict(job.planned, Target(devices=world.size), job.sampler).seconds
    return run(
        model,
        job.sampler,
        replace(job.planned.loop, compile=compiles(job.compile, seconds)),
        runs,
        label=f"train {job.spec.name.partition('/')[0]}",
        validate=monitor.validate,
        refresh=monitor.refresh,
        world=world,
        keep=keep,
        input_ratio=UNTIED,
    )


def _check_milestones(requested: Keep, written: Sequence[int], steps: int) -> None:
    """Raises GlaswerkError if a requested milestone is missing because the run had finished before."""
    missing = sorted(requested.milestones(steps) - set(written))
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
