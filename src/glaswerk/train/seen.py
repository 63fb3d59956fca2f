"""When a model saw a document: recomputed from its manifest by the samplers, never logged."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from glaswerk.lab import Artifact, Lab
from glaswerk.lab.artifact import MANIFEST
from glaswerk.tokenizer import Shards
from glaswerk.train.packing import Ids
from glaswerk.train.pretrain import RECIPE as PRETRAIN
from glaswerk.train.recorded import order_of
from glaswerk.train.sampler import PackedSampler
from glaswerk.train.tune import RECIPE as TUNE


@dataclass(frozen=True, slots=True)
class Seen:
    """A document in one stage of a model: in how many epochs, and first at which step.

    Steps are counted from 0, as in `metrics.jsonl`.
    """

    model: str
    stage: str
    epochs: int
    first_step: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Sightings:
    """What a model and those it grew from saw of documents. Safe for several threads.

    Only stages whose samplers can be built again exactly are there: pretraining and chat tuning, made by the
    recipes of this version on shards that the lab still holds. Of other stages nothing is said.
    """

    def __init__(self, lab: Lab, model: Artifact) -> None:
        self._lab, self._models = lab, _grown_from(lab, model)
        self._stages: list[_Stage] | None = None
        self._lock = threading.Lock()

    def of(self, documents: Collection[str]) -> dict[str, list[Seen]]:
        """By document, the stages that saw it, the earliest first; those never seen have an empty list."""
        with self._lock:
            if self._stages is None:
                self._stages = [stage for model in self._models if (stage := _stage(self._lab, model))]
        return {name: [seen for stage in self._stages if (seen := stage.seen(name))] for name in documents}


class _Stage:
    """One stage: per split, when each document was first seen, and in how many epochs."""

    def __init__(
        self, model: Artifact, stage: str, sampler: PackedSampler, splits: Sequence[str], shards: Shards
    ) -> None:
        self._name, self._stage = model.name, stage
        tables = [shards.spans(split)[0] for split in splits]
        self._places = [{name: i for i, name in enumerate(table)} for table in tables]
        self._first, self._epochs = _sightings(
            sampler, int(model.stats["steps"]), [len(table) for table in tables]
        )

    def seen(self, document: str) -> Seen | None:
        for places, first, epochs in zip(self._places, self._first, self._epochs, strict=True):
            place = places.get(document)
            if place is not None and epochs[place]:
                return Seen(self._name, self._stage, int(epochs[place]), int(first[place]))
        return None


def _sightings(sampler: PackedSampler, steps: int, sizes: Sequence[int]) -> tuple[list[Ids], list[Ids]]:
    """Per stream of `sizes` documents: the first step that saw each (meaningless where none did), and the
    number of epochs in which one did."""
    never = np.iinfo(np.int64).max
    first = [np.full(size, never) for size in sizes]
    epochs = [np.zeros(size, np.int64) for size in sizes]
    for epoch in range(math.ceil(steps / sampler.steps_per_epoch) + 1):
        streams, documents, at = sampler.visits(epoch)
        done = at < steps
        if not done.any():
            break
        for stream in range(len(sizes)):
            which = done & (streams == stream)
            np.minimum.at(first[stream], documents[which], at[which])
            epochs[stream][np.unique(documents[which])] += 1
    return first, epochs


def _grown_from(lab: Lab, model: Artifact) -> list[Artifact]:
    """The model and those it was tuned from, the first of them first."""
    there, found = {made.id: made for made in lab.all("model")}, [model]
    while (base := there.get(found[0].inputs.get("base", ""))) and base not in found:
        found.insert(0, base)
    return found


def sampler_of_model(lab: Lab, model: Artifact) -> PackedSampler | None:
    """The sampler that a model's run read from; None where it cannot be built again exactly."""
    recipe = json.loads((model.path / MANIFEST).read_text()).get("recipe")
    # Another version may have packed otherwise; pairs and rewards are not looked up.
    found = order_of(lab, model) if recipe in (PRETRAIN, TUNE) else None
    return found if isinstance(found, PackedSampler) else None


def _stage(lab: Lab, model: Artifact) -> _Stage | None:
    sampler, packed = sampler_of_model(lab, model), _shards(lab, model)
    if sampler is None or packed is None:
        return None
    if model.config["stage"] == "pretrain":
        return _Stage(model, "pretraining", sampler, ["train"], packed)
    return _Stage(model, "tuning", sampler, ["chat", "train"], packed)


def _shards(lab: Lab, model: Artifact) -> Shards | None:
    there = (made for made in lab.all("shards") if made.id == model.inputs.get("shards"))
    return next((Shards.open(made.path) for made in there), None)
