"""Counting what models learnt from documents: through the spans of the shards that they were trained on."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from glaswerk.data.forget import forgotten_ids
from glaswerk.data.rights import reserved_ids
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.exposure import Exposure, exposure_basis, exposures, record_exposure
from glaswerk.lab.status import ADOPTED
from glaswerk.tokenizer.shards import Shards
from glaswerk.tokenizer.spans import spans_folder

# The split whose every token counts in an epoch; what tuning replays of another is a part of the base's.
_TRAINED = {"pretrain": "train", "chat": "chat"}


@dataclass(frozen=True, slots=True)
class Learnt:
    """Documents that a model or one it grew from was trained on, their tokens, and tokens times epochs.

    Not `certain` where the spans of some of its shards are lost: there may be more.
    """

    documents: int
    tokens: int
    seen: int
    certain: bool


def count_exposures(lab: Lab) -> None:
    """Enter in the ledger what each model learnt of what may not be learnt from, where that has changed."""
    basis, known = exposure_basis(lab), exposures(lab)
    models = [m for m in lab.all("model") if m.id not in known or known[m.id].basis != basis]
    if not models:
        return
    forgotten, reserved = forgotten_ids(lab), reserved_ids(lab)
    for model in models:
        found, since = learnt(lab, model, forgotten), learnt(lab, model, reserved)
        exposure = Exposure(found.documents, found.tokens, found.seen, found.certain, since.documents, basis)
        record_exposure(lab, model.id, exposure)


def learnt(lab: Lab, model: Artifact, ids: Collection[str]) -> Learnt:
    """How much of the documents `ids` a model was trained on, by the spans of its shards."""
    documents = tokens = seen = 0
    certain = True
    for ancestor in _ancestry(lab, model):
        if ancestor["stage"] == ADOPTED:
            continue  # not trained here; that its data is unknown is said on its own (see `obstacles`)
        folder = spans_folder(lab, ancestor["shards"])
        certain = certain and folder is not None
        for split, count, length in Shards.open(folder).count(ids) if folder else ():
            if ancestor["split"] in (None, split) and not split.endswith("validation"):
                documents, tokens = documents + count, tokens + length
                seen += round(length * ancestor["epochs"])
    return Learnt(documents, tokens, seen, certain)


def _ancestry(lab: Lab, model: Artifact) -> Iterator[dict[str, Any]]:
    """Stage, shards, split and epochs of a model and its ancestors; of lost ones as the ledger has it."""
    there = {artifact.id: artifact for artifact in lab.all("model")}
    identifier, found = model.id, set[str]()
    while identifier and identifier not in found:
        found.add(identifier)
        artifact = there.get(identifier)
        known = (artifact.inputs, artifact.config, artifact.stats) if artifact else _recorded(lab, identifier)
        inputs, config, stats = known
        shards, epochs = inputs.get("shards", ""), stats.get("epochs") or 0
        # Stages that came later name their split; without one (None) every split may have been learnt from.
        split = config.get("split", _TRAINED.get(config.get("stage", "")))
        yield {"stage": config.get("stage"), "shards": shards, "split": split, "epochs": epochs}
        identifier = inputs.get("base", "")


def _recorded(lab: Lab, identifier: str) -> tuple[Mapping[str, str], Mapping[str, Any], Mapping[str, Any]]:
    """Inputs, config and figures of an artifact that the lab held once; empty where it is not known."""
    rows = lab.ledger.rows("SELECT config, stats FROM artifact WHERE id = ?", identifier)
    edges = lab.ledger.rows("SELECT role, parent FROM edge WHERE child = ?", identifier)
    config, stats = map(json.loads, rows[0]) if rows else ({}, {})
    return {row["role"]: row["parent"] for row in edges}, config, stats
