"""What forgetting reaches: the documents meant, what others made of them, and what stands for posts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from glaswerk.data.decisions import DECISIONS
from glaswerk.data.parquet import DOCUMENTS, PARTS
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.tombstones import Forgotten

_MEANT = """
    SELECT id, ? AS source, author FROM read_parquet(?)
    WHERE list_contains(?, id) OR list_contains(?, lower(ltrim(author, '@'))) OR ?
"""
_CLUSTERS = """
    WITH decided AS (
        SELECT document, coalesce(nullif(duplicate_of, ''), document) AS head FROM read_parquet(?))
    SELECT DISTINCT document FROM decided
    WHERE head IN (SELECT head FROM decided WHERE document IN (SELECT id FROM meant))
      AND document NOT IN (SELECT id FROM meant)
"""
_RELATED = """
    SELECT id, CASE WHEN quote_of IN (SELECT id FROM meant) THEN 'quote'
                    WHEN reply_to IN (SELECT id FROM meant) THEN 'reply' ELSE 'retweet' END AS relation
    FROM read_parquet(?)
    WHERE id NOT IN (SELECT id FROM meant) AND (
        quote_of IN (SELECT id FROM meant) OR reply_to IN (SELECT id FROM meant)
        OR retweet_of IN (SELECT id FROM meant) OR list_contains(?, lower(ltrim(retweet_of, '@'))))
"""


@dataclass(frozen=True, slots=True)
class Reach:
    """Ids of the documents meant; of copies by others; and of (document, relation) that point to them."""

    documents: list[dict[str, Any]]
    copies: list[str]
    related: list[tuple[str, str]]


def meant(sources: Sequence[Artifact], forgotten: Forgotten) -> list[dict[str, Any]]:
    """(id, source, author) of every document that `forgotten` covers, with those that hold a post named."""
    ids = sorted(holding(sources, set(forgotten.ids)))
    rows: list[dict[str, Any]] = []
    if not forgotten.tombstones:
        return rows
    with duckdb.connect() as db:
        for source in sources:
            whole = source.name in forgotten.sources
            values = [source.name, str(source.path / DOCUMENTS), ids, sorted(forgotten.authors), whole]
            rows += db.sql(_MEANT, params=values).to_arrow_table().to_pylist()
    return rows


def holding(sources: Sequence[Artifact], posts: set[str]) -> set[str]:
    """`posts` and the documents that they went into (threads, last versions)."""
    found = set(posts)
    for source in sources:
        if posts and (source.path / PARTS).exists():
            table = pq.read_table(source.path / PARTS, columns=["part", "document", "relation"])
            # Who takes a retweet back does not take back the post of someone else.
            found.update(
                row["document"]
                for row in table.to_pylist()
                if row["part"] in posts and row["relation"] != "retweet"
            )
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
