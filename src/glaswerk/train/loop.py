"""The one training loop: stages differ in their sampler and their objective."""

from __future__ import annotations

import json
import math
import os
import signal
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

from torch.optim import Optimizer
from transformers import PreTrainedModel

from glaswerk.core.errors import GlaswerkError
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
from glaswerk.train.objective.next_token import Network, Objective, next_token
from glaswerk.train.optim.optimizer import optimizers, set_precision, set_rate
from glaswerk.train.optim.schedule import Schedule, wsd
from glaswerk.train.parallel.ranks import Ranks
from glaswerk.train.parallel.world import World

# A kill costs at most this much work; writing 25 MB takes 0.1 s, so under 1 % of the time.
CHECKPOINT_SECONDS = 15.0
VALIDATIONS = 10


@dataclass(frozen=True, slots=True)
class LoopConfig:
    """Steps are optimizer steps; `warmup` and `decay` are shares of them; `precision`: see `resolve`.

    `micro_rows`: rows of a step that are computed at once, 0 for as many as fit; `compile`: the network, see
    `compile_network`. `patience`: see `EarlyStopping`.
    `learning_rate` is the matrices'; embeddings have `embedding_ratio` times it.
    A branch follows a run of `trunk` steps up to `branch_at`, then decays until `steps`; without a trunk,
    `branch_at` is merely where patience begins to count.
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
        """Of the learning rate. Raises GlaswerkError where no branch can leave the trunk."""
        if not self.trunk:
            return wsd(self.steps, warmup=self.warmup, decay=self.decay)
        whole = wsd(self.trunk, warmup=self.warmup, decay=self.decay)
        return whole.branch(self.branch_at, self.steps - self.branch_at)

    def settings(self) -> dict[str, Any]:
        """What makes a run another one: micro-batches and compiling change a result by rounding only."""
        rounding = {"micro_rows", "compile"}
        return {name: value for name, value in asdict(self).items() if name not in rounding}


class Interrupted(Exception):
    """Ctrl-C or SIGTERM: the state was saved after `step` steps."""

    def __init__(self, step: int, steps: int) -> None:
        super().__init__(f"stopped after step {step} of {steps}; everything so far is saved")
        self.step = step


Validate = Callable[[PreTrainedModel], dict[str, Any]]
Refresh = Callable[[list[dict[str, Any]]], None]


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
) -> dict[str, Any]:
    """Train `model` in place for `config.steps`, resuming from `folder` where an earlier run stopped.

    The ranks of `world`, by default this process alone, each call it with the same arguments; the weights of
    `model` are then cut among them in place.
    Appends one row a step to `folder/metrics.jsonl`, with `validate(model)` in ten of them, which must
    not touch the weights, and calls `refresh` with all rows after each. `input_ratio`: see `optimizers`.
    Returns the figures for the manifest: of all steps, or where patience ended the run, of those up to the
    best validation, whose weights it has.
    Raises Interrupted after saving when a SIGINT or SIGTERM arrives; GlaswerkError when loss or gradient is
    no number any more (the last checkpoint stays) and when memory does not suffice for one row.
    """
    folder.mkdir(parents=True, exist_ok=True)
    keep_freed_memory()
    world = world or World.alone()
    ranks = world.ranks()
    checkpoints = Checkpoints(folder, keep=keep, steps=config.steps, ranks=ranks)
    start = _start(model, config, checkpoints, world, ranks, input_ratio)
    config, done = start.config, start.done
    rows = ranks.of_first(rewind(folder, done.step) if world.first else [])
    patience = EarlyStopping(config.patience, folder, world, since=config.branch_at)
    step_of = Step(start.network, start.parts, objective, config, world)
    started = saved = time.perf_counter()

    def save(step: int) -> None:
        metrics.flush()
        seconds = done.seconds + time.perf_counter() - started
        progress = Progress(step, seconds, config.precision, world.size, str(world.parallel), config.compile)
        checkpoints.save(model, start.parts, progress)

    with (
        checkpoints,
        _stop_signals() as stopped,
        (folder / METRICS if world.first else Path(os.devnull)).open("a") as metrics,
        progress_bar(label, config.steps, start=done.step, hidden=not world.first) as bar,
    ):
        if config.compile:
            bar.advance(0, "compiling")
        for step in range(done.step, config.steps):
            if patience.should_stop(rows):
                break
            clock = time.perf_counter()
            try:
                row = {"step": step, **step_of(sampler.batch(step), step)}
            except FloatingPointError as error:
                raise _lost(folder, sampler, step, error) from None
            row["tokens_per_second"] = round(row["tokens"] / (time.perf_counter() - clock))
            looked = (step + 1) % max(1, config.steps // VALIDATIONS) == 0
            if looked:
                with not_compiled() if config.compile else nullcontext():
                    row |= world.evaluate(start.network, validate)
            rows.append(row)
            metrics.write(json.dumps(row) + "\n")
            if looked:
                patience.record(rows, model)
                refresh(rows)
            bar.advance(note=f"loss {row['loss']:.3f}  {row['tokens_per_second']:,} tok/s")
            late = time.perf_counter() - saved > CHECKPOINT_SECONDS
            stop, due = world.any(stopped(), late or checkpoints.due(step + 1))
            if stop or due:
                save(step + 1)
                saved = time.perf_counter()
            if stop:
                raise Interrupted(step + 1, config.steps)
    seconds = done.seconds + time.perf_counter() - started
    rows, ended = _end(model, config, rows, done.step, patience)
    figures = {"precision": config.precision, "environment": environment(world.device), **ended}
    return {**_figures(rows, seconds, sampler), **figures}


def _end(
    model: PreTrainedModel,
    config: LoopConfig,
    rows: list[dict[str, Any]],
    began: int,
    patience: EarlyStopping,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The rows of the steps that `model` keeps, and figures of how a run that `began` at a step ended.

    The compiled network is forgotten; where patience ended the run, the best weights are put back.
    """
    ended: dict[str, Any] = {}
    if config.compile:
        forget_compiled(model)
        ended["warmup_seconds"] = round(_warmup(rows[began:]), 1)
    if patience.should_stop(rows):
        patience.restore(model)
        ended["stopped_at"] = len(rows)
        rows = rows[: best_row(rows, since=config.branch_at) + 1]
    return rows, ended


