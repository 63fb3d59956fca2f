"""Ledger records and lineages written by hand, for papers whose figures can be counted by reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.core.document import Document, to_row
from glaswerk.data.store.parquet import SCHEMA
from glaswerk.lineage.records import ArtifactRecord
from glaswerk.release.compute import compute_of
from glaswerk.release.facts import Facts
from glaswerk.release.lineage import Lineage
from glaswerk.release.overlap import Overlap
from glaswerk.release.processing import Processing
from glaswerk.release.sources import data_of


def record(
    kind: str,
    name: str,
    *,
    config: Mapping[str, Any] | None = None,
    stats: Mapping[str, Any] | None = None,
    inputs: Mapping[str, str] | None = None,
    path: Path | None = None,
) -> ArtifactRecord:
    """An artifact as the ledger has it; its id is "b2:" and its name."""
    return ArtifactRecord(
        f"b2:{name}",
        kind,
        name,
        f"b2:digest-of-{name}",
        "2026-03-04T05:06:07+00:00",
        config or {},
        stats or {},
        inputs or {},
        path,
    )


def corpus_file(folder: Path, splits: Mapping[str, Sequence[Document]]) -> Path:
    """A corpus's folder with these documents in it."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [to_row(document) | {"split": split} for split, part in splits.items() for document in part]
    schema = SCHEMA.append(pa.field("split", pa.string()))
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / DOCUMENTS)
    return folder


def lineage(
    folder: Path | None,
    *,
    sources: Sequence[ArtifactRecord] = (),
    stages: Sequence[ArtifactRecord] = (),
    splits: Mapping[str, Mapping[str, int]] | None = None,
    corpus_config: Mapping[str, Any] | None = None,
    corpus_stats: Mapping[str, Any] | None = None,
) -> Lineage:
    """One corpus over `sources` at `folder`, packed once, and the stages of a model over it."""
    corpus = record(
        "corpus",
        "main",
        config=corpus_config,
        stats=corpus_stats,
        inputs={f"source:{source.name}": source.id for source in sources},
        path=folder,
    )
    shards = record(
        "shards", "main.main", stats={"splits": splits or {}}, inputs={"corpus": corpus.id}, path=folder
    )
    given = tuple(stages) or (
        record("model", "base/step-8", config={"stage": "pretrain"}, inputs={"shards": shards.id}),
    )
    return Lineage(given, (shards,), (corpus,), tuple(sources))


SHARDS = {"shards": "b2:main.main"}


def facts(made: Lineage, *, answers: Mapping[str, Any] | None = None, **more: Any) -> Facts:
    """The facts of a lineage, with nothing measured that was not given."""
    given = {"watts": None, "trust": None, "network": {}, "obstacles": ()} | more
    return Facts(
        made,
        data_of(made),
        Processing(10, 6, (), (), (), 0, None, (), (), ()),
        compute_of(made, given["watts"]),
        given.get("overlap", Overlap(13, 8, (), "the lab has no evaluation set installed", "", (), ())),
        given["trust"],
        given["network"],
        answers or {},
        tuple(given["obstacles"]),
        "2026-05-06",
    )
