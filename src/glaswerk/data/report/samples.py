"""Samples for the report: what was dropped beside what was kept in its place, or from the same source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from glaswerk.core.artifact_files import DECISIONS, DOCUMENTS
from glaswerk.data.store.decisions import KEPT, UNSHOWN, cut

# Kept documents of each source to compare with, so that not every reason shows the same ones.
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
Samples = Mapping[str, Sequence[Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Shown:
    """One document of a sample: `text` is cut, and None where it is not to be shown."""

    document: str
    source: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Pair:
    """A dropped document beside the kept one it repeats (`replaced`), or beside some kept one."""

    dropped: Shown
    score: float | None
    kept: Shown | None
    replaced: bool


def paired(folder: Path, samples: Samples) -> dict[str, list[Pair]]:
    """For each reason but "kept", in their order, each sample beside a kept document of the corpus folder.

    Texts of documents whose audience is not public, and of the reasons in UNSHOWN, are not shown.
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


def shown(folder: Path, samples: Sequence[Mapping[str, str]]) -> list[Shown]:
    """The samples of kept documents; only public ones."""
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


def _texts(db: Any, folder: Path, ids: Sequence[str]) -> dict[str, Shown]:
    found = db.execute(_TEXTS, {"file": str(folder / DOCUMENTS), "ids": list(ids)})
    return {identifier: Shown(identifier, source, cut(text)) for identifier, source, text in found.fetchall()}


def _pair(
    sample: Mapping[str, str],
    decided: Mapping[str, Any],
    pools: Mapping[str, list[str]],
    texts: Mapping[str, Shown],
) -> Pair:
    original, source = decided.get("duplicate_of", ""), decided.get("source", "")
    name = original or _next(pools.get(source, []))
    dropped = Shown(sample["document"], source, sample["text"])
    return Pair(dropped, decided.get("score"), texts.get(name), bool(original))


def _next(pool: list[str]) -> str:
    """The first of the pool, which goes to its end; empty where it holds nothing."""
    if not pool:
        return ""
    pool.append(pool.pop(0))
    return pool[-1]
