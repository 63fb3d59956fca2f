"""The one training loop: pretraining and tuning differ in what the sampler gives it."""

from __future__ import annotations

import json
import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer
from transformers import PreTrainedModel

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import write_atomic
from glaswerk.core.progress import progress_bar
from glaswerk.train import checkpoint
from glaswerk.train.batches import Batch, Sampler
from glaswerk.train.checkpoint import Progress
from glaswerk.train.loss import linear_cross_entropy
from glaswerk.train.memory import keep_freed_memory
from glaswerk.train.optimizer import optimizers, set_rate
from glaswerk.train.precision import autocast, resolve
from glaswerk.train.schedule import wsd

# A kill costs at most this much work; writing 25 MB takes 0.1 s, so under 1 % of the time.
CHECKPOINT_SECONDS = 15.0
VALIDATIONS = 10


@dataclass(frozen=True, slots=True)
class LoopConfig:
    """Steps are optimizer steps; `warmup` and `decay` are shares of them; `precision`: see `resolve`."""

    steps: int
    learning_rate: float
    weight_decay: float = 0.0
    warmup: float = 0.02
    decay: float = 0.4
    clip: float = 1.0
    precision: str = "auto"


class Interrupted(Exception):
    """Ctrl-C or SIGTERM: the state was saved after `step` steps."""

    def __init__(self, step: int, steps: int) -> None:
        super().__init__(f"stopped after step {step} of {steps}; everything so far is saved")
        self.step = step


Validate = Callable[[PreTrainedModel], dict[str, Any]]


def run(
    model: PreTrainedModel,
    sampler: Sampler,
    config: LoopConfig,
    folder: Path,
    *,
    label: str,
    validate: Validate = lambda model: {},
) -> dict[str, Any]:
    """Train `model` in place for `config.steps`, resuming from `folder` where an earlier run stopped.

    Appends one row a step to `folder/metrics.jsonl`, with `validate(model)` in ten of them, which must
    not touch the weights. Returns the figures for the manifest.
    Raises Interrupted after saving when a SIGINT or SIGTERM arrives.
    """
    folder.mkdir(parents=True, exist_ok=True)
    keep_freed_memory()
    parts = optimizers(
        model,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        precision=resolve(config.precision),
    )
    done = checkpoint.read(folder, model, parts)
    # A run ends as it began, though the probe might choose otherwise on another machine.
    config = replace(config, precision=done.precision or resolve(config.precision))
    rows = _rewind(folder / "metrics.jsonl", done.step)
    model.train()
    started = saved = time.perf_counter()

    def save(step: int) -> None:
        metrics.flush()
        seconds = done.seconds + time.perf_counter() - started
        checkpoint.write(folder, model, parts, Progress(step, seconds, config.precision))

    with (
        _stop_signals() as stopped,
        (folder / "metrics.jsonl").open("a") as metrics,
        progress_bar(label, config.steps, start=done.step) as bar,
    ):
        for step in range(done.step, config.steps):
            clock = time.perf_counter()
            row = {"step": step, **_step(model, parts, sampler.batch(step), step, config)}
            row["tokens_per_second"] = round(row["tokens"] / (time.perf_counter() - clock))
            if (step + 1) % max(1, config.steps // VALIDATIONS) == 0:
                row |= validate(model)
            rows.append(row)
            metrics.write(json.dumps(row) + "\n")
            bar.advance(note=f"loss {row['loss']:.3f}  {row['tokens_per_second']:,} tok/s")
            if stopped():
                save(step + 1)
                raise Interrupted(step + 1, config.steps)
            if time.perf_counter() - saved > CHECKPOINT_SECONDS:
                save(step + 1)
                saved = time.perf_counter()
    figures = _figures(rows, done.seconds + time.perf_counter() - started, sampler)
    return {**figures, "precision": config.precision}


def _figures(rows: list[dict[str, Any]], seconds: float, sampler: Sampler) -> dict[str, Any]:
    tokens = sum(row["tokens"] for row in rows)
    last = [row["loss"] for row in rows[-50:]]
    curve, seen = [], 0
    for row in rows:
        seen += row["tokens"]
        if "bits_per_byte" in row:
            curve.append([seen, row["bits_per_byte"]])
    return {
        "steps": len(rows), "tokens": tokens, "train_loss": sum(last) / len(last),
        "train_seconds": round(seconds, 1), "tokens_per_second": round(tokens / max(seconds, 1e-9)),
        "epochs": round(len(rows) / sampler.steps_per_epoch, 2), "bits_per_byte": curve,
    }  # fmt: skip


def _step(
    model: PreTrainedModel, parts: list[Optimizer], batch: Batch, step: int, config: LoopConfig
) -> dict[str, float]:
    rate = config.learning_rate * wsd(config.steps, warmup=config.warmup, decay=config.decay).factor(step)
    for part in parts:
        set_rate(part, rate)
    with autocast(config.precision):
        loss, total = losses(model, batch)
    if not math.isfinite(loss.item()):
        raise GlaswerkError(
            f"the loss is {loss.item()} at step {step}: the weights are of no use any more",
            hint="train again with a smaller --learning-rate or another --seed",
        )
    total.backward()  # type: ignore[no-untyped-call]
    norm = nn.utils.clip_grad_norm_(model.parameters(), config.clip)
    for part in parts:
        part.step()
        part.zero_grad(set_to_none=True)
    return {"loss": loss.item(), "rate": rate, "norm": norm.item(), "tokens": batch.inputs.numel()}


def losses(model: PreTrainedModel, batch: Batch) -> tuple[Tensor, Tensor]:
    """Mean cross-entropy in nats over the labels that count, and the same plus the z-loss to minimise."""
    hidden = model.get_decoder()(input_ids=batch.inputs, use_cache=False).last_hidden_state
    weight = model.get_output_embeddings().weight
    return linear_cross_entropy(hidden.flatten(0, 1), weight, batch.labels.flatten())


def _rewind(path: Path, step: int) -> list[dict[str, Any]]:
    """Cut the metrics back to the steps that the checkpoint holds, and return their rows."""
    rows = []
    if path.exists():
        for line in path.read_text().splitlines():
            try:
                row = json.loads(line)
            except ValueError:  # cut off by a kill; all later lines are newer than any checkpoint
                break
            if row["step"] < step:
                rows.append(row)
    write_atomic(path, "".join(json.dumps(row) + "\n" for row in rows))
    return rows


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
