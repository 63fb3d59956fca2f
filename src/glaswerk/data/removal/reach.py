"""What forgetting reaches: the documents meant, what was made of them, and what stands for posts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from glaswerk.data.references import retweeted_handle
from glaswerk.data.store.decisions import DECISIONS
from glaswerk.data.store.order import GIVEN_ID, given_id
from glaswerk.data.store.parquet import DOCUMENTS, PARTS, PURGED, TOMBSTONES, broken_parquet
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.tombstones import Forgotten, plain_handle

# Whoever names an id means every text that came under it.
_MEANT = f"""
    SELECT id, ? AS source, author FROM read_parquet(?, union_by_name = true)
    WHERE list_has_any(?, [id, {GIVEN_ID}]) OR list_contains(?, author) OR ?
"""
_CLUSTERS = """
    WITH decided AS (
        SELECT document, coalesce(nullif(duplicate_of, ''), document) AS head FROM read_parquet(?))
    SELECT DISTINCT document FROM decided
    WHERE head IN (SELECT head FROM decided WHERE document IN (SELECT id FROM meant))
      AND document NOT IN (SELECT id FROM meant)
"""
_RELATED = r"""
    SELECT id, CASE WHEN quote_of IN (SELECT id FROM meant) THEN 'quote'
                    WHEN reply_to IN (SELECT id FROM meant) THEN 'reply' ELSE 'retweet' END AS relation
    FROM read_parquet(?, union_by_name = true)
    WHERE id NOT IN (SELECT id FROM meant) AND (
        quote_of IN (SELECT id FROM meant) OR reply_to IN (SELECT id FROM meant)
        OR retweet_of IN (SELECT id FROM meant)
        OR list_contains(?, lower(regexp_extract(retweet_of, '^@(\w+)$', 1)))
        OR list_contains(?, lower(regexp_extract(text, '^RT @(\w+): ', 1))))
"""
_LINKS = """
    SELECT id, unnest(derived_from) FROM read_parquet(?, union_by_name = true) WHERE len(derived_from) > 0
