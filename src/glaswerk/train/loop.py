"""The training loop of every stage: stages differ only in their sampler and their objective."""

from __future__ import annotations

import json
import math
import os
import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from torch.optim import Optimizer
from transformers import PreTrainedModel

from glaswerk.core.errors import GlaswerkError, Interrupted
from glaswerk.core.files import write_atomic
from glaswerk.core.progress import progress_bar
from glaswerk.train.batches.batches import Batch, Sampler
from glaswerk.train.checkpoint.file import Progress
from glaswerk.train.checkpoint.metrics import METRICS, rewind
from glaswerk.train.checkpoint.policy import Checkpoints, Keep
from glaswerk.train.early_stopping import EarlyStopping, best_row
from glaswerk.train.machine.compiling import compile_network, forget_compiled, has_compiler, not_compiled
from glaswerk.train.machine.environment import environment
from glaswerk.train.machine.memory import is_out_of_memory, keep_freed_memory
from glaswerk.train.machine.precision import autocast, resolve
from glaswerk.train.machine.signals import stop_signals
from glaswerk.train.objective.next_token import Network, Objective, next_token
from glaswerk.train.optim.averages import averaged, exchange
from glaswerk.train.optim.optimizer import optimizers, set_precision, set_rate
from glaswerk.train.optim.schedule import Schedule, wsd
from glaswerk.train.parallel.ranks import Ranks
from glaswerk.train.parallel.world import World

# A kill loses at most this much work; writing 25 MB takes 0.1 s, less than 1 % of the time.
CHECKPOINT_SECONDS = 15.0
VALIDATIONS = 10


@dataclass(frozen=True, slots=True)
class LoopConfig:
    """Settings of a run, in optimizer steps; `warmup` and `decay` are shares of `steps`.

    `learning_rate` is that of matrices; embeddings have `embedding_ratio` times as much. The schedule is in
    `train/optim/schedule.py`. `precision`: see `resolve`. `micro_rows`: rows computed at once, 0 for as many
    as fit into memory. `compile`: see `compile_network`. `patience`: see `EarlyStopping`.
    A branch follows a run of `trunk` steps up to `branch_at`, then decays until `steps`. Without a trunk,
    `branch_at` is only the step from which early stopping counts.
    """

    steps: int
    learning_rate: float
    embedding_ratio: float = 1.0
    weight_decay: float = 0.0
    warmup: float = 0.02
    decay: float = 0.4
    clip: float = 1.0
    precision: str = "auto"
    micro_rows: int = 0
    compile: bool = False
    patience: int = 0
    trunk: int = 0
    branch_at: int = 0

    def schedule(self) -> Schedule:
        """The schedule of the learning rate. Raises GlaswerkError if no branch can leave the trunk there."""
        if not self.trunk:
            return wsd(self.steps, warmup=self.warmup, decay=self.decay)
        whole = wsd(self.trunk, warmup=self.warmup, decay=self.decay)
        return whole.branch(self.branch_at, self.steps - self.branch_at)

    def settings(self) -> dict[str, Any]:
        """The fields that identify a run. Left out: those that change a result only by rounding."""
        rounding = {"micro_rows", "compile"}
        return {name: value for name, value in asdict(self).items() if name not in rounding}


Validate = Callable[[PreTrainedModel], dict[str, Any]]
Rows = list[dict[str, Any]]
Refresh = Callable[[Rows], None]
Optimise = Callable[[PreTrainedModel], list[Optimizer]]


