"""What a deletion reaches: the documents it names, what was derived from them, and what contains them.

`reach` reports everything for people to read. `Removed` decides document by document, for curation and
purging. A deletion also reaches the thread or the conversation that a named post went into, retweets by
others, and documents derived from any of these.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from glaswerk.core.artifact_files import DECISIONS, DOCUMENTS, LIMITED, PARTS, PURGED_DOCUMENTS, TOMBSTONES
from glaswerk.data.references import retweeted_handle
from glaswerk.data.store.order import GIVEN_ID, given_id
from glaswerk.data.store.parquet import broken_parquet
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.tombstones import Forgotten, plain_handle

# An id names every text that was added under it (see `order.given_id`).
_NAMED = f"""
    SELECT id, ? AS source, author FROM read_parquet(?, union_by_name = true)
    WHERE list_has_any(?, [id, {GIVEN_ID}]) OR list_contains(?, author) OR ?
"""
_CLUSTERS = """
    WITH decided AS (
        SELECT document, coalesce(nullif(duplicate_of, ''), document) AS head FROM read_parquet(?))
    SELECT DISTINCT document FROM decided
    WHERE head IN (SELECT head FROM decided WHERE document IN (SELECT id FROM named))
      AND document NOT IN (SELECT id FROM named)
"""
# Dropped as duplicates of documents that go: they would take their place.
_HELD = """
    SELECT DISTINCT document, duplicate_of FROM read_parquet(?)
    WHERE list_contains(?, duplicate_of) AND NOT list_contains(?, document)
"""
_RELATED = r"""
    SELECT id, CASE WHEN quote_of IN (SELECT id FROM named) THEN 'quote'
                    WHEN reply_to IN (SELECT id FROM named) THEN 'reply' ELSE 'retweet' END AS relation
    FROM read_parquet(?, union_by_name = true)
    WHERE id NOT IN (SELECT id FROM named) AND (
        quote_of IN (SELECT id FROM named) OR reply_to IN (SELECT id FROM named)
        OR retweet_of IN (SELECT id FROM named)
        OR list_contains(?, lower(regexp_extract(retweet_of, '^@(\w+)$', 1)))
        OR list_contains(?, lower(regexp_extract(text, '^RT @(\w+): ', 1))))
"""
_LINKS = """
    SELECT id, unnest(derived_from) FROM read_parquet(?, union_by_name = true) WHERE len(derived_from) > 0
"""
# The first letters of a retweet name the author that it repeats.
_ROWS = """
    SELECT id, ? AS source, retweet_of, left(text, 64) AS text
    FROM read_parquet(?, union_by_name = true) WHERE list_contains(?, id)
"""
_ONLY_IN = """
    SELECT id FROM read_parquet(?, union_by_name = true)
    WHERE id NOT IN (SELECT id FROM read_parquet(?, union_by_name = true))
"""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a deletion reaches.

    `documents`: (id, source, author) of each document named. `copies`: ids of duplicates by others, which
    stay. `related`: (id, relation) of documents that point to those named; a relation is quote, reply or
    retweet. `derived`: ids of documents derived from those named or from their retweets, directly or not.
    `held_back`: (copy, original) of copies that a corpus left out as duplicates of a document that goes. They
    would be trained on instead; they stay out unless the user decides otherwise.
    """

    documents: list[dict[str, Any]]
    copies: list[str]
    related: list[tuple[str, str]]
    derived: list[str]
    held_back: tuple[tuple[str, str], ...] = ()

    @property
    def going(self) -> set[str]:
        """Ids of all documents that the corpora will lose: named, retweets and derived.

        The same rule, that retweets go and replies and quotes stay, is in `Removed.covers` and
        `forgotten_ids`; `removal.wording` says it.
        """
        retweets = {name for name, relation in self.related if relation == "retweet"}
        return {row["id"] for row in self.documents} | retweets | set(self.derived)


