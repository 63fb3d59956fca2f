"""A source of posts from dumps of X's APIs and streams: posts of many people, joined as requested."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.core.document import Document, Rights, from_row, to_row
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.progress import track
from glaswerk.data.files.bad_files import BadFiles, damage
from glaswerk.data.files.inputs import changed, stamp
from glaswerk.data.files.lines import broken
from glaswerk.data.files.stored import WideWindow
from glaswerk.data.posts.api import ApiPost, Deletion, Payloads
from glaswerk.data.posts.dumps import Dumps
from glaswerk.data.posts.joins import DEFAULT_JOIN, Link, first_posts, joined, parts_of
from glaswerk.data.posts.post import Repost, has_wrong_date, post_document
from glaswerk.data.references import X_PREFIX
from glaswerk.data.store.order import GROUP_ROWS, connect, sort_documents
from glaswerk.data.store.parquet import SCHEMA, DocumentWriter, write_relations
from glaswerk.lab.tombstones import plain_handle

_SCRATCH = ".all.parquet"
# Threads and conversations per row group.
_CHUNK = 1024
_SORTED = """
    SELECT document, r.* EXCLUDE (file_row_number)
    FROM read_parquet(?, file_row_number = true) r JOIN places ON r.file_row_number = places.row
    ORDER BY place
