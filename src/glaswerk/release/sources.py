"""The training documents of a model by source and rights, in the sections of the template."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.lineage.records import ArtifactRecord
from glaswerk.release.lineage import Lineage

# Sections of the template (July 2025): 2.2.1 is licensed data, 2.2.2 other private data of third parties.
PUBLIC, LICENSED, CRAWLED, USER, SYNTHETIC, OTHER = "2.1", "2.2.1", "2.3", "2.4", "2.5", "2.6"
_BY_ORIGIN = {"public": PUBLIC, "licensed": LICENSED, "synthetic": SYNTHETIC}
_WEB_ARCHIVES = (".warc", ".warc.gz", ".warc.zst")
# The template requires the top 10 % of domains by size; from small providers the top 5 % or 1,000.
_SHARE, _SHARE_SMALL, _MOST_SMALL = 0.10, 0.05, 1000
_TRAINED = """
    SELECT id, source, text, lang, kind, url, author, created_at, licence, acquired, audience
    FROM read_parquet(?) WHERE list_contains(?, split)
"""
_BY_RIGHTS = """
    SELECT source, licence, acquired, audience, count(*), sum(strlen(text))::BIGINT,
        count(DISTINCT nullif(author, '')), strftime(min(created_at), '%Y-%m'),
        strftime(max(created_at), '%Y-%m')
    FROM trained GROUP BY ALL ORDER BY 5 DESC, 1, 2, 3, 4
"""
# RFC 3986: the part between "//" and the path, without user name, port and "www.".
_DOMAINS = r"""
    SELECT regexp_extract(lower(url), '^https?://(?:[^/?#@]*@)?(?:www\.)?([^/?#:]+)', 1) AS domain,
        count(*), sum(strlen(text))::BIGINT AS bytes
    FROM trained WHERE list_contains(?, source) GROUP BY domain HAVING domain <> ''
    ORDER BY bytes DESC, domain
