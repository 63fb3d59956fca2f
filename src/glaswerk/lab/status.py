"""The artifacts of a lab, and which of them are stale."""

from __future__ import annotations

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
    ids = {a.id for a in found}
    sources = {a.id for a in found if a.kind in ("source", "evaluation")}
    forgotten = Forgotten.read(lab.root).digest
    for artifact in found:
        stale[artifact.id] = _stale(artifact, ids, sources, stale, forgotten)
    return [Entry(a, stale[a.id]) for a in found]


def _stale(
    artifact: Artifact, ids: set[str], sources: set[str], stale: dict[str, str], forgotten: str
) -> str:
    for role, parent in artifact.inputs.items():
        if parent not in ids:
            return f"{role} was rebuilt since"
        if stale.get(parent):
            return f"{role} is stale"
    if artifact.kind == "corpus" and artifact.config.get("sources") == "all":
        added = len(sources - set(artifact.inputs.values()))
        if added:
            return f"{added} source(s) or evaluation(s) added since"
    if artifact.kind == "corpus" and artifact.config.get(FORGOTTEN, "") != forgotten:
        return "content was forgotten since: glaswerk rebuild"
    return ""
