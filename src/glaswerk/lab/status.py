"""What a lab holds, what has gone stale and what it cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import get_args

import pyarrow.parquet as pq

from glaswerk.lab.artifact import Artifact, ArtifactKind
from glaswerk.lab.exposure import exposure_basis, exposures
from glaswerk.lab.folder import Lab
from glaswerk.lab.recorded import Recorded, below, stages
from glaswerk.lab.tombstones import Forgotten

# The key in a corpus's config that says what was forgotten when it was made.
FORGOTTEN = "forgotten"
# The stage of weights that came from elsewhere (see `glaswerk adopt`).
ADOPTED = "adopted"


@dataclass(frozen=True, slots=True)
class Entry:
    """One artifact; `stale` is empty, or says in a few words why a rebuild would give something else."""

    artifact: Artifact
    stale: str


def entries(lab: Lab) -> list[Entry]:
    """Every artifact in path order. Rows missing from the ledger are written back from the manifests."""
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
            return f"{role} was made anew since"
        if stale.get(parent):
            return f"{role} is stale"
    if artifact.kind == "corpus" and artifact.config.get("sources") == "all":
        added = len(sources - set(artifact.inputs.values()))
        if added:
            return f"{added} source(s) or evaluation(s) added since"
    if artifact.kind == "corpus" and artifact.config.get(FORGOTTEN, "") != forgotten:
        return "content was forgotten since: glaswerk rebuild"
    return ""


def obstacles(lab: Lab, model: Artifact) -> list[str]:
    """Why a model cannot be released as it is, a sentence each; empty where nothing stands in the way.

    What it was trained on that was forgotten or reserved since, and documents whose rights are unknown or
    that are not public, by source, in the corpora that it or a model it grew from was trained on; adopted
    weights that it grew from.
    """
    found = below(lab, model.id)
    corpora = [made for made in found if made.kind == "corpus"]
    return [
        *_adopted(stages(found, model.id)),
        *_exposed(lab, model),
        *(words for corpus in corpora for words in _rights(corpus, found)),
    ]


def _adopted(models: Iterable[Recorded]) -> Iterator[str]:
    for model in models:
        if model.stage == ADOPTED:
            for words in faults(model.config["licence"], ADOPTED, "public", False):
                yield f"adopted weights {model.name} ({model.config['licence']}): {words}"


def _exposed(lab: Lab, model: Artifact) -> Iterator[str]:
    found = exposures(lab).get(model.id)
    if found is None or found.basis != exposure_basis(lab):
        yield "what it was trained on has not been counted since marks or sources changed: glaswerk status"
        return
    if found.documents:
        yield (
            f"trained on {found.documents:,} forgotten documents ({found.tokens:,} tokens, {found.seen:,} in "
            "all epochs): glaswerk rebuild, then train anew"
        )
    if found.reserved:
        yield f"trained on {found.reserved:,} documents whose owners reserved text and data mining since"
    if not found.certain:
        yield "what it was trained on cannot be told any more: the spans of its shards are lost"


def _rights(corpus: Recorded, below_model: Iterable[Recorded]) -> Iterator[str]:
    if corpus.path is None:
        yield from _rights_of_sources(corpus, below_model)
        return
    columns = ["source", "licence", "acquired", "audience", "tdm_opt_out"]
    table = pq.read_table(corpus.path / "documents.parquet", columns=columns)
    counts = table.group_by(columns).aggregate([([], "count_all")]).to_pylist()
    found: dict[tuple[str, str], int] = {}
    for row in counts:
        for words in faults(row["licence"], row["acquired"], row["audience"], row["tdm_opt_out"]):
            key = (row["source"], words)
            found[key] = found.get(key, 0) + row["count_all"]
    for (source, words), documents in sorted(found.items()):
        yield f"source {source}: {words} ({documents:,} documents of the corpus {corpus.name})"


def _rights_of_sources(corpus: Recorded, below_model: Iterable[Recorded]) -> Iterator[str]:
    """Of a corpus that was made anew since: what its sources were said to be when they were added."""
    inputs = set(corpus.inputs.values())
    sources = (made for made in below_model if made.kind == "source" and made.id in inputs)
    for source in sorted(sources, key=lambda made: made.name):
        said = source.config
        for words in faults(said.get("licence", ""), said.get("acquired", ""), "public", False):
            yield f"source {source.name}: {words}"


def faults(licence: str, acquired: str, audience: str, tdm_opt_out: bool) -> Iterator[str]:
    """Why documents with these rights cannot go into a release, a few words each."""
    if tdm_opt_out:
        yield "its owner reserved text and data mining"
    if acquired in ("", "unknown"):
        yield "how it was acquired is unknown"
    if acquired == ADOPTED:
        yield "what it was trained on is unknown"
    if licence.strip().casefold() in ("", "unknown"):
        yield "its licence is unknown"
    if audience != "public":
        yield f"its audience is {audience}"