"""


@dataclass(slots=True)
class DumpJob:
    """Writes the files of a source.

    A post that occurs twice counts once, a complete text before a truncated one; of an edited post the last
    version is kept.
    """

    source: str
    author: str
    rights: Rights
    stamps: Mapping[Path, tuple[int, int]]
    join: str = DEFAULT_JOIN
    left_out: Counter[str] = field(default_factory=Counter)
    bad: BadFiles = field(default_factory=BadFiles)
    dates_off: int = 0
    # Post id → row in the first file written; of several rows of a post one wins.
    _row: dict[int, int] = field(default_factory=dict)
    _cut: set[int] = field(default_factory=set)
    _deleted: set[int] = field(default_factory=set)
    # Posts that some copy shows as from a protected account: no other copy makes them public.
    _limited: set[int] = field(default_factory=set)
    _newest: dict[int, int] = field(default_factory=dict)
    _reposts: dict[str, str] = field(default_factory=dict)
    # Post id → id of the post that it replies to; post id → its author's handle.
    _parent: dict[int, int] = field(default_factory=dict)
    _author: dict[int, str] = field(default_factory=dict)

    def write(self, folder: Path) -> Mapping[str, Any]:
        """Write documents, tombstones and parts to `folder`; returns the statistics."""
        dumps, payloads = Dumps(), Payloads()
        with DocumentWriter(folder / _SCRATCH, as_given=True) as writer:
            for item in track(self._items(dumps, payloads), "reading posts"):
                if isinstance(item, Deletion):
                    self._deleted.add(int(item.id))
                elif isinstance(item, Repost):
                    self._reposts[item.id] = item.original
                elif self._is_wanted(item, writer.documents):
                    writer.add(self._document(item))
        if not writer.documents and not self._deleted:
            if dumps.counts["wide_window"]:
                raise broken(", ".join(map(str, islice(self.stamps, 3))), WideWindow())
            raise self._nothing(dumps.counts + payloads.counts + self.left_out)
        superseded = self._superseded()
        deleted = self._with_versions(self._deleted)
        groups = self._groups(superseded, deleted)
        kinds, parts = self._finish(folder, deleted | superseded.keys(), groups)
        self._relations(folder, deleted, superseded, parts)
        self.left_out.update(dumps.counts)
        self.left_out.update(payloads.counts)
        self.left_out["superseded_edit"] += len((superseded.keys() - deleted) & self._row.keys())
        self.left_out["deleted"] += len(deleted & self._row.keys())
        return {
            "documents": kinds.total(),
            "files": len(self.stamps),
            "bytes": writer.bytes,
            "kinds": dict(sorted(kinds.items())),
            "reposts": len(self._reposts),
            "cut_texts": len(self._cut),
            "dates_off": self.dates_off,
            "left_out": dict(sorted((+self.left_out).items())),
            **self.bad.figures(),
        }

    def _nothing(self, counts: Counter[str]) -> GlaswerkError:
        some = ", ".join(map(str, islice(self.stamps, 3)))
        words = ", ".join(f"{reason} {count:,}" for reason, count in sorted((+counts).items()))
        return GlaswerkError(
            f"expected posts in the format of X's APIs, found none in {some}"
            + (f" (left out: {words})" if words else ""),
            hint="glaswerk explain no_results"
            if counts["no_results"]
            else 'for other JSON lines with a field "text": glaswerk add docs FILE --kind post',
        )

    def _items(self, dumps: Dumps, payloads: Payloads) -> Iterator[ApiPost | Deletion | Repost]:
        for file, before in self.stamps.items():
            counted, values = Counter(dumps.counts), 0
            for value in dumps.values(file):
                values += 1
                yield from payloads.read(value)
            if stamp(file) != before:
                raise changed(str(file))
            self._name_if_bad(file, counted, dumps.counts, values)

    def _name_if_bad(self, file: Path, before: Counter[str], after: Counter[str], values: int) -> None:
        """Name a file that was not read to its end, or in which no line was JSON."""
        nothing = "not_json" if not values and after["not_json"] > before["not_json"] else ""
        if reason := damage(before, after) or nothing:
            self.bad.add(file.name, reason)

    def _is_wanted(self, seen: ApiPost, row: int) -> bool:
        """Whether to write the post as `row`: it is new, or complete where it was truncated before."""
        number = int(seen.post.id)
        again = number in self._row
        if seen.limited:
            self._limited.add(number)
        if again:
            self.left_out["repeated_id"] += 1
            if seen.cut or number not in self._cut:
                return False
        if not seen.post.text.strip():
            self.left_out["no_text"] += 1
            return False
        self._row[number] = row
        (self._cut.add if seen.cut else self._cut.discard)(number)
        self._note(seen)
        self.dates_off += has_wrong_date(seen.post) and not again
        return True

    def _note(self, seen: ApiPost) -> None:
        post, number = seen.post, int(seen.post.id)
        versions = [int(version) for version in post.versions]
        for version in versions if len(versions) > 1 else []:
            self._newest[version] = max(versions[-1], self._newest.get(version, 0))
        if self.join != "posts":
            self._author[number] = sys.intern(plain_handle(seen.author or self.author))
            if post.reply_to and not post.retweet_of:
                self._parent[number] = int(post.reply_to)

    def _document(self, seen: ApiPost) -> Document:
        rights = replace(self.rights, audience="limited") if seen.limited else self.rights
        return post_document(seen.post, self.source, seen.author or self.author, rights)

    def _groups(self, superseded: Mapping[int, int], deleted: set[int]) -> list[list[int]]:
        """Ids of the posts that make one document together, in time order."""
        if not self._parent:
            return []
        there = self._row.keys() - superseded.keys() - deleted
        parents = {
            post: superseded.get(parent, parent) for post, parent in self._parent.items() if post in there
        }
        involved = sorted(parents.keys() | (set(parents.values()) & there))
        links = [Link(post, parents.get(post, 0), self._author[post]) for post in involved]
        groups: dict[int, list[int]] = {}
        for post, first in first_posts(self.join, links).items():
            groups.setdefault(first, []).append(post)
        return [group for group in groups.values() if len(group) > 1]

    def _finish(
        self, folder: Path, unwanted: set[int], groups: Sequence[Sequence[int]]
    ) -> tuple[Counter[str], list[tuple[str, str, str]]]:
        """Keep the winning row of each post outside `unwanted`; each group becomes one document.

        Returns the number of documents by kind, and which post went into which document.
        """
        scratch, final = folder / _SCRATCH, folder / DOCUMENTS
        in_groups = {post for group in groups for post in group}
        keep = {row for post, row in self._row.items() if post not in unwanted and post not in in_groups}
        if len(keep) == pq.read_metadata(scratch).num_rows and not self._limited:
            os.replace(scratch, final)
            sort_documents(final, SCHEMA)
            return Counter(post=len(keep)), []
        parts: list[tuple[str, str, str]] = []
        few = {row for post, row in self._row.items() if post in self._limited}
        with pq.ParquetFile(scratch) as old, pq.ParquetWriter(final, SCHEMA, compression="zstd") as new:
            first = 0
            for batch in old.iter_batches(GROUP_ROWS):
                mask = [first + index in keep for index in range(batch.num_rows)]
                limited = [first + index in few for index in range(batch.num_rows)]
                first += batch.num_rows
                new.write_table(_closed(pa.Table.from_batches([batch]), limited).filter(pa.array(mask)))
            several = self._grouped(folder, groups) if groups else iter(())
            while chunk := list(islice(several, _CHUNK)):
                parts += (part for posts in chunk for part in parts_of(posts))
                rows = [to_row(joined(posts)) for posts in chunk]
                new.write_table(pa.Table.from_pylist(rows, schema=SCHEMA))
        scratch.unlink()
        sort_documents(final, SCHEMA)
        return +Counter(post=len(keep), thread=len(groups)), parts

    def _grouped(self, folder: Path, groups: Sequence[Sequence[int]]) -> Iterator[list[Document]]:
        """The documents of each group, sorted by DuckDB, which uses the disk if memory is short."""
        places = [(self._row[post], i) for i, group in enumerate(groups) for post in group]
        table = pa.table(
            {
                "row": pa.array([row for row, _ in places], pa.int64()),
                "document": pa.array([i for _, i in places], pa.int64()),
                "place": pa.array(range(len(places)), pa.int64()),
            }
        )
        with connect(folder / "sorting") as db:
            db.register("places", table)
            found = db.sql(_SORTED, params=[str(folder / _SCRATCH)]).to_arrow_reader(GROUP_ROWS)
            rows = (row for batch in found for row in _rows(batch))
            for _, group in groupby(rows, key=itemgetter(0)):
                yield [self._with_audience(document) for _, document in group]

    def _with_audience(self, document: Document) -> Document:
        if int(document.id.removeprefix(X_PREFIX)) not in self._limited:
            return document
        return replace(document, rights=replace(document.rights, audience="limited"))

    def _relations(
        self,
        folder: Path,
        deleted: set[int],
        superseded: Mapping[int, int],
        joined_parts: Sequence[tuple[str, str, str]],
    ) -> None:
        gone = {str(number) for number in deleted}
        parts = [(i, original, "retweet") for i, original in self._reposts.items() if i not in gone]
        parts += [(str(old), str(new), "edit") for old, new in superseded.items() if old not in deleted]
        named = sorted((X_PREFIX + part, X_PREFIX + document, relation) for part, document, relation in parts)
        limited = (f"{X_PREFIX}{number}" for number in self._limited)
        write_relations(folder, (X_PREFIX + i for i in gone), [*named, *sorted(joined_parts)], limited)

    def _superseded(self) -> dict[int, int]:
        """Older version → the newest version of its post that is present."""
        there: dict[int, int] = {}
        for version, newest in self._newest.items():
            if version in self._row:
                there[newest] = max(version, there.get(newest, 0))
        best = {version: there[newest] for version, newest in self._newest.items() if newest in there}
        return {version: newest for version, newest in best.items() if version < newest}

    def _with_versions(self, deleted: set[int]) -> set[int]:
        """`deleted` with all versions of each deleted post."""
        chains = {new for old, new in self._newest.items() if old in deleted or new in deleted}
        return deleted | {old for old, new in self._newest.items() if new in chains}


def _closed(table: pa.Table, limited: Sequence[bool]) -> pa.Table:
    """The rows, with the audience of the `limited` ones changed to limited."""
    place = SCHEMA.get_field_index("audience")
    audience = pc.if_else(pa.array(limited), "limited", table.column(place)).cast(SCHEMA.field(place).type)
    return table.set_column(place, SCHEMA.field(place), audience)


def _rows(batch: Any) -> Iterator[tuple[int, Document]]:
    """(document number, post) of each row."""
    numbers = batch.column("document").to_pylist()
    table = pa.Table.from_batches([batch]).select(SCHEMA.names).cast(SCHEMA)
    yield from zip(numbers, map(from_row, table.to_pylist()), strict=True)
