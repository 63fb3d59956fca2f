"""What curation left out of the corpora of a model or changed, from the decisions in the ledger."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import duckdb

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.data.store.reasons import REASONS
from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.exposure import exposures
from glaswerk.release.lineage import Lineage

# Decisions that follow from the rights and requests of people, not from quality.
RIGHTS = ("rights-opt-out", "deleted", "forgotten", "private-audience")
_KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Rule:
    """How many documents a rule left out, or how many places it masked; `meaning` is one sentence."""

    name: str
    count: int
    meaning: str


@dataclass(frozen=True, slots=True)
class Processing:
    """Totals over the corpora of a model.

    `reserved` counts documents of the sources with a reservation of text and data mining, None if a source is
    gone. `reserved_since` counts training documents that were reserved afterwards, None if that was not
    counted. A toxicity limit of 1.0 means that the word list dropped nothing.
    """

    documents: int
    kept: int
    rights: tuple[Rule, ...]
    quality: tuple[Rule, ...]
    masked: tuple[Rule, ...]
    reserved: int | None
    reserved_since: int | None
    toxicity_limits: tuple[float, ...]
    validation_shares: tuple[float, ...]
    artifacts: tuple[str, ...]


def processing_of(lab: Lab, model: Artifact, lineage: Lineage) -> Processing:
    """Add up the decisions of every corpus of `model`."""
    decisions: Counter[str] = Counter()
    masked: Counter[str] = Counter()
    for corpus in lineage.corpora:
        decisions.update(corpus.stats.get("decisions", {}))
        masked.update(corpus.stats.get("masked", {}))
    exposure = exposures(lab).get(model.id)
    configs = [corpus.config for corpus in lineage.corpora]
    quality = [name for name in decisions if name not in (*RIGHTS, _KEPT)]
    return Processing(
        sum(int(corpus.stats.get("documents", 0)) for corpus in lineage.corpora),
        decisions[_KEPT],
        tuple(_rule(name, decisions[name]) for name in RIGHTS),
        tuple(_rule(name, decisions[name]) for name in quality),
        tuple(_rule(name, count) for name, count in sorted(masked.items())),
        _reserved(lineage),
        exposure.reserved if exposure else None,
        tuple(sorted({c["toxicity"]["lexicon_toxicity_max"] for c in configs if "toxicity" in c})),
        tuple(sorted({c["validation_share"] for c in configs if "validation_share" in c})),
        tuple(corpus.id for corpus in lineage.corpora),
    )


def _rule(name: str, count: int) -> Rule:
    found = REASONS.get(name)
    return Rule(name, count, found.meaning.replace("`", "") if found else "")


def _reserved(lineage: Lineage) -> int | None:
    if any(source.path is None for source in lineage.sources):
        return None
    query = "SELECT count(*) FROM read_parquet(?) WHERE tdm_opt_out"
    files = [str(source.path / DOCUMENTS) for source in lineage.sources if source.path]
    with duckdb.connect() as db:
        return sum(int(db.sql(query, params=[file]).fetchall()[0][0]) for file in files)
