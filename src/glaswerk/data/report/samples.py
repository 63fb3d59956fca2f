"""Samples for the report: dropped documents next to the ones kept instead, or to others of the source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from glaswerk.core.artifact_files import DECISIONS, DOCUMENTS
from glaswerk.data.store.decisions import KEPT, UNSHOWN, excerpt

# Kept documents of each source to compare with: several, so that not every reason shows the same ones.
_POOL = 12
_DECIDED = """
    SELECT document, source, reason, score, duplicate_of FROM read_parquet($file)
    WHERE list_contains($ids, document)
"""
_KEPT_OF_SOURCE = """
    SELECT source, min_by(id, md5(id), $pool) FROM read_parquet($file)
    WHERE audience = 'public' GROUP BY source
"""
_TEXTS = """
    SELECT id, source, text FROM read_parquet($file) WHERE list_contains($ids, id) AND audience = 'public'
"""
SampleRows = Mapping[str, Sequence[Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class SampleText:
    """One document of a sample: `text` is an excerpt, or None if it must not be shown."""

    document: str
    source: str
    text: str | None


@dataclass(frozen=True, slots=True)
class SamplePair:
    """A dropped document, and the kept one that it duplicates (`replaced`) or another one of its source."""

    dropped: SampleText
    score: float | None
    kept: SampleText | None
    replaced: bool


def dropped_samples(folder: Path, samples: SampleRows) -> dict[str, list[SamplePair]]:
    """For each reason except "kept", each sample paired with a kept document of the corpus in `folder`.

    Reasons in UNSHOWN are left out, and kept documents that are not public are None.
    """
    dropped = {reason: there for reason, there in samples.items() if reason != KEPT}
    with duckdb.connect() as db:
        decided = _decided(db, folder, [s["document"] for there in dropped.values() for s in there])
        pools = _pools(db, folder)
        wanted = {row["duplicate_of"] for row in decided.values()} | {
            i for pool in pools.values() for i in pool
        }
        texts = _texts(db, folder, sorted(wanted - {""}))
    return {
        reason: [
            _pair(sample, decided.get((sample["document"], reason), {}), pools, texts) for sample in there
        ]
        for reason, there in dropped.items()
        if reason not in UNSHOWN
    }


def kept_samples(folder: Path, samples: Sequence[Mapping[str, str]]) -> list[SampleText]:
    """The samples of kept documents, only public ones."""
    with duckdb.connect() as db:
        texts = _texts(db, folder, [sample["document"] for sample in samples])
    return [texts[sample["document"]] for sample in samples if sample["document"] in texts]


def _decided(db: Any, folder: Path, ids: Sequence[str]) -> dict[tuple[str, str], dict[str, Any]]:
    found = db.execute(_DECIDED, {"file": str(folder / DECISIONS), "ids": list(ids)})
    names = [column[0] for column in found.description]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return {(row["document"], row["reason"]): row for row in rows}


def _pools(db: Any, folder: Path) -> dict[str, list[str]]:
    found = db.execute(_KEPT_OF_SOURCE, {"file": str(folder / DOCUMENTS), "pool": _POOL})
    return dict(found.fetchall())


def _texts(db: Any, folder: Path, ids: Sequence[str]) -> dict[str, SampleText]:
    found = db.execute(_TEXTS, {"file": str(folder / DOCUMENTS), "ids": list(ids)})
    return {
        identifier: SampleText(identifier, source, excerpt(text))
        for identifier, source, text in found.fetchall()
    }


def _pair(
    sample: Mapping[str, str],
    decided: Mapping[str, Any],
    pools: Mapping[str, list[str]],
    texts: Mapping[str, SampleText],
) -> SamplePair:
    original, source = decided.get("duplicate_of", ""), decided.get("source", "")
    name = original or _next(pools.get(source, []))
    dropped = SampleText(sample["document"], source, sample["text"])
    return SamplePair(dropped, decided.get("score"), texts.get(name), bool(original))


def _next(pool: list[str]) -> str:
    """The first id of the pool, which moves to the end; empty if the pool is."""
    if not pool:
        return ""
    pool.append(pool.pop(0))
    return pool[-1]