@dataclass(frozen=True, slots=True)
class Removed:
    """What a corpus must not contain: ids, complete sources, and authors' handles.

    The handles are plain (see `plain_handle`); retweets of these authors are removed as well. `copies` are
    ids of documents that stay in their sources, and out of corpora (see `Tombstone`).
    """

    ids: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    handles: frozenset[str] = frozenset()
    copies: frozenset[str] = frozenset()

    @classmethod
    def of(cls, sources: Sequence[Artifact], forgotten: Forgotten) -> Removed:
        """What the marks cover in these sources, and everything derived from it."""
        return with_derived(sources, cls.without_derived(sources, forgotten))

    @classmethod
    def with_deleted(cls, sources: Sequence[Artifact], forgotten: Forgotten) -> Removed:
        """What the marks cover, what its owners deleted, and everything derived from either."""
        found = cls.without_derived(sources, forgotten)
        return with_derived(sources, replace(found, ids=found.ids | deleted_ids(sources)))

    @classmethod
    def without_derived(cls, sources: Sequence[Artifact], forgotten: Forgotten) -> Removed:
        """What the marks cover, without what was derived from it."""
        # Another source, which no mark names, may contain the same ids.
        stones = tuple(stone for stone in forgotten.tombstones if stone.kind != "source")
        ids = frozenset(row["id"] for row in documents_named(sources, Forgotten(stones))) | forgotten.ids
        return cls(ids, forgotten.sources, forgotten.authors, forgotten.copies)

    def names(self, identifier: str) -> bool:
        """Whether the id is removed, either itself or as the id under which the text was added."""
        return identifier in self.ids or given_id(identifier) in self.ids

    def covers(self, row: Mapping[str, Any]) -> bool:
        """Whether a document is removed. The row needs id, source, retweet_of and text."""
        if self.names(row["id"]) or row["source"] in self.sources or row["retweet_of"] in self.ids:
            return True
        # A retweet's record names the original's id or its author; its text always names the author.
        repeated = {row["retweet_of"], retweeted_handle(row["text"])} if self.handles else set()
        return any(plain_handle(handle) in self.handles for handle in repeated if handle.startswith("@"))


def documents_named(sources: Sequence[Artifact], forgotten: Forgotten) -> list[dict[str, Any]]:
    """(id, source, author) of every document that the marks cover, or that contains a post they name."""
    # A conversation lists its authors' handles among its parts.
    ids = sorted(with_containers(sources, {*forgotten.ids, *(f"@{author}" for author in forgotten.authors)}))
    rows: list[dict[str, Any]] = []
    if not forgotten.tombstones:
        return rows
    with duckdb.connect() as db:
        for source in sources:
            files, every = files_of(source), source.name in forgotten.sources
            values = [source.name, files, ids, _spellings(db, files, forgotten.authors), every]
            rows += db.sql(_NAMED, params=values).to_arrow_table().to_pylist()
    return rows


