"""The artifacts of a lab, and which of them are stale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import get_args

from glaswerk.lab.artifact import Artifact, ArtifactKind
from glaswerk.lab.folder import Lab
from glaswerk.lab.tombstones import Forgotten

# The key in the config of a corpus for the digest of the marks (`Forgotten.digest`) when it was made.
FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True)
class Entry:
    """One artifact; `stale` says in a few words why a rebuild would differ, and is empty if it would not."""

    artifact: Artifact
    stale: str


def entries(lab: Lab) -> list[Entry]:
    """Every artifact, by kind and then by age. Rows missing from the ledger are restored from manifests."""
    found = [a for kind in get_args(ArtifactKind) for a in lab.all(kind)]
    known = {row["id"] for row in lab.ledger.rows("SELECT id FROM artifact")}
    for artifact in found:
        if artifact.id not in known:
            lab.ledger.record(artifact, lab.root)
    stale: dict[str, str] = {}
    there = {a.id: a.id for a in found} | same_content(lab, found)
    sources = {a.id for a in found if a.kind in ("source", "evaluation")}
    forgotten = Forgotten.read(lab.root).digest
    for artifact in found:
        stale[artifact.id] = _stale(artifact, there, sources, stale, forgotten)
    return [Entry(a, stale[a.id]) for a in found]


def same_content(lab: Lab, found: Iterable[Artifact]) -> dict[str, str]:
    """By the id of an artifact that the lab no longer holds, the id of one with its name and its content.

    A purge gives sources other ids, and so what is made from them, also if no byte of it changes.
    """
    there = {(made.kind, made.name, made.digest): made.id for made in found}
    held = set(there.values())
    rows = lab.ledger.rows("SELECT id, kind, name, digest FROM artifact")
    pairs = ((old, there.get((kind, name, digest))) for old, kind, name, digest in rows if old not in held)
    return {old: new for old, new in pairs if new is not None}


def _stale(
    artifact: Artifact,
    there: Mapping[str, str],
    sources: set[str],
    stale: Mapping[str, str],
    forgotten: str,
) -> str:
    for role, parent in artifact.inputs.items():
        if parent not in there:
            return f"{role} was rebuilt since"
        if stale.get(there[parent]):
            return f"{role} is stale"
    if artifact.kind == "corpus" and artifact.config.get("sources") == "all":
        added = len(sources - set(artifact.inputs.values()))
        if added:
            return f"{added} source(s) or evaluation(s) added since"
    if artifact.kind == "corpus" and artifact.config.get(FORGOTTEN, "") != forgotten:
        return "content was forgotten since: glaswerk rebuild"
    return ""
