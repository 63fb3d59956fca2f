"""What forgetting reaches: the documents meant, what others made of them, and what stands for posts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from glaswerk.data.decisions import DECISIONS
from glaswerk.data.parquet import DOCUMENTS, PARTS
from glaswerk.data.posts import retweeted_handle
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.tombstones import Forgotten, plain_handle

_MEANT = """
    SELECT id, ? AS source, author FROM read_parquet(?)
    WHERE list_contains(?, id) OR list_contains(?, author) OR ?
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
    FROM read_parquet(?)
    WHERE id NOT IN (SELECT id FROM meant) AND (
        quote_of IN (SELECT id FROM meant) OR reply_to IN (SELECT id FROM meant)
        OR retweet_of IN (SELECT id FROM meant)
        OR list_contains(?, lower(regexp_extract(text, '^RT @(\w+): ', 1))))
"""


@dataclass(frozen=True, slots=True)
class Reach:
    """Ids of the documents meant; of copies by others; and of (document, relation) that point to them."""

    documents: list[dict[str, Any]]
    copies: list[str]
    related: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Gone:
    """What a corpus must not hold: ids, whole sources, and the handles whose retweets by others go, too."""

    ids: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    handles: frozenset[str] = frozenset()

    @classmethod
    def of(cls, sources: Sequence[Artifact], forgotten: Forgotten) -> Gone:
        # A source's ids may stand in another source, too, which nobody asked to forget.
        stones = tuple(stone for stone in forgotten.tombstones if stone.kind != "source")
        ids = frozenset(row["id"] for row in meant(sources, Forgotten(stones))) | forgotten.ids
        return cls(ids, forgotten.sources, forgotten.authors)

    def covers(self, row: Mapping[str, Any]) -> bool:
        """Whether a document (id, source, retweet_of, text) is to be forgotten."""
        if row["id"] in self.ids or row["source"] in self.sources or row["retweet_of"] in self.ids:
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
            file, whole = str(source.path / DOCUMENTS), source.name in forgotten.sources
            values = [source.name, file, ids, _spellings(db, file, forgotten.authors), whole]
            rows += db.sql(_MEANT, params=values).to_arrow_table().to_pylist()
    return rows


def _spellings(db: duckdb.DuckDBPyConnection, file: str, authors: Collection[str]) -> list[str]:
    """The authors of a file that are meant, as it writes them: DuckDB folds letters otherwise than we do."""
    if not authors:
        return []
    found = db.sql("SELECT DISTINCT author FROM read_parquet(?)", params=[file]).fetchall()
    return [author for (author,) in found if author and plain_handle(author) in authors]


def holding(sources: Sequence[Artifact], posts: set[str]) -> set[str]:
    """`posts` and the documents that they went into: an edit into its last version, that into its thread.

    For an author's @handle, the conversations with a turn of theirs.
    """
    steps: dict[str, set[str]] = {}
    for source in sources:
        if posts and (source.path / PARTS).exists():
            table = pq.read_table(source.path / PARTS, columns=["part", "document", "relation"])
            for row in table.to_pylist():
                # Who takes a retweet back does not take back the post of someone else.
                if row["relation"] != "retweet":
                    steps.setdefault(row["part"], set()).add(row["document"])
    found, new = set(posts), set(posts)
    while new:
        new = {document for post in new for document in steps.get(post, ())} - found
        found |= new
    return found


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
            values = [str(source.path / DOCUMENTS), sorted(forgotten.authors)]
            related.update(db.sql(_RELATED, params=values).fetchall())
    return Reach(documents, sorted(copies), sorted(related))
