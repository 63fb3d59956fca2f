"""Artifacts as the ledger records them, also those that the lab no longer holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from glaswerk.lab.artifact import ArtifactKind
from glaswerk.lab.folder import Lab
from glaswerk.lineage.stages import stage_of, trained_splits
from glaswerk.lineage.walk import base_chain, reachable


@dataclass(frozen=True, slots=True)
class ArtifactRecord:
    """An artifact as the ledger records it. `path` is None if the lab no longer holds it."""

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
        """Of a model: pretrain, continue, chat, dpo, grpo or adopted."""
        return stage_of(self.config)

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits of its shards that a model was trained on in this stage."""
        return trained_splits(self.config)


def ancestry(lab: Lab, identifier: str) -> list[ArtifactRecord]:
    """The artifact and everything that trained it, oldest first; empty if the ledger does not know it.

    The tokenizer is included, but not the corpus that the tokenizer was trained on: that did not train the
    model. Raises GlaswerkError if the ledger is damaged.
    """
    there = {made.id: made.path for kind in get_args(ArtifactKind) for made in lab.all(kind)}
    inputs = _inputs(lab)

    def parents(child: str) -> list[str]:
        return [parent for role, parent in inputs.get(child, {}).items() if role != "tokenizer"]

    found = reachable(identifier, parents)
    rows = lab.ledger.rows("SELECT * FROM artifact ORDER BY finished_at, name")
    return [
        ArtifactRecord(
            row["id"],
            row["kind"],
            row["name"],
            row["digest"],
            row["finished_at"],
            lab.ledger.parsed(row["config"]),
            lab.ledger.parsed(row["stats"]),
            inputs.get(row["id"], {}),
            there.get(row["id"]),
        )
        for row in rows
        if row["id"] in found
    ]


def _inputs(lab: Lab) -> dict[str, dict[str, str]]:
    """Role to parent of every artifact, in the order of the roles."""
    found: dict[str, dict[str, str]] = {}
    for child, role, parent in lab.ledger.rows("SELECT child, role, parent FROM edge ORDER BY role"):
        found.setdefault(child, {})[role] = parent
    return found


def training_stages(found: Iterable[ArtifactRecord], model: str) -> tuple[ArtifactRecord, ...]:
    """The models among `found` from the first stage to `model`, each the base of the next."""
    known = {made.id: made for made in found if made.kind == "model"}
    chain = base_chain(model, lambda one: known[one].inputs if one in known else {})
    return tuple(known[one] for one in reversed(list(chain)) if one in known)
