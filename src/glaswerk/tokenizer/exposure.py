"""Counting what models learnt from documents: through the spans of the shards that they were trained on."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from glaswerk.data.forget import forgotten_ids
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.exposure import Exposure, exposure_basis, exposures, record_exposure
from glaswerk.tokenizer.shards import Shards
from glaswerk.tokenizer.spans import spans_folder

# The split whose every token counts in an epoch; what tuning replays of another is a part of the base's.
_TRAINED = {"pretrain": "train", "chat": "chat"}


def count_exposures(lab: Lab) -> None:
    """Enter in the ledger what each model learnt of what the lab's marks cover, where that has changed."""
    basis, known = exposure_basis(lab), exposures(lab)
    models = [m for m in lab.all("model") if m.id not in known or known[m.id].basis != basis]
    if not basis or not models:
        return
    ids = forgotten_ids(lab)
    for model in models:
        record_exposure(lab, model.id, replace(exposure_of(lab, model, ids), basis=basis))


def exposure_of(lab: Lab, model: Artifact, ids: Collection[str]) -> Exposure:
    """How many of the documents `ids` a model was trained on, those of the models it grew from included."""
    documents = tokens = seen = 0
    certain = True
    for ancestor in _ancestry(lab, model):
        folder = spans_folder(lab, ancestor.get("shards", ""))
        certain = certain and folder is not None
        for split, count, length in Shards.open(folder).count(ids) if folder else ():
            if split == _TRAINED.get(ancestor["stage"], split) and not split.endswith("validation"):
                documents, tokens = documents + count, tokens + length
                seen += round(length * ancestor["epochs"])
    return Exposure(documents, tokens, seen, certain)


def _ancestry(lab: Lab, model: Artifact) -> Iterator[dict[str, Any]]:
    """Shards, stage and epochs of a model and of each that it grew from."""
    yield _trained(model.inputs, model.config, model.stats)
    parent, found = model.inputs.get("base"), {model.id}
    while parent and parent not in found:
        found.add(parent)
        rows = lab.ledger.rows("SELECT config, stats FROM artifact WHERE id = ?", parent)
        edges = lab.ledger.rows("SELECT role, parent FROM edge WHERE child = ?", parent)
        config, stats = map(json.loads, rows[0]) if rows else ({}, {})
        inputs = {role: identifier for role, identifier in edges}
        yield _trained(inputs, config, stats)
        parent = inputs.get("base")


def _trained(
    inputs: Mapping[str, str], config: Mapping[str, Any], stats: Mapping[str, Any]
) -> dict[str, Any]:
    shards = {"shards": inputs["shards"]} if "shards" in inputs else {}
    return {**shards, "stage": config.get("stage"), "epochs": stats.get("epochs") or 0}
