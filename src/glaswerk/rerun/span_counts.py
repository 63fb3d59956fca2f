"""How much of given documents models learnt, counted from the spans of the shards they were trained on."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.stages import ADOPTED
from glaswerk.lineage.walk import base_chain
from glaswerk.tokenizer.retained_spans import spans_folder
from glaswerk.tokenizer.shards import Shards

# The split whose every token counts in an epoch.
_TRAINED = {"pretrain": "train", "chat": "chat"}


@dataclass(frozen=True, slots=True)
class Learnt:
    """Documents that a model or one of its bases was trained on, their tokens, and tokens times epochs.

    Chat tuning replays a random part of the training texts, and so does a run with sources that come last.
    Counted from spans, all of these texts count, each as often as one is drawn on average: only the sampler
    knows which ones were drawn (`rerun.exposure.learnt` asks it). `certain` is False if the spans of some
    shards are lost: then there may be more.
    """

    documents: int
    tokens: int
    seen: int
    certain: bool


def learnt_from_spans(lab: Lab, model: Artifact, ids: Collection[str]) -> Learnt:
    """How much of the documents `ids` a model was trained on, by the spans of its shards."""
    tokens: dict[str, int] = {}
    seen, certain = 0, True
    for ancestor in _ancestry(lab, model):
        if ancestor["stage"] == ADOPTED:
            continue  # not trained here; `obstacles` reports separately that its data is unknown
        folder = spans_folder(lab, ancestor["shards"])
        certain = certain and folder is not None
        if folder is None:
            continue
        shards = Shards.open(folder)
        last, more = _last_part(lab, shards, ancestor)
        general, rarely = _general_part(shards, ancestor)
        for split, epochs in _read(shards, ancestor).items():
            held = shards.held(split, ids)
            tokens |= {name: max(count, tokens.get(name, 0)) for name, count in held.items()}
            others = sum(count for name, count in held.items() if name not in last)
            replayed = sum(count for name, count in held.items() if name in general)
            seen += round((sum(held.values()) + others * more - replayed * (1 - rarely)) * epochs)
    return Learnt(len(tokens), sum(tokens.values()), seen, certain)


def _read(shards: Shards, stage: Mapping[str, Any]) -> dict[str, float]:
    """The splits that a stage was trained on, and how often it saw a document of each."""
    own = [stage["split"]] if stage["split"] else shards.splits()
    found = {s: stage["epochs"] for s in own if s in shards.splits() and not s.endswith("validation")}
    replayed = stage["replay"] * stage["epochs"]
    if replayed and {"chat", "train"} <= set(shards.splits()):
        found["train"] = replayed * _tokens(shards, "chat") / max(_tokens(shards, "train"), 1)
    return found


def _last_part(lab: Lab, shards: Shards, stage: Mapping[str, Any]) -> tuple[set[str], float]:
    """The documents that come last in a run, and how often an epoch replays each of the others with them.

    In a run that replays another's order, they are places in the shards of that run. If those spans are
    lost, nothing is known.
    """
    last, order = stage["last"], stage["order"]
    if order and order["how"] == "rebuild":
        last = order.get("last")  # over the new shards
    if last is None:
        return set(), 0.0
    old = spans_folder(lab, order["shards"]) if order and order["how"] == "replay" else shards.folder
    if old is None:
        return set(), 0.0
    documents, starts, ends = Shards.open(old).spans("train")
    own = _chosen(len(documents), last["documents"])
    lengths = ends - starts
    share = last["replay"] * lengths[own].sum() / max(lengths[~own].sum(), 1)
    return {documents[place] for place in np.flatnonzero(own).tolist()}, float(share)


def _general_part(shards: Shards, stage: Mapping[str, Any]) -> tuple[set[str], float]:
    """The general documents that a run replayed, and how often an epoch draws one of them on average."""
    if stage["general"] is None:
        return set(), 1.0
    documents, starts, ends = shards.spans("train")
    chosen = _chosen(len(documents), stage["general"]["documents"])
    lengths = ends - starts
    wanted = stage["general"]["share"] * lengths[~chosen].sum()
    share = min(1.0, float(wanted / max(lengths[chosen].sum(), 1)))
    return {documents[place] for place in np.flatnonzero(chosen).tolist()}, share


def _chosen(size: int, ranges: Sequence[Sequence[int]]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    own = np.zeros(size, bool)
    for first, end in ranges:
        own[first:end] = True
    return own


def _tokens(shards: Shards, split: str) -> int:
    _, starts, ends = shards.spans(split)
    return int((ends - starts).sum())


def _ancestry(lab: Lab, model: Artifact) -> Iterator[dict[str, Any]]:
    """What `learnt` needs to know of a model and its bases; for removed models, from the ledger."""
    there = {artifact.id: artifact for artifact in lab.all("model")}

    @cache
    def known(identifier: str) -> tuple[Mapping[str, str], Mapping[str, Any], Mapping[str, Any]]:
        artifact = there.get(identifier)
        return (artifact.inputs, artifact.config, artifact.stats) if artifact else _recorded(lab, identifier)

    for identifier in base_chain(model.id, lambda one: known(one)[0]):
        inputs, config, stats = known(identifier)
        stage = config.get("stage", "")
        yield {
            "stage": stage,
            "shards": inputs.get("shards", ""),
            "epochs": stats.get("epochs") or 0,
            # Newer stages name their split; if there is none, any split may have been learnt from.
            "split": config.get("split", _TRAINED.get(stage, "")),
            "replay": config.get("replay", 0) if stage == "chat" else 0,
            # Sources that came last (see `train.batches.last_sources`), and the run whose order was
            # replayed (see `rerun.retrain`).
            "last": config.get("last"),
            # General text that continued pretraining replayed (see `train.batches.general`).
            "general": config.get("general"),
            "order": config.get("order"),
        }


def _recorded(lab: Lab, identifier: str) -> tuple[Mapping[str, str], Mapping[str, Any], Mapping[str, Any]]:
    """Inputs, config and figures of an artifact that was removed from the lab; empty if it is unknown."""
    rows = lab.ledger.rows("SELECT config, stats FROM artifact WHERE id = ?", identifier)
    edges = lab.ledger.rows("SELECT role, parent FROM edge WHERE child = ?", identifier)
    config, stats = map(json.loads, rows[0]) if rows else ({}, {})
    return {row["role"]: row["parent"] for row in edges}, config, stats