def run(
    model: PreTrainedModel,
    sampler: Sampler,
    config: LoopConfig,
    folder: Path,
    *,
    label: str,
    objective: Objective = next_token,
    validate: Validate = lambda model: {},
    world: World | None = None,
    keep: Keep | None = None,
    refresh: Refresh = lambda rows: None,
    input_ratio: float = 1.0,
    optimise: Optimise | None = None,
) -> dict[str, Any]:
    """Train `model` in place for `config.steps`, resuming from `folder` if an earlier run stopped there.

    Each rank of `world` (by default this process alone) calls it with the same arguments; the weights of
    `model` are then sharded among the ranks in place.
    Appends one row per step to `folder/metrics.jsonl`; ten of them include `validate(model)`, which must not
    change the weights, and after each of these `refresh` gets all rows. `input_ratio`: see `optimizers`;
    `optimise` makes other ones, Averages among them if the run is to end with these.
    Returns the figures for the manifest: of all steps, or, if the run was stopped early, of those up to the
    best validation, whose weights the model then has.
    Raises Interrupted, after saving, on SIGINT or SIGTERM; GlaswerkError if the loss or the gradient is not
    finite (the last checkpoint stays) and if there is not enough memory for one row.
    """
    folder.mkdir(parents=True, exist_ok=True)
    keep_freed_memory()
    world = world or World.alone()
    ranks = world.ranks()
    checkpoints = Checkpoints(folder, keep=keep, steps=config.steps, ranks=ranks)

    def default(model: PreTrainedModel) -> list[Optimizer]:
        return _optimizers(model, config, input_ratio)

    start = _start(model, config, checkpoints, world, ranks, optimise or default)
    config, done = start.config, start.done
    rows = ranks.of_first(rewind(folder, done.step) if world.first else [])
    stopping = EarlyStopping(config.patience, folder, world, since=config.branch_at)
    step_of = Step(start.network, start.parts, objective, config, world)
    training = _Training(model, sampler, folder, start, step_of, world, checkpoints, stopping, rows)
    seconds = training.run(label, validate, refresh)
    exchange(start.parts)
    rows, ended = _end(model, config, rows, done.step, stopping)
    figures = {"precision": config.precision, "environment": environment(world.device), **ended}
    return {**_figures(rows, seconds, sampler), **figures}