def files_of(source: Artifact) -> list[str]:
    """The Parquet files with a source's documents; purged ones keep only their id, author and links.

    Raises GlaswerkError for a damaged file, with a hint that DuckDB's own error lacks.
    """
    paths = [path for path in (source.path / DOCUMENTS, source.path / PURGED_DOCUMENTS) if path.exists()]
    for path in paths:
        try:
            pq.read_metadata(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise broken_parquet(path, error) from error
    return [str(path) for path in paths]


def _spellings(db: duckdb.DuckDBPyConnection, files: list[str], authors: Collection[str]) -> list[str]:
    """The named authors as the files spell them. Compared in Python: DuckDB folds case differently."""
    if not authors:
        return []
    query = "SELECT DISTINCT author FROM read_parquet(?, union_by_name = true)"
    found = db.sql(query, params=[files]).fetchall()
    return [author for (author,) in found if author and plain_handle(author) in authors]


def with_containers(sources: Sequence[Artifact], posts: set[str]) -> set[str]:
    """`posts` and the documents that they went into: an edit into its last version, that into its thread.

    An @handle gives the conversations in which that author has a turn.
    """
    # Deleting a retweet does not delete the post of someone else that it repeats.
    return _above(_steps(sources, without=("retweet",)) if posts else {}, posts)


def deleted_ids(sources: Sequence[Artifact]) -> frozenset[str]:
    """Ids of documents that contain a post that any archive lists as deleted, and of what was derived from
    such posts. The order in which the sources were added does not matter."""
    return _listed(sources, TOMBSTONES)


def limited_ids(sources: Sequence[Artifact]) -> frozenset[str]:
    """Ids of documents that contain a post that any source lists as for few people, and of what was derived
    from such posts. Like deletions, this does not depend on the order in which sources were added."""
    return _listed(sources, LIMITED)


def _listed(sources: Sequence[Artifact], table: str) -> frozenset[str]:
    """The ids in a side table of any source, what they went into, and what was derived from either."""
    listed: set[str] = set()
    for source in sources:
        if (source.path / table).exists():
            listed.update(pq.read_table(source.path / table)["id"].to_pylist())
    return with_derived(sources, Removed(frozenset(with_containers(sources, listed)))).ids


def _steps(sources: Sequence[Artifact], without: Collection[str]) -> dict[str, set[str]]:
    """By post, the documents that it went into; relations in `without` are skipped."""
    steps: dict[str, set[str]] = {}
    for source in sources:
        if (source.path / PARTS).exists():
            table = pq.read_table(source.path / PARTS, columns=["part", "document", "relation"])
            for row in table.to_pylist():
                if row["relation"] not in without:
                    steps.setdefault(row["part"], set()).add(row["document"])
    return steps


def _above(steps: Mapping[str, set[str]], posts: set[str]) -> set[str]:
    found, new = set(posts), set(posts)
    while new:
        new = {document for post in new for document in steps.get(post, ())} - found
        found |= new
    return found


def derived_links(sources: Sequence[Artifact]) -> dict[str, set[str]]:
    """By document or post, the documents derived from it, as their `derived_from` records."""
    links: dict[str, set[str]] = {}
    with duckdb.connect() as db:
        for source in sources:
            if any("derived_from" in pq.read_schema(file).names for file in files_of(source)):
                for child, parent in db.sql(_LINKS, params=[files_of(source)]).fetchall():
                    links.setdefault(parent, set()).add(child)
    return links


def with_derived(sources: Sequence[Artifact], removed: Removed) -> Removed:
    """`removed` and every document derived from what it covers, directly or through other documents.

    A thread is removed completely, so what was derived from any of its posts is removed too. What another
    source still holds stays, and so does what was derived from it. Memory: about 500 bytes for each link
    in the lab.
    """
    if removed == Removed():
        return removed
    links = derived_links(sources)
    held = _held(sources, set(links)) if links else {}
    while True:
        lost = {post for post in links if removed.names(post) or _all_covered(removed, held.get(post, ()))}
        ids = removed.ids.union(*(links[post] for post in lost))
        if ids == removed.ids:
            return removed
        removed = replace(removed, ids=ids)


def _all_covered(removed: Removed, rows: Collection[Mapping[str, Any]]) -> bool:
    return bool(rows) and all(removed.covers(row) for row in rows)


def _held(sources: Sequence[Artifact], posts: set[str]) -> dict[str, list[dict[str, Any]]]:
    """By post, the documents of all sources that contain it: id, source, retweet_of and the cut text."""
    steps = _steps(sources, without=("speaker",))
    above = {post: _above(steps, {post}) for post in posts}
    wanted = sorted(set().union(*above.values()))
    rows: dict[str, list[dict[str, Any]]] = {}
    with duckdb.connect() as db:
        for source in sources:
            found = db.sql(_ROWS, params=[source.name, files_of(source), wanted]).to_arrow_table()
            for row in found.to_pylist():
                rows.setdefault(row["id"], []).append(row)
    return {post: [row for name in names for row in rows.get(name, ())] for post, names in above.items()}


def forgotten_ids(lab: Lab) -> set[str]:
    """Ids of all documents that the lab's marks cover or that their owners deleted.

    A document of a forgotten source is left out if another source holds it as well.
    """
    sources = lab.all("source")
    removed = Removed.with_deleted(sources, Forgotten.read(lab.root))
    if removed == Removed():
        return set()
    dropped = [file for source in sources if source.name in removed.sources for file in files_of(source)]
    others = [file for source in sources if source.name not in removed.sources for file in files_of(source)]
    ids = set(removed.ids)
    with duckdb.connect() as db:
        db.register("named", pa.table({"id": pa.array(sorted(ids), pa.string())}))
        for file in others:
            found = db.sql(_RELATED, params=[file, *[sorted(removed.handles)] * 2]).fetchall()
            ids |= {name for name, relation in found if relation == "retweet"}
        if dropped:
            query = _ONLY_IN if others else "SELECT id FROM read_parquet(?, union_by_name = true)"
            found = db.sql(query, params=[dropped, others] if others else [dropped]).fetchall()
            ids |= {row[0] for row in found}
    return ids


def reach(lab: Lab, forgotten: Forgotten) -> Reach:
    """All documents in the lab's sources and corpora that the marks `forgotten` reach."""
    sources = lab.all("source")
    documents = documents_named(sources, forgotten)
    copies: set[str] = set()
    related: set[tuple[str, str]] = set()
    with duckdb.connect() as db:
        db.register("named", pa.table({"id": pa.array([row["id"] for row in documents], pa.string())}))
        for made in lab.all("corpus"):
            copies.update(row[0] for row in db.sql(_CLUSTERS, params=[str(made.path / DECISIONS)]).fetchall())
        for source in sources:
            values = [files_of(source), *[sorted(forgotten.authors)] * 2]
            related.update(db.sql(_RELATED, params=values).fetchall())
    before = Removed.without_derived(sources, forgotten)
    derived = with_derived(sources, before).ids - before.ids
    found = Reach(documents, sorted(copies), sorted(related), sorted(derived))
    return replace(found, held_back=tuple(held_back(lab, found.going)))


def held_back(lab: Lab, going: Collection[str]) -> list[tuple[str, str]]:
    """(copy, original) of documents that a corpus of the lab left out as duplicates of one of `going`."""
    found: set[tuple[str, str]] = set()
    ids = sorted(going)
    with duckdb.connect() as db:
        for made in lab.all("corpus") if ids else ():
            found.update(db.sql(_HELD, params=[str(made.path / DECISIONS), ids, ids]).fetchall())
    return sorted(found)
