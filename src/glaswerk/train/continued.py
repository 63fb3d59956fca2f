"""Continued pretraining: an adopted or own model learns the texts of a corpus, whole or by adapters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.lineage.stages import CONTINUE, is_chat
from glaswerk.model.text_network import load, save
from glaswerk.plan.laws import batch_tokens
from glaswerk.tokenizer import Shards, Tokenizer
from glaswerk.tokenizer.tokenizer_files import copy_tokenizer
from glaswerk.train.batches.general import GENERAL, General, with_general
from glaswerk.train.batches.sampler import PackedSampler
from glaswerk.train.batches.stream import Stream
from glaswerk.train.checkpoint.policy import Checkpoints
from glaswerk.train.early_stopping import forget_best
from glaswerk.train.export import base_of, packed_for, tokenizer_of
from glaswerk.train.forecast.probe import here
from glaswerk.train.loop import LoopConfig, run
from glaswerk.train.machine.compiling import compiles
from glaswerk.train.machine.precision import resolve
from glaswerk.train.report.held_out import HeldOut
from glaswerk.train.tune import LONGEST, LORA_RATE, check_context, context_of, rate_of, with_adapters
from glaswerk.train.validate import check_ranges

RECIPE = "continue/1"
# Held-out tokens of each kind before and after, and of one's own at each of ten validations in between, as
# shares of the run's tokens: measuring takes about a twentieth of the time, but never less than an interval
# needs.
_COMPARED, _LOOK = 0.02, 0.003
_LEAST, _MOST = (4_096, 1_024), 65_536


@dataclass(frozen=True, slots=True)
class ContinueConfig:
    """What a user chooses; zero means: derived from the base model.

    `epochs`: passes over one's own texts. Repeated up to four times, text teaches nearly as much as new text
    (Muennighoff et al. 2023); two passes are half the time. `context`: tokens of a row, at most the base's.

    `learning_rate`: the peak. By default it is a half of the base's own peak if it was trained here, and 1e-4
    for adopted weights, whose own is unknown: open models of this size were trained with 5e-4 to 3e-3
    (SmolLM2-135M: 3e-3), and of two peaks the higher one learns new text better and forgets more (Gupta et
    al. 2023, Ibrahim et al. 2024). Adapters take ten times as much (Biderman et al. 2024). The warm-up is 5 %
    of the run: a jump from the base's last rate, about zero, to the peak would cost more than it teaches. The
    decay is the last 80 %, as in tuning.

    `replay`: sources of general text; `replay_share`: tokens of them per token of one's own. Ibrahim et al.
    found that 5 % keep most of what a weak shift would forget and 25 % that of a strong one.
    `lora`: rank of the adapters that are trained instead of all weights; zero trains all weights.
    """

    epochs: float = 2.0
    context: int = 0
    batch_tokens: int = 0
    learning_rate: float = 0.0
    precision: str = "auto"
    seed: int = 0
    patience: int = 2
    micro_rows: int = 0
    compile: str = "auto"
    replay: tuple[str, ...] = ()
    replay_share: float = 0.25
    lora: int = 0


@dataclass(frozen=True, slots=True)
class ContinuePlan:
    """The resolved settings of a run: `tokens` to train on, `own` those of an epoch.

    `seconds`: of the steps alone, as arithmetic and the share of the peak that a device reaches tell.
    """

    base: str
    shards: str
    context: int
    rows: int
    epochs: float
    tokens: int
    own: int
    general: General | None
    lora: int
    seconds: float
    loop: LoopConfig

    def to_json(self) -> dict[str, Any]:
        """As --dry-run prints it."""
        return {**asdict(self), "steps": self.loop.steps, "general": self.general and self.general.sources}


@dataclass(frozen=True, slots=True)
class _Job:
    parent: Artifact
    packed: Artifact
    sampler: PackedSampler
    plan: ContinuePlan
    seed: int


def plan_continued(lab: Lab, config: ContinueConfig, *, base: str, corpus: str = "main") -> ContinuePlan:
    """The settings that `continue_training` would have. Raises GlaswerkError as that does."""
    return _job(lab, config, base_of(lab, base), None, corpus).plan


def continue_training(
    lab: Lab,
    config: ContinueConfig,
    *,
    base: str,
    name: str = "",
    corpus: str = "main",
    packed: Artifact | None = None,
) -> Artifact:
    """Train the newest checkpoint of `base` on `corpus`, packed with its own tokenizer (or on `packed`).

    The tokenizer, the chat template and the sampling settings of the base stay. The new model's parents are
    the base and the shards, so that licences, rights and deletions reach it through both. Its figures
    (`held_out`) compare bits per byte before and after, on held-out documents of one's own and of `replay`.
    A finished run is returned, an interrupted one resumed. Raises GlaswerkError if the corpus was not packed
    with the base's tokenizer, and for settings out of range.
    """
    parent = base_of(lab, base)
    job = _job(lab, config, parent, packed, corpus)
    plan = job.plan
    settings: dict[str, Any] = {
        "stage": CONTINUE,
        "split": "train",
        "chat": is_chat(parent.config),
        "seed": config.seed,
        "context": plan.context,
        "rows": plan.rows,
        "batch_tokens": plan.context * plan.rows,
        "lora": config.lora,
        "loop": plan.loop.settings(),
        **({GENERAL: plan.general.to_json()} if plan.general else {}),
    }
    named = name or f"{parent.name.partition('/')[0]}-continued"
    spec = Spec(
        "model",
        f"{named}/step-{plan.loop.steps}",
        RECIPE,
        {"base": parent.id, "shards": job.packed.id},
        settings,
    )
    return _run(lab, spec, job)


def continued_sampler(stream: Stream, config: Mapping[str, Any]) -> PackedSampler:
    """The sampler of the run that made a model with this config, over the training split in `stream`."""
    general = General.from_json(config[GENERAL]) if GENERAL in config else None
    return with_general(
        stream, general, length=int(config["context"]), rows=int(config["rows"]), seed=int(config["seed"])
    )


def _job(lab: Lab, config: ContinueConfig, parent: Artifact, packed: Artifact | None, corpus: str) -> _Job:
    resolve(config.precision)
    _check(config)
    packed = packed or packed_for(lab, parent, corpus)
    shards = Shards.open(packed.path)
    context = _context(parent, config.context)
    general = General.of(lab, packed, config.replay, config.replay_share)
    stream = Stream.of(shards, "train")
    epoch = len(stream.tokens)
    tokens = config.batch_tokens or max(batch_tokens(round(config.epochs * epoch)), context)
    packing = {"length": context, "rows": max(1, tokens // context), "seed": config.seed}
    sampler = with_general(stream, general, **packing)
    loop = LoopConfig(
        steps=max(1, math.ceil(config.epochs * sampler.steps_per_epoch - 1e-9)),
        learning_rate=config.learning_rate or (LORA_RATE if config.lora else rate_of(parent) / 2),
        warmup=0.05,
        decay=0.8,
        precision=config.precision,
        patience=config.patience,
        micro_rows=config.micro_rows,
    )
    own = _tokens(general.parts(stream)[0] if general else stream)
    planned = round(loop.steps * sampler.tokens_per_epoch / sampler.steps_per_epoch)
    seconds = _seconds(parent, config, planned)
    # Layers of open models are many and wide: compiling takes twice as long as for our own networks.
    loop = replace(loop, compile=compiles(config.compile, seconds / 2))
    plan = ContinuePlan(
        base=parent.name,
        shards=packed.name,
        context=context,
        rows=sampler.rows,
        epochs=round(loop.steps / sampler.steps_per_epoch, 2),
        tokens=planned,
        own=own,
        general=general,
        lora=config.lora,
        seconds=seconds,
        loop=loop,
    )
    return _Job(parent, packed, sampler, plan, config.seed)


def _check(config: ContinueConfig) -> None:
    least = {"epochs": 0.0, "learning_rate": 0.0, "batch_tokens": 0, "seed": 0, "patience": 0, "lora": 0}
    check_ranges(config, least | {"micro_rows": 0, "context": 0, "replay_share": 0.0})


def _context(parent: Artifact, asked: int) -> int:
    """Tokens of a row. Raises GlaswerkError for more than the base can have."""
    check_context(parent, asked)
    return asked or min(context_of(parent), LONGEST)


def _seconds(parent: Artifact, config: ContinueConfig, tokens: int) -> float:
    """Forward and backward of `tokens` tokens; frozen weights need no gradient of their own."""
    device = here(resolve(config.precision))
    products = (4 if config.lora else 6) * int(parent.stats["parameters"]) * tokens
    return round(products / (device.teraflops * 1e12 * device.utilisation), 3)


def _tokens(stream: Stream) -> int:
    return int((stream.ends - stream.starts + 1).sum())


def _run(lab: Lab, spec: Spec, job: _Job) -> Artifact:
    vocabulary, runs, plan = tokenizer_of(lab, job.packed), lab.run_folder(spec.id), job.plan

    def write(folder: Path) -> Mapping[str, Any]:
        tokenizer = Tokenizer.load(vocabulary)
        model = load(job.parent.path)
        sources = plan.general.sources if plan.general else ()
        size, look = (
            min(_MOST, max(least, round(share * plan.tokens)))
            for share, least in zip((_COMPARED, _LOOK), _LEAST, strict=True)
        )
        held_out = HeldOut(lab, job.packed, tokenizer, plan.context, sources, tokens=size)
        looks = HeldOut(lab, job.packed, tokenizer, plan.context, sources, tokens=look)
        before = held_out.before(model, runs)
        adapters = with_adapters(model, spec.config)
        trained = adapters.trained() if adapters else job.parent.stats["parameters"]
        label = f"train {spec.name.partition('/')[0]}"
        stats = run(model, job.sampler, plan.loop, runs, label=label, validate=looks.look)
        compared = held_out.compared(model, before)
        if adapters is not None:
            adapters.save(folder / "adapter", job.parent.name)
            model = adapters.merge()
        save(model, folder)
        copy_tokenizer(vocabulary, folder)
        figures = {"parameters": job.parent.stats["parameters"], "trained_parameters": trained}
        return {**stats, **figures, "held_out": compared}

    made = lab.make(spec, write)
    Checkpoints(runs).clear()
    forget_best(runs)
    return made