class _Training:
    """The steps that are left of a run; `rows` are the metrics of those before, and grow."""

    def __init__(
        self,
        model: PreTrainedModel,
        sampler: Sampler,
        folder: Path,
        start: _Start,
        step_of: Step,
        world: World,
        checkpoints: Checkpoints,
        stopping: EarlyStopping,
        rows: Rows,
    ) -> None:
        self._model, self._sampler, self._folder, self._start = model, sampler, folder, start
        self._step_of, self._world, self._checkpoints = step_of, world, checkpoints
        self._stopping, self._rows = stopping, rows
        self._started = self._saved = time.perf_counter()

    def run(self, label: str, validate: Validate, refresh: Refresh) -> float:
        """Take the steps; returns the seconds of training, those before an interruption included."""
        config, done = self._start.config, self._start.done
        with (
            self._checkpoints,
            stop_signals() as stopped,
            (self._folder / METRICS if self._world.first else Path(os.devnull)).open("a") as metrics,
            progress_bar(
                label, config.steps, start=done.step, unit="step", hidden=not self._world.first
            ) as bar,
        ):
            if config.compile:
                bar.advance(0, "compiling")
            for step in range(done.step, config.steps):
                if self._stopping.should_stop(self._rows):
                    break
                row = self._step(step)
                validates = (step + 1) % max(1, config.steps // VALIDATIONS) == 0
                if validates:
                    row |= self._validation(validate)
                self._rows.append(row)
                metrics.write(json.dumps(row) + "\n")
                if validates:
                    self._stopping.record(self._rows, self._model)
                    refresh(self._rows)
                bar.advance(note=f"loss {row['loss']:.3f}  {row['tokens_per_second']:,} tok/s")
                self._save_if_due(step + 1, stopped, metrics)
        return self._seconds()

    def _step(self, step: int) -> dict[str, Any]:
        """Take one step; its row of the metrics."""
        clock = time.perf_counter()
        try:
            row: dict[str, Any] = {"step": step, **self._step_of(self._sampler.batch(step), step)}
        except FloatingPointError as error:
            raise _lost(self._folder, self._sampler, step, error) from None
        row["tokens_per_second"] = round(row["tokens"] / (time.perf_counter() - clock))
        return row

    def _validation(self, validate: Validate) -> dict[str, Any]:
        eager = not_compiled() if self._start.config.compile else nullcontext()
        with eager, averaged(self._start.parts):
            return self._world.evaluate(self._start.network, validate)

    def _save_if_due(self, step: int, stopped: Callable[[], bool], metrics: TextIO) -> None:
        """Save after `step` steps if a checkpoint is due; raise Interrupted if some rank was stopped."""
        late = time.perf_counter() - self._saved > CHECKPOINT_SECONDS
        stop, due = self._world.any(stopped(), late or self._checkpoints.due(step))
        if stop or due:
            metrics.flush()
            self._save(step)
            self._saved = time.perf_counter()
        if stop:
            raise Interrupted(step, self._start.config.steps)

    def _save(self, step: int) -> None:
        config, world = self._start.config, self._world
        parallel = str(world.parallel)
        progress = Progress(step, self._seconds(), config.precision, world.size, parallel, config.compile)
        self._checkpoints.save(self._model, self._start.parts, progress)

    def _seconds(self) -> float:
        return self._start.done.seconds + time.perf_counter() - self._started


def _end(
    model: PreTrainedModel, config: LoopConfig, rows: Rows, began: int, stopping: EarlyStopping
) -> tuple[Rows, dict[str, Any]]:
    """The rows of the steps that `model` keeps, and how a run that `began` at a step ended.

    Drops the compiled network; if the run was stopped early, restores the best weights.
    """
    ended: dict[str, Any] = {}
    if config.compile:
        forget_compiled(model)
        ended["warmup_seconds"] = round(_warmup(rows[began:]), 1)
    if stopping.should_stop(rows):
        stopping.restore(model)
        ended["stopped_at"] = len(rows)
        rows = rows[: best_row(rows, since=config.branch_at) + 1]
    return rows, ended


@dataclass(frozen=True, slots=True)
class _Start:
    """What a run starts with; if it resumes, the state of its newest checkpoint."""

    config: LoopConfig
    network: Network
    parts: list[Optimizer]
    done: Progress


def _start(
    model: PreTrainedModel,
    config: LoopConfig,
    checkpoints: Checkpoints,
    world: World,
    ranks: Ranks,
    optimise: Optimise,
) -> _Start:
    """The sharded model and its optimizers, filled from the newest checkpoint if there is one."""
    found = checkpoints.newest()
    done = found.progress if found else Progress()
    # A run keeps its precision, although the probe might choose another one on another machine.
    precision = done.precision or ranks.of_first(resolve(config.precision))
    wanted = done.compiled if found else config.compile
    compiled = ranks.of_first(wanted and has_compiler() and world.parallel.whole_layers)
    config = replace(config, precision=precision, compile=compiled)
    network = Network(model)
    if compiled:
        compile_network(model, whole=world.size == 1 and world.device.type == "cpu")
    world.distribute(network, precision)
    parts = optimise(model)
    set_precision(parts, precision)
    if found:
        checkpoints.load(found, model, parts)
    model.train()
    return _Start(config, network, parts, done)


def _optimizers(model: PreTrainedModel, config: LoopConfig, input_ratio: float) -> list[Optimizer]:
    return optimizers(
        model,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        embedding_ratio=config.embedding_ratio,
        input_ratio=input_ratio,
    )


def _warmup(rows: list[dict[str, Any]]) -> float:
    """How many seconds longer the first of `rows` took than the median row."""
    seconds = [row["tokens"] / max(row["tokens_per_second"], 1) for row in rows]
    return seconds[0] - statistics.median(seconds) if seconds else 0.0


def _figures(rows: list[dict[str, Any]], seconds: float, sampler: Sampler) -> dict[str, Any]:
    tokens = sum(row["tokens"] for row in rows)
    last = [row["loss"] for row in rows[-50:]]
    curve, seen = [], 0
    for row in rows:
        seen += row["tokens"]
        if "bits_per_byte" in row:
            curve.append([seen, row["bits_per_byte"]])
    return {
        "steps": len(rows),
        "tokens": tokens,
        "train_loss": sum(last) / len(last),
        "train_seconds": round(seconds, 1),
        "tokens_per_second": round(tokens / max(seconds, 1e-9)),
        "epochs": round(len(rows) / sampler.steps_per_epoch, 2),
        "bits_per_byte": curve,
    }


class Step:
    """One optimizer step: forward and backward in micro-batches that fit into memory, then the update.

    The learning rate of each step is `config.learning_rate` times the factor of `config.schedule()`.
    """

    def __init__(
        self, network: Network, parts: list[Optimizer], objective: Objective, config: LoopConfig, world: World
    ) -> None:
        self._network, self._parts, self._objective, self._config = network, parts, objective, config
        self._world = world
        self._micro = config.micro_rows
        self._schedule = config.schedule()

    def __call__(self, batch: Batch, step: int) -> dict[str, float]:
        """Take the step; its figures. Raises FloatingPointError, before any update, if loss or gradient norm
        is not finite."""
        rate = self._rate(step)
        report = self._gradients(batch)
        if not math.isfinite(report["loss"]):
            raise FloatingPointError(f"the loss is {report['loss']}")
        norm = self._world.clip(self._network.parameters(), self._config.clip)
        if not math.isfinite(norm):
            raise FloatingPointError(f"the gradient's norm is {norm}")
        for part in self._parts:
            part.step()
            part.zero_grad(set_to_none=True)
        return {**report, "rate": rate, "norm": norm, "tokens": batch.tokens}

    def _rate(self, step: int) -> float:
        rate = self._config.learning_rate * self._schedule.factor(step)
        for part in self._parts:
            set_rate(part, rate)
        return rate

    def _gradients(self, batch: Batch) -> dict[str, float]:
        """Add up the gradients of the whole batch; halve the rows computed at once if memory runs out."""
        total, part = batch.counted(), self._world.part(batch)
        while True:
            rows = self._micro or len(part.inputs)
            try:
                return self._world.sums(self._in_parts(part, rows, total))
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                self._network.zero_grad(set_to_none=True)
                if rows == 1 or self._world.size > 1:  # a rank cannot change its step alone
                    raise GlaswerkError(
                        f"not enough memory for {'one row' if rows == 1 else f'{rows} rows'} of "
                        f"{part.inputs.shape[1]} tokens: {error}",
                        hint=f"train with --micro-rows {rows // 2}"
                        if rows > 1
                        else "train with a smaller --context or --size",
                    ) from error
                self._micro = -(-rows // 2)

    def _in_parts(self, batch: Batch, rows: int, total: int) -> dict[str, float]:
        sums = dict[str, float]()
        for part in batch.micro(rows):
            with autocast(self._config.precision, self._world.device):
                report, loss = self._network(self._objective, part, total)
            loss.backward()
            for name, value in report.items():
                sums[name] = sums.get(name, 0.0) + value.item()
        return sums


def _lost(folder: Path, sampler: Sampler, step: int, error: FloatingPointError) -> GlaswerkError:
    """The error for a loss that is not finite; writes what the step saw to `lost-batch.json`."""
    spans = sampler.spans(step)
    path = folder / "lost-batch.json"
    write_atomic(path, json.dumps([span._asdict() for span in spans], indent=1) + "\n")
    names = list(dict.fromkeys(span.document for span in spans))
    return GlaswerkError(
        f"{error} at step {step}, which saw {len(names)} documents ({', '.join(names[:3])}, …); "
        f"all of them are listed in {path}; checkpoints of earlier steps are kept",
        hint="train again with a smaller --learning-rate or another --seed",
    )
