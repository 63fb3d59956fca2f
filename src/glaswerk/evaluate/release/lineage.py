"""What lies below a model in the ledger: the stages it was trained in, and what each was trained on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glaswerk.lab import Artifact, Lab, artifact

_COLUMNS = "id, kind, name, path, digest, finished_at, config, stats"
# What a tokenizer was trained on did not train the model.
_BELOW = f"""
    WITH RECURSIVE below (id) AS (
        SELECT ? UNION SELECT edge.parent FROM edge JOIN below ON edge.child = below.id
        WHERE edge.role <> 'tokenizer')
    SELECT {_COLUMNS} FROM artifact JOIN below USING (id) ORDER BY finished_at, name
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """An artifact as the ledger has it. `path` is None where the lab no longer holds it."""

    id: str
    kind: str
    name: str
    digest: str
    finished_at: str
    config: Mapping[str, Any]
    stats: Mapping[str, Any]
    inputs: Mapping[str, str]
    path: Path | None

    @property
    def stage(self) -> str:
        """Of a model: pretrain, chat, dpo, grpo or adopted."""
        return str(self.config.get("stage", "pretrain"))

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits of its shards that a model was trained on in this stage."""
        if self.stage == "chat":
            return ("chat", "train") if self.config.get("replay") else ("chat",)
        split = {"pretrain": "train"}.get(self.stage, self.config.get("split", ""))
        return (split,) if split else ()


@dataclass(frozen=True, slots=True)
class Lineage:
    """Everything below a model, oldest first. `stages` begins with pretraining or adopted weights and ends
    with the model itself."""

    stages: tuple[Entry, ...]
    shards: tuple[Entry, ...]
    corpora: tuple[Entry, ...]
    sources: tuple[Entry, ...]

    @property
    def model(self) -> Entry:
        return self.stages[-1]

    @property
    def trained(self) -> dict[str, tuple[str, ...]]:
        """Splits that some stage was trained on, by the id of the shards."""
        found: dict[str, set[str]] = {}
        for stage in self.stages:
            if shards := stage.inputs.get("shards"):
                found.setdefault(shards, set()).update(stage.splits)
        return {shards: tuple(sorted(splits)) for shards, splits in found.items()}

    def splits_of(self, corpus: Entry) -> tuple[str, ...]:
        """Splits of a corpus that some stage was trained on."""
        packed = [shards.id for shards in self.shards if shards.inputs.get("corpus") == corpus.id]
        return tuple(sorted({split for shards in packed for split in self.trained.get(shards, ())}))


def lineage_of(lab: Lab, model: Artifact) -> Lineage:
    """What the ledger holds below `model`, however long it is gone from the lab."""
    rows = lab.ledger.rows(_BELOW, model.id)
    entries = [_entry(lab, row) for row in rows]

    def of(kind: str) -> tuple[Entry, ...]:
        return tuple(entry for entry in entries if entry.kind == kind)

    return Lineage(_chain(of("model"), model.id), of("shards"), of("corpus"), of("source"))


def _chain(models: Sequence[Entry], last: str) -> tuple[Entry, ...]:
    """The models from the first to `last`, each the base of the next."""
    known = {model.id: model for model in models}
    chain: list[Entry] = []
    while last in known:
        chain.insert(0, known[last])
        last = known[last].inputs.get("base", "")
    return tuple(chain)


def _entry(lab: Lab, row: sqlite3.Row) -> Entry:
    path = lab.root / row["path"]
    there = artifact.read(path)
    edges = lab.ledger.rows("SELECT role, parent FROM edge WHERE child = ? ORDER BY role", row["id"])
    return Entry(
        row["id"], row["kind"], row["name"], row["digest"], row["finished_at"], json.loads(row["config"]),
        json.loads(row["stats"]), {role: parent for role, parent in edges},
        path if there is not None and there.id == row["id"] else None,
    )  # fmt: skip
