"""A finished run, recomputed from the manifest of its model: settings, and the order of its documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from glaswerk.core.artifact_files import tokens_file
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.stages import CONTINUE
from glaswerk.lineage.walk import base_id
from glaswerk.plan.shape import Shape
from glaswerk.tokenizer import Shards
from glaswerk.tokenizer.preference_pairs import Pairs
from glaswerk.tokenizer.retained_spans import spans_folder
from glaswerk.train.batches.batches import Order, Span
from glaswerk.train.batches.consecutive import Consecutive
from glaswerk.train.batches.last_sources import LAST, Last, LastSampler
from glaswerk.train.batches.replay import ReplaySampler, with_cuts
from glaswerk.train.batches.sampler import PackedSampler
from glaswerk.train.batches.stream import Stream
from glaswerk.train.continued import continued_sampler
from glaswerk.train.dpo import SPLIT
from glaswerk.train.grpo import PROMPT_DOCUMENTS
from glaswerk.train.loop import LoopConfig
from glaswerk.train.objective.preference import PairSampler
from glaswerk.train.objective.prompt_order import PromptOrder
from glaswerk.train.plan import TrainPlan
from glaswerk.train.tune import context_of, row_length

# The key in the config of a model that replays the order of another run without some documents
# (see `retrain`).
ORDER = "order"
REPLAY, REBUILD = "replay", "rebuild"
# Stage of a tuning → the split that it learns from.
TUNED_ON = {"chat": "chat", "dpo": SPLIT, CONTINUE: "train"}


def stage_of(model: Artifact) -> str:
    """The stage that made a model, see `lineage.stages`; empty if its config names none."""
    return str(model.config.get("stage", ""))


def loop_of(model: Artifact) -> LoopConfig:
    """The settings of a model's training loop.

    Raises GlaswerkError for a model that was not trained by this version.
    """
    try:
        return LoopConfig(**model.config["loop"])
    except (KeyError, TypeError) as error:
        raise GlaswerkError(
            f"the manifest of {model.name} has no training settings that this version can read: {error}",
            hint="glaswerk train makes a model that records its settings",
        ) from error


def plan_of(model: Artifact, sampler: PackedSampler | Consecutive) -> TrainPlan:
    """The resolved settings of a pretraining run over the batches of `sampler`."""
    loop = loop_of(model)
    tokens = round(loop.steps * sampler.tokens_per_epoch / sampler.steps_per_epoch)
    epochs = round(loop.steps / sampler.steps_per_epoch, 2)
    return TrainPlan(Shape(**model.config["shape"]), loop, int(model.config["rows"]), tokens, epochs)


def model_of(lab: Lab, identifier: str) -> Artifact | None:
    """The model with this id; None if the lab has none."""
    return next((made for made in lab.all("model") if made.id == identifier), None)


def base_model(lab: Lab, model: Artifact) -> Artifact | None:
    """The model that this one was tuned from; None for a pretrained model.

    Raises GlaswerkError if it is no longer in the lab.
    """
    wanted = base_id(model.inputs)
    found = model_of(lab, wanted)
    if wanted and found is None:
        raise GlaswerkError(
            f"the model that {model.name} was tuned from is no longer in the lab",
            hint="glaswerk train and glaswerk tune make both again",
        )
    return found


def order_of(lab: Lab, model: Artifact) -> Order | None:
    """What each step of the run that made `model` saw, even if its shards are gone and only spans are left.

    None if that is unknown: spans or pairs are lost, the manifest lacks the settings of the run, or a GRPO
    run did not record its prompts.
    """
    if "loop" not in model.config:
        return None
    if stage_of(model) == "grpo":
        return _prompt_order(lab, model)
    folder = spans_folder(lab, model.inputs.get("shards", ""))
    if folder is None:
        return None
    if ORDER in model.config:
        before = spans_folder(lab, model.config[ORDER]["shards"])
        if before is None:
            return None
        if stage_of(model) == "chat":
            return replayed_tuning(model, before, folder)
        return replay_sampler(model.config, before, folder, model.config[ORDER])
    if stage_of(model) == "pretrain":
        return pretrain_sampler(stream_of(folder, "train"), model.config)
    if stage_of(model) == CONTINUE:
        return continued_sampler(stream_of(folder, "train"), model.config)
    if stage_of(model) == "chat":
        return _tuning(model, stream_of(folder, "chat"), stream_of(folder, "train"))
    if stage_of(model) == "dpo" and (folder / tokens_file(SPLIT)).exists():
        pairs = Pairs(Shards.open(folder), SPLIT, context_of(model))
        unknown, config = torch.zeros(len(pairs), 2), model.config
        return PairSampler(pairs, unknown, count=config["batch_pairs"], seed=config["seed"], pad=0)
    return None


def epochs_of(lab: Lab, model: Artifact) -> float:
    """How often the run of `model` went through its documents: exact if its order is known, else rounded."""
    sampler = order_of(lab, model)
    steps = loop_of(model).steps
    return steps / sampler.steps_per_epoch if sampler else float(model.stats.get("epochs") or 0)


def pretrain_sampler(
    stream: Stream, config: Mapping[str, Any], make: Callable[..., PackedSampler] = PackedSampler
) -> PackedSampler | Consecutive:
    """The sampler of a pretraining run with this config over `stream`; `make` builds the packed parts."""
    packing = {"length": config["shape"]["context"], "rows": config["rows"], "seed": config["seed"]}
    if LAST in config:
        return LastSampler(stream, Last.from_json(config[LAST]), make=make, **packing)
    return make(stream, **packing)


def replay_sampler(
    config: Mapping[str, Any], order: Path, now: Path, how: Mapping[str, Any]
) -> PackedSampler | Consecutive:
    """The sampler of the pretraining run with this config when it is retrained over the shards in `now`.

    `order`: folder of the shards of the old run, or of their spans. `how`: the value of `config[ORDER]`.
    """
    before, after = stream_of(order, "train"), stream_of(now, "train")
    replayed = pretrain_sampler(before, config, partial(ReplaySampler, now={after.split: after}))
    if how["how"] == REPLAY:
        return replayed
    fresh = pretrain_sampler(after, with_last(config, how.get(LAST)))
    return Consecutive(replayed, fresh, at=how["at"], since=0)


def with_last(config: Mapping[str, Any], last: Mapping[str, Any] | None) -> dict[str, Any]:
    """The config of a pretraining run with other sources last, or with none last."""
    others = {key: value for key, value in config.items() if key != LAST}
    return others if last is None else {**others, LAST: last}


def stream_of(folder: Path, split: str) -> Stream:
    """A split of shards; without tokens and mask if only the spans are left."""
    shards = Shards.open(folder)
    if (folder / tokens_file(split)).exists():
        return Stream.of(shards, split)
    documents, starts, ends = shards.spans(split)
    nothing = np.zeros(0, shards.dtype)
    mask = np.zeros(0, np.uint8) if split.startswith("chat") else None
    return Stream(split, documents, nothing, starts, ends, shards.end_id, mask)


def _prompt_order(lab: Lab, model: Artifact) -> PromptOrder | None:
    asked, config = model.stats.get(PROMPT_DOCUMENTS), model.config
    folder = spans_folder(lab, model.inputs.get("shards", ""))
    if asked is None or (asked and folder is None):
        return None
    dialogues = list[Span]()
    if asked and folder:
        names, starts, ends = Shards.open(folder).spans("chat")
        spans = dict(zip(names, zip(starts.tolist(), ends.tolist(), strict=True), strict=True))
        dialogues = [Span("chat", name, *spans[name]) for name in asked]
    return PromptOrder(dialogues, prompts=config["prompts"], updates=config["updates"], seed=config["seed"])


def replayed_tuning(model: Artifact, order: Path, now: Path) -> PackedSampler | None:
    """The sampler of the chat tuning that made `model`, without the documents that the shards in `now` lack.

    `order`: folder of the shards that it was tuned on, or of their spans. None if a dialogue that was longer
    than a row is gone: its mask, which decided where it was cut, is gone, too.
    """
    before, after = stream_of(order, "chat"), stream_of(now, "chat")
    if not len(before.tokens):
        found = with_cuts(before, after, _row(model))
        if found is None:
            return None
        before = found
    made = partial(ReplaySampler, now={"chat": after, "train": stream_of(now, "train")})
    return _packed_tuning(model, before, stream_of(order, "train"), made)


def _tuning(model: Artifact, dialogues: Stream, texts: Stream) -> PackedSampler | None:
    # A dialogue is cut where its mask allows it; spans alone do not tell.
    if not len(dialogues.tokens) and bool((dialogues.ends - dialogues.starts - 1 > _row(model)).any()):
        return None
    return _packed_tuning(model, dialogues, texts, PackedSampler)


def _packed_tuning(
    model: Artifact, dialogues: Stream, texts: Stream, make: Callable[..., PackedSampler]
) -> PackedSampler:
    config, length = model.config, _row(model)
    rows = max(1, int(config["batch_tokens"]) // length)
    return make(
        dialogues,
        replay=texts,
        share=float(config["replay"]),
        length=length,
        rows=rows,
        seed=int(config["seed"]),
    )


def _row(model: Artifact) -> int:
    """Tokens per row of the chat tuning that made `model`."""
    asked, batch = int(model.config.get("context", 0)), int(model.config["batch_tokens"])
    return row_length(context_of(model), asked, batch)