"""
# A retweet says whose words it repeats in its first letters.
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
    """Ids of the documents meant; of copies by others; and of (document, relation) that point to them.

    `derived` are documents made from those meant or from retweets of them, at any remove.
    """

    documents: list[dict[str, Any]]
    copies: list[str]
    related: list[tuple[str, str]]
    derived: list[str]

    @property
    def going(self) -> set[str]:
        """Ids of all documents that leave the corpora."""
        retweets = {name for name, relation in self.related if relation == "retweet"}
        return {row["id"] for row in self.documents} | retweets | set(self.derived)


@dataclass(frozen=True, slots=True)
class Gone:
    """What a corpus must not hold: ids, whole sources, and the handles whose retweets by others go, too."""

    ids: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    handles: frozenset[str] = frozenset()

    @classmethod
    def of(cls, sources: Sequence[Artifact], forgotten: Forgotten) -> Gone:
        """What the marks cover in these sources, with everything that was derived from it."""
        return with_derived(sources, cls.meant(sources, forgotten))

    @classmethod
    def with_deleted(cls, sources: Sequence[Artifact], forgotten: Forgotten) -> Gone:
        """What the marks cover and what its owners deleted, with everything that was derived from either."""
        found = cls.meant(sources, forgotten)
        return with_derived(sources, replace(found, ids=found.ids | deleted(sources)))

    @classmethod
    def meant(cls, sources: Sequence[Artifact], forgotten: Forgotten) -> Gone:
        """What the marks cover, without what was derived from it."""
        # A source's ids may stand in another source, too, which nobody asked to forget.
        stones = tuple(stone for stone in forgotten.tombstones if stone.kind != "source")
        ids = frozenset(row["id"] for row in meant(sources, Forgotten(stones))) | forgotten.ids
        return cls(ids, forgotten.sources, forgotten.authors)

    def names(self, identifier: str) -> bool:
        """Whether a document goes for its id: also another text that came under an id named."""
        return identifier in self.ids or given_id(identifier) in self.ids

    def covers(self, row: Mapping[str, Any]) -> bool:
        """Whether a document (id, source, retweet_of, text) is to be forgotten."""
        if self.names(row["id"]) or row["source"] in self.sources or row["retweet_of"] in self.ids:
            return True
        # The record of a retweet names the original's id or its author, the text always the latter.
        repeated = {row["retweet_of"], retweeted_handle(row["text"])} if self.handles else set()
        return any(plain_handle(handle) in self.handles for handle in repeated if handle.startswith("@"))


def meant(sources: Sequence[Artifact], forgotten: Forgotten) -> list[dict[str, Any]]:
    """(id, source, author) of every document that `forgotten` covers, with those that hold a post named."""
    # Conversations name each of several authors among their parts.
    ids = sorted(holding(sources, {*forgotten.ids, *(f"@{author}" for author in forgotten.authors)}))
    rows: list[dict[str, Any]] = []
    if not forgotten.tombstones:
        return rows
    with duckdb.connect() as db:
        for source in sources:
            files, whole = files_of(source), source.name in forgotten.sources
            values = [source.name, files, ids, _spellings(db, files, forgotten.authors), whole]
            rows += db.sql(_MEANT, params=values).to_arrow_table().to_pylist()
    return rows


def files_of(source: Artifact) -> list[str]:
    """The Parquet files with a source's documents; of those purged only ids, author and links are left.

    Raises GlaswerkError for a file that is cut off: DuckDB would name no way out.
    """
    paths = [path for path in (source.path / DOCUMENTS, source.path / PURGED) if path.exists()]
    for path in paths:
        try:
            pq.read_metadata(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise broken_parquet(path, error) from error
    return [str(path) for path in paths]


def _spellings(db: duckdb.DuckDBPyConnection, files: list[str], authors: Collection[str]) -> list[str]:
    """The authors that are meant, as the files write them: DuckDB folds letters otherwise than we do."""
    if not authors:
        return []
    query = "SELECT DISTINCT author FROM read_parquet(?, union_by_name = true)"
    found = db.sql(query, params=[files]).fetchall()
    return [author for (author,) in found if author and plain_handle(author) in authors]


def holding(sources: Sequence[Artifact], posts: set[str]) -> set[str]:
    """`posts` and the documents that they went into: an edit into its last version, that into its thread.

    For an author's @handle, the conversations with a turn of theirs.
    """
    # Who takes a retweet back does not take back the post of someone else.
    return _above(_steps(sources, without=("retweet",)) if posts else {}, posts)


def deleted(sources: Sequence[Artifact]) -> frozenset[str]:
    """Ids of documents that hold a post which some archive lists as deleted, in whichever order added, and of
    what was derived from such posts."""
    stones: set[str] = set()
    for source in sources:
        if (source.path / TOMBSTONES).exists():
            stones.update(pq.read_table(source.path / TOMBSTONES)["id"].to_pylist())
    return with_derived(sources, Gone(frozenset(holding(sources, stones)))).ids


def _steps(sources: Sequence[Artifact], without: Collection[str]) -> dict[str, set[str]]:
    """Which documents each post went into, but for these relations."""
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
    """Which documents were derived from each document or post, as the documents themselves say."""
    links: dict[str, set[str]] = {}
    with duckdb.connect() as db:
        for source in sources:
            if any("derived_from" in pq.read_schema(file).names for file in files_of(source)):
                for child, parent in db.sql(_LINKS, params=[files_of(source)]).fetchall():
                    links.setdefault(parent, set()).add(child)
    return links


def with_derived(sources: Sequence[Artifact], gone: Gone) -> Gone:
    """`gone` and every document that was derived from what it covers, at any remove.

    A thread goes as a whole, so what was derived from any of its posts goes, too. What another source
    still holds is not gone, nor what was derived from it. Memory: some 500 bytes for each link in the lab.
    """
    if gone == Gone():
        return gone
    links = derived_links(sources)
    held = _held(sources, set(links)) if links else {}
    while True:
        lost = {post for post in links if gone.names(post) or _all_covered(gone, held.get(post, ()))}
        ids = gone.ids.union(*(links[post] for post in lost))
        if ids == gone.ids:
            return gone
        gone = replace(gone, ids=ids)


def _all_covered(gone: Gone, rows: Collection[Mapping[str, Any]]) -> bool:
    return bool(rows) and all(gone.covers(row) for row in rows)


def _held(sources: Sequence[Artifact], posts: set[str]) -> dict[str, list[dict[str, Any]]]:
    """By post the documents (id, source, retweet_of, text cut) that hold it, in every source."""
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
    """Ids of all documents that the lab's marks cover or whose owners deleted them; not what another source
    holds by right."""
    sources = lab.all("source")
    gone = Gone.with_deleted(sources, Forgotten.read(lab.root))
    if gone == Gone():
        return set()
    whole = [file for source in sources if source.name in gone.sources for file in files_of(source)]
    others = [file for source in sources if source.name not in gone.sources for file in files_of(source)]
    ids = set(gone.ids)
    with duckdb.connect() as db:
        db.register("meant", pa.table({"id": pa.array(sorted(ids), pa.string())}))
        for file in others:
            found = db.sql(_RELATED, params=[file, *[sorted(gone.handles)] * 2]).fetchall()
            ids |= {name for name, relation in found if relation == "retweet"}
        if whole:
            query = _ONLY_IN if others else "SELECT id FROM read_parquet(?, union_by_name = true)"
            ids |= {row[0] for row in db.sql(query, params=[whole, others] if others else [whole]).fetchall()}
    return ids


def reach(lab: Lab, forgotten: Forgotten) -> Reach:
    """Everything in the lab that `forgotten` touches, as far as documents go."""
    sources = lab.all("source")
    documents = meant(sources, forgotten)
    copies: set[str] = set()
    related: set[tuple[str, str]] = set()
    with duckdb.connect() as db:
        db.register("meant", pa.table({"id": pa.array([row["id"] for row in documents], pa.string())}))
        for made in lab.all("corpus"):
            copies.update(row[0] for row in db.sql(_CLUSTERS, params=[str(made.path / DECISIONS)]).fetchall())
        for source in sources:
            values = [files_of(source), *[sorted(forgotten.authors)] * 2]
            related.update(db.sql(_RELATED, params=values).fetchall())
    before = Gone.meant(sources, forgotten)
    derived = with_derived(sources, before).ids - before.ids
    return Reach(documents, sorted(copies), sorted(related), sorted(derived))
