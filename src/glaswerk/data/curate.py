"""From all sources of a lab to one corpus, with a decision and its reason for every document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.progress import progress_bar
from glaswerk.data import report
from glaswerk.data.chats import FAMILIES
from glaswerk.data.decisions import DECISIONS, KEPT
from glaswerk.data.duplicates import candidates
from glaswerk.data.forget import Gone, holding
from glaswerk.data.language import check_codes
from glaswerk.data.parquet import DOCUMENTS, SCHEMA, TOMBSTONES, conform
from glaswerk.data.reasons import explain
from glaswerk.data.screen import CurateConfig, Screen, Survivors, near_duplicates
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.lab.status import FORGOTTEN
from glaswerk.lab.tombstones import Forgotten

CORPUS_SCHEMA = pa.schema([*SCHEMA, ("split", pa.string())])
AUDIENCES = ("public", "limited", "private")
_BATCH = 2048
_HINT = "glaswerk add posts ARCHIVE.zip --licence CC-BY-4.0"


def curate(
    lab: Lab,
    *,
    name: str = "main",
    languages: Sequence[str] = (),
    validation_share: float = CurateConfig.validation_share,
    audiences: Sequence[str] = CurateConfig.audiences,
) -> Artifact:
    """The corpus of all sources in the lab, in the order (source, id).

    Writes documents.parquet (with `split`), decisions.parquet, report.json and report.html. Two passes
    over the documents: memory grows by about 3 kB for each, and by the texts of near-duplicate candidates.
    Raises GlaswerkError where the lab has no source or nothing is kept.
    """
    config = _config(languages, validation_share, audiences)
    sources = sorted(lab.all("source"), key=lambda source: source.name)
    if not sources:
        raise GlaswerkError(f"expected sources in the lab {lab.root}, found none", hint=_HINT)
    forgotten = Forgotten.read(lab.root)
    decided = {"sources": "all", **asdict(config)}
    if forgotten.digest:
        decided[FORGOTTEN] = forgotten.digest
    inputs = {f"source:{source.name}": source.id for source in sources}
    spec = Spec("corpus", name, "curate/1", inputs, decided)
    return lab.make(spec, lambda folder: _write(folder, sources, config, forgotten))


def _config(languages: Sequence[str], validation_share: float, audiences: Sequence[str]) -> CurateConfig:
    if not 0 <= validation_share <= 0.5:
        raise GlaswerkError(
            f"expected a validation share between 0 and 0.5, found {validation_share}",
            hint="glaswerk curate --validation-share 0.02",
        )
    unknown = [a for a in audiences if a not in AUDIENCES]
    if unknown or not audiences:
        raise GlaswerkError(f"expected audiences ({', '.join(AUDIENCES)}), found {list(audiences)!r}")
    return CurateConfig(
        languages=check_codes(languages), validation_share=validation_share,
        audiences=tuple(sorted(set(audiences))),
    )  # fmt: skip


def _write(
    folder: Path, sources: Sequence[Artifact], config: CurateConfig, forgotten: Forgotten
) -> Mapping[str, Any]:
    rest = folder / "survivors.parquet"
    screen = Screen(rest, config, _deleted(sources), Gone.of(sources, forgotten))
    try:
        _screen(screen, sources, folder)
    finally:
        screen.close()
    dropped = _drop_near_duplicates(screen, rest, config)
    stats = _finish(screen, rest, folder / DOCUMENTS, set(dropped), config)
    rest.unlink()
    _need_some(screen)
    screen.decisions.write(folder / DECISIONS)
    report.write(folder, stats, screen.decisions.by_source(), screen.samples.listed())
    return {key: stats[key] for key in _STATS}


_STATS = ("documents", "kept", "bytes", "decisions", "masked", "languages", "splits", "kinds")


def _deleted(sources: Sequence[Artifact]) -> set[str]:
    """Ids of documents that hold a post which some archive lists as deleted, in whichever order added."""
    tombstones: set[str] = set()
    for source in sources:
        if (source.path / TOMBSTONES).exists():
            tombstones.update(pq.read_table(source.path / TOMBSTONES)["id"].to_pylist())
    return holding(sources, tombstones)


def _screen(screen: Screen, sources: Sequence[Artifact], folder: Path) -> None:
    total = sum(int(source.stats.get("documents", 0)) for source in sources)
    with progress_bar("screening documents", total) as bar:
        for source in sources:
            for table in _ordered(source, folder):
                screen.add(table)
                bar.advance(table.num_rows)


def _ordered(source: Artifact, scratch: Path) -> Iterator[Any]:
    """Batches of a source in the order of ids; DuckDB sorts, on disk where memory does not suffice."""
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(f"SET temp_directory = '{str(scratch / 'sorting').replace(chr(39), chr(39) * 2)}'")
        query = "SELECT * REPLACE (? AS source) FROM read_parquet(?) ORDER BY id"
        rows = db.sql(query, params=[source.name, str(source.path / DOCUMENTS)])
        for batch in rows.to_arrow_reader(_BATCH):
            yield conform(pa.Table.from_batches([batch]))


def _drop_near_duplicates(screen: Screen, rest: Path, config: CurateConfig) -> dict[int, tuple[int, float]]:
    left = screen.survivors
    if not left.hashed or config.near_duplicate >= 1.0:
        return {}
    found = candidates(np.concatenate(left.digests), np.concatenate(left.guards))
    pairs = [(left.hashed[earlier], left.hashed[later]) for earlier, later in found]
    texts = _texts(rest, {number for pair in pairs for number in pair})
    dropped = near_duplicates(left, texts, pairs, config.near_duplicate)
    screen.decisions.redirect({left.ids[n]: left.ids[original] for n, (original, _) in dropped.items()})
    for number, (original, share) in dropped.items():
        screen.decisions.change(left.rows[number], "near-duplicate", round(share, 4), left.ids[original])
        screen.samples.offer(
            "near-duplicate", left.ids[number], f"{texts[number]}\n= {left.ids[original]}: {texts[original]}"
        )
    return dropped


def _texts(rest: Path, numbers: set[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    if not numbers:
        return found
    start = 0
    with pq.ParquetFile(rest) as file:
        for batch in file.iter_batches(_BATCH, columns=["text"]):
            column = batch.column(0)
            for number in range(start, start + len(column)):
                if number in numbers:
                    found[number] = column[number - start].as_py()
            start += len(column)
    return found


def _finish(screen: Screen, rest: Path, out: Path, dropped: set[int], config: CurateConfig) -> dict[str, Any]:
    """The second pass: what is left gets its split and goes to `out`; returns the corpus figures."""
    left = screen.survivors
    splits = assign_splits(left, dropped, config.validation_share)
    figures = report.Figures()
    start = 0
    with pq.ParquetFile(rest) as file, pq.ParquetWriter(out, CORPUS_SCHEMA, compression="zstd") as writer:
        for batch in file.iter_batches(_BATCH):
            numbers = range(start, start + batch.num_rows)
            start += batch.num_rows
            kept = [number for number in numbers if number not in dropped]
            table = pa.Table.from_batches([batch]).take([number - numbers.start for number in kept])
            split = pa.array([splits[number] for number in kept], pa.string())
            table = table.append_column("split", split)
            writer.write_table(table)
            figures.add(table)
            for identifier, text in zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True):
                screen.samples.offer(KEPT, identifier, text)
    masked = sum((c for n, c in left.masked.items() if n not in dropped), Counter[str]())
    counts = screen.decisions.counts()
    return {
        "documents": sum(counts.values()), "kept": counts.get(KEPT, 0), "decisions": counts,
        "masked": dict(sorted(masked.items())), **figures.totals(),
    }  # fmt: skip


def assign_splits(left: Survivors, dropped: set[int], validation_share: float) -> dict[int, str]:
    """Split of each survivor by the hash of its normalised text, so that it does not depend on the others.

    One exception: where no hash of several falls below the share, the lowest goes to validation, so
    that training on a handful of documents can be validated at all.
    """
    found: dict[int, str] = {}
    families = [FAMILIES.get(kind, "train") for kind in left.kinds]
    for main in ("train", "chat", "preference"):
        held = "validation" if main == "train" else f"{main}-validation"
        numbers = [n for n, family in enumerate(families) if n not in dropped and family == main]
        limit = int(validation_share * 2**64)
        ranks = {n: int.from_bytes(left.hashes[n][:8]) for n in numbers}
        if validation_share > 0 and len(ranks) > 1:
            limit = max(limit, min(ranks.values()) + 1)
        found |= {n: held if rank < limit else main for n, rank in ranks.items()}
    return found


def _need_some(screen: Screen) -> None:
    counts = screen.decisions.counts()
    if counts.get(KEPT):
        return
    most = max(counts, key=lambda reason: counts[reason], default="empty")
    listed = ", ".join(f"{reason} {count:,}" for reason, count in counts.items())
    raise GlaswerkError(
        f"expected documents to keep, found none ({listed or 'the sources are empty'}). "
        f"{most}: {explain(most)}",
        hint=f"add other content: {_HINT}; or see: glaswerk explain {most}",
    )