"""
_COUNTS = "SELECT {0}, count(*) FROM trained GROUP BY 1 ORDER BY 2 DESC, 1"


@dataclass(frozen=True, slots=True)
class SourceRow:
    """Training documents of one source with the same rights. `section` is the section of the template.

    `first` and `last`: months of the oldest and newest dated document, "" without a date. `added`: the day
    when the source was added to the lab. `counted` is False if the corpus is gone: the row then shows what
    was stated and counted when the source was added.
    """

    source: str
    artifact: str
    licence: str
    acquired: str
    audience: str
    documents: int
    bytes: int
    authors: int
    first: str
    last: str
    added: str
    section: str
    counted: bool


@dataclass(frozen=True, slots=True)
class Domain:
    """Training documents of one web domain, and the bytes of their text."""

    name: str
    documents: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Data:
    """The training data of a model over all its stages; every document counts once.

    `tokens` and `documents` are those of the training splits, regardless of epochs. `domains` are the largest
    of the `domains_in_all` domains of crawled sources. `lost` are corpora that are no longer in the lab.
    """

    rows: tuple[SourceRow, ...]
    tokens: int
    documents: int
    languages: Mapping[str, int]
    kinds: Mapping[str, int]
    domains: tuple[Domain, ...]
    domains_in_all: int
    artifacts: tuple[str, ...]
    lost: tuple[str, ...]

    def of(self, *sections: str) -> tuple[SourceRow, ...]:
        """The rows in any of these sections of the template."""
        return tuple(row for row in self.rows if row.section in sections)

    @property
    def added_last(self) -> str:
        """The day when the last source was added, "" without a row."""
        return max((row.added for row in self.rows), default="")

    @property
    def span(self) -> tuple[str, str]:
        """Months of the oldest and the newest dated document, ("", "") without a date."""
        dated = [row for row in self.rows if row.first]
        return (min(r.first for r in dated), max(r.last for r in dated)) if dated else ("", "")


def data_of(
    lineage: Lineage, *, crawled: Collection[str] = (), users: Collection[str] = (), small: bool = False
) -> Data:
    """Count the training documents in the corpora of a model.

    `crawled` and `users` are the sources that the provider named as such; `small` providers list fewer
    domains.
    """
    there = [corpus for corpus in lineage.corpora if corpus.path and lineage.splits_of(corpus)]
    lost = [corpus for corpus in lineage.corpora if corpus.path is None]
    named = {source.name: source for source in lineage.sources}
    webs = {*crawled, *(name for name, source in named.items() if _is_web(source))}
    with duckdb.connect() as db:
        _view(db, [(str(c.path / DOCUMENTS), lineage.splits_of(c)) for c in there if c.path])
        found = db.sql(_BY_RIGHTS).fetchall()
        rows = [_row(row, named, webs, users) for row in found]
        languages, kinds = (dict(db.sql(_COUNTS.format(name)).fetchall()) for name in ("lang", "kind"))
        crawls = sorted({row.source for row in rows if row.section == CRAWLED})
        domains = [Domain(*row) for row in db.sql(_DOMAINS, params=[crawls]).fetchall()]
    rows += _of_lost(lineage, lost, {row.source for row in rows}, webs, users)
    splits = [shards.stats["splits"][name] for shards, name in _trained_splits(lineage)]
    return Data(
        tuple(rows),
        sum(split["tokens"] for split in splits),
        sum(split["documents"] for split in splits),
        languages,
        kinds,
        tuple(domains[: _most(len(domains), small)]),
        len(domains),
        tuple(entry.id for entry in (*lineage.shards, *lineage.corpora, *lineage.sources)),
        tuple(corpus.name for corpus in lost),
    )


def _view(db: duckdb.DuckDBPyConnection, files: list[tuple[str, tuple[str, ...]]]) -> None:
    """Create the table `trained`: a document that is in several corpora counts once."""
    if not files:
        columns = ("id", "source", "text", "lang", "kind", "url", "author", "licence", "acquired", "audience")
        db.execute(
            f"CREATE TABLE trained (created_at TIMESTAMP, {', '.join(f'{c} VARCHAR' for c in columns)})"
        )
        return
    first, *others = files
    db.execute(f"CREATE TABLE trained AS {_TRAINED}", [first[0], list(first[1])])
    for file, splits in others:
        db.execute(
            f"INSERT INTO trained {_TRAINED} AND id NOT IN (SELECT id FROM trained)", [file, list(splits)]
        )


def _trained_splits(lineage: Lineage) -> list[tuple[ArtifactRecord, str]]:
    return [
        (shards, split)
        for shards in lineage.shards
        for split in lineage.trained.get(shards.id, ())
        if split in shards.stats["splits"]
    ]


def _row(
    row: tuple[Any, ...], named: Mapping[str, ArtifactRecord], webs: Collection[str], users: Collection[str]
) -> SourceRow:
    source, licence, acquired, audience, documents, size, authors, first, last = row
    entry = named.get(source)
    return SourceRow(
        source,
        entry.id if entry else "",
        licence,
        acquired,
        audience,
        documents,
        size,
        authors,
        first or "",
        last or "",
        entry.finished_at[:10] if entry else "",
        _section(source, acquired, webs, users),
        True,
    )


def _of_lost(
    lineage: Lineage,
    lost: list[ArtifactRecord],
    counted: Collection[str],
    webs: Collection[str],
    users: Collection[str],
) -> list[SourceRow]:
    """Rows for sources whose corpus was rebuilt since: what was stated when they were added."""
    below = {parent for corpus in lost for parent in corpus.inputs.values()}
    return [
        SourceRow(
            entry.name,
            entry.id,
            str(entry.config.get("licence", "")),
            str(entry.config.get("acquired", "")),
            "public",
            int(entry.stats.get("documents", 0)),
            int(entry.stats.get("bytes", 0)),
            0,
            "",
            "",
            entry.finished_at[:10],
            _section(entry.name, str(entry.config.get("acquired", "")), webs, users),
            False,
        )
        for entry in lineage.sources
        if entry.id in below and entry.name not in counted
    ]


def _section(source: str, acquired: str, webs: Collection[str], users: Collection[str]) -> str:
    if source in users:
        return USER
    if source in webs:
        return CRAWLED
    return _BY_ORIGIN.get(acquired, OTHER)


def _is_web(source: ArtifactRecord) -> bool:
    """Whether a source consists of web archives, which only crawlers write."""
    return any(str(name).lower().endswith(_WEB_ARCHIVES) for name in source.config.get("files", ()))


def _most(domains: int, small: bool) -> int:
    """How many domains to list, rounded up."""
    share = _SHARE_SMALL if small else _SHARE
    most = -(-domains * round(share * 100) // 100)
    return min(most, _MOST_SMALL) if small else most
