"""When a model saw a document: recomputed from its manifest, never logged."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from glaswerk.lab import Artifact, Lab
from glaswerk.lab.artifact import read_manifest
from glaswerk.lineage.walk import base_chain
from glaswerk.rerun.order import order_of, stage_of
from glaswerk.rerun.retrain import RECIPE as RETRAIN
from glaswerk.rerun.steps_touched import steps_of
from glaswerk.train.batches.batches import Order
from glaswerk.train.batches.packing import Ids
from glaswerk.train.continued import RECIPE as CONTINUED
from glaswerk.train.dpo import RECIPE as DPO
from glaswerk.train.grpo import RECIPE as GRPO
from glaswerk.train.pretrain import RECIPE as PRETRAIN
from glaswerk.train.tune import RECIPE as TUNE

STAGES = {
    "pretrain": "pretraining",
    "continue": "continued pretraining",
    "chat": "tuning",
    "dpo": "preference tuning",
    "grpo": "tuning by rewards",
}


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
        """The fields, as the API returns them."""
        return asdict(self)


class Sightings:
    """When a model and its bases saw given documents. Safe for several threads.

    Covers only stages whose order can be recomputed exactly: those of the recipes of this version, if the
    lab still has the spans of their shards. Other stages are left out.
    """

    def __init__(self, lab: Lab, model: Artifact) -> None:
        self._lab, self._models = lab, _grown_from(lab, model)
        self._stages: list[_Stage] | None = None
        self._lock = threading.Lock()

    def of(self, documents: Collection[str]) -> dict[str, list[Seen]]:
        """Document → the stages that saw it, earliest first; empty for a document that was never seen."""
        with self._lock:
            if self._stages is None:
                orders = [(model, known_order(self._lab, model)) for model in self._models]
                self._stages = [_Stage(model, order) for model, order in orders if order is not None]
        return {name: [seen for stage in self._stages if (seen := stage.seen(name))] for name in documents}


class _Stage:
    """One stage: when each document was first seen, and in how many epochs."""

    def __init__(self, model: Artifact, order: Order) -> None:
        self._name, self._stage = model.name, STAGES[stage_of(model)]
        # An order of two parts may name a document in both.
        coded = pa.array(order.documents, pa.string()).dictionary_encode()
        codes: Ids = np.asarray(coded.indices, np.int64)
        self._places = {name: place for place, name in enumerate(coded.dictionary.to_pylist())}
        self._first = np.full(len(self._places), np.iinfo(np.int64).max)
        self._epochs = np.zeros(len(self._places), np.int64)
        for seen in order.visits(steps_of(model)):
            documents = codes[seen.document]
            np.minimum.at(self._first, documents, seen.step)
            self._epochs[np.unique(documents)] += 1

    def seen(self, document: str) -> Seen | None:
        place = self._places.get(document)
        if place is None or not self._epochs[place]:
            return None
        return Seen(self._name, self._stage, int(self._epochs[place]), int(self._first[place]))


def known_order(lab: Lab, model: Artifact) -> Order | None:
    """What each step of a model's run saw; None if it cannot be recomputed exactly."""
    manifest = read_manifest(model.path)
    recipe = manifest.get("recipe") if manifest else None
    # Another version may have packed differently.
    return order_of(lab, model) if recipe in (PRETRAIN, CONTINUED, TUNE, DPO, GRPO, RETRAIN) else None


def _grown_from(lab: Lab, model: Artifact) -> list[Artifact]:
    """The model and the models it was tuned from, the oldest first."""
    there = {made.id: made for made in (*lab.all("model"), model)}
    chain = base_chain(model.id, lambda one: there[one].inputs if one in there else {})
    return [there[one] for one in reversed(list(chain)) if one in there]
