"""What lies below an artifact in the ledger: all that it was made from, however long it is gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from glaswerk.lab.artifact import ArtifactKind
from glaswerk.lab.folder import Lab

# What a tokenizer was trained on did not train the model.
_BELOW = """
    WITH RECURSIVE below (id) AS (
        SELECT ? UNION SELECT edge.parent FROM edge JOIN below ON edge.child = below.id
        WHERE edge.role <> 'tokenizer')
    SELECT artifact.* FROM artifact JOIN below USING (id) ORDER BY finished_at, name
"""


@dataclass(frozen=True, slots=True)
class Recorded:
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


def below(lab: Lab, identifier: str) -> list[Recorded]:
    """The artifact and what trained it, oldest first; a tokenizer, but not what it was counted in.

    Raises GlaswerkError where the ledger is damaged.
    """
    there = {made.id: made.path for kind in get_args(ArtifactKind) for made in lab.all(kind)}
    found = []
    for row in lab.ledger.rows(_BELOW, identifier):
        edges = lab.ledger.rows("SELECT role, parent FROM edge WHERE child = ? ORDER BY role", row["id"])
        found.append(
            Recorded(
                row["id"],
                row["kind"],
                row["name"],
                row["digest"],
                row["finished_at"],
                lab.ledger.parsed(row["config"]),
                lab.ledger.parsed(row["stats"]),
                dict(map(tuple, edges)),
                there.get(row["id"]),
            )
        )
    return found


def stages(found: Iterable[Recorded], model: str) -> tuple[Recorded, ...]:
    """The models among them from the first to `model`, each the base of the next."""
    known = {made.id: made for made in found if made.kind == "model"}
    chain: list[Recorded] = []
    while model in known:
        chain.insert(0, known[model])
        model = known[model].inputs.get("base", "")
    return tuple(chain)