@dataclass(frozen=True, slots=True)
class _Start:
    """What a run begins with: of an earlier one, up to where it was saved."""

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
    input_ratio: float,
) -> _Start:
    """The model cut among the ranks and its optimizers, as the newest checkpoint has them."""
    found = checkpoints.newest()
    done = found.progress if found else Progress()
    # A run ends as it began, though the probe might choose otherwise on another machine.
    precision = done.precision or ranks.of_first(resolve(config.precision))
    wanted = done.compiled if found else config.compile
    compiled = ranks.of_first(wanted and has_compiler() and world.parallel.whole_layers)
    config = replace(config, precision=precision, compile=compiled)
    network = Network(model)
    if compiled:
        compile_network(model, whole=world.size == 1 and world.device.type == "cpu")
    world.distribute(network, precision)
    parts = optimizers(
        model,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        embedding_ratio=config.embedding_ratio,
        input_ratio=input_ratio,
    )
    set_precision(parts, precision)
    if found:
        checkpoints.load(found, model, parts)
    model.train()
    return _Start(config, network, parts, done)


def _warmup(rows: list[dict[str, Any]]) -> float:
    """Seconds that the first of `rows` took longer than the usual one."""
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
    """One optimizer step: forward and backward in micro-batches that fit into memory, then the update."""

    def __init__(
        self, network: Network, parts: list[Optimizer], objective: Objective, config: LoopConfig, world: World
    ) -> None:
        self._network, self._parts, self._objective, self._config = network, parts, objective, config
        self._world = world
        self._micro = config.micro_rows
        self._schedule = config.schedule()

    def __call__(self, batch: Batch, step: int) -> dict[str, float]:
        """Figures of the step. Raises FloatingPointError, weights untouched, where a gradient is none."""
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
        """Gradients of the whole batch, in half as many rows at once where memory runs out."""
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
                        f"memory does not suffice for {'one row' if rows == 1 else f'{rows} rows'} of "
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
    """The error for a loss that is no number; what the step saw is written beside the metrics."""
    spans = sampler.spans(step)
    path = folder / "lost-batch.json"
    write_atomic(path, json.dumps([span._asdict() for span in spans], indent=1) + "\n")
    names = list(dict.fromkeys(span.document for span in spans))
    return GlaswerkError(
        f"{error} at step {step}, which saw {len(names)} documents ({', '.join(names[:3])}, …): "
        f"all of them are in {path}; checkpoints of earlier steps are kept",
        hint="train again with a smaller --learning-rate or another --seed",
    )


@contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    """Turn the first SIGINT or SIGTERM into a flag; a second one acts as usual."""
    arrived = []
    before: dict[int, Any] = {}

    def note(number: int, frame: FrameType | None) -> None:
        arrived.append(number)
        signal.signal(number, before[number])

    try:
        for wanted in (signal.SIGINT, signal.SIGTERM):
            before[wanted] = signal.signal(wanted, note)
    except ValueError:  # not the main thread: nobody can interrupt us, and nothing was changed
        before = {}
    try:
        yield lambda: bool(arrived)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
