"""Purging: removing forgotten documents, and those that their owners deleted, from the sources."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from glaswerk.core.artifact_files import DOCUMENTS, LIMITED, PARTS, PURGED_DOCUMENTS, TOMBSTONES
from glaswerk.core.document import Document, Rights
from glaswerk.core.ids import digest_json
from glaswerk.core.progress import track
from glaswerk.data.pictures.add_pictures import picture_figures
from glaswerk.data.pictures.store import INDEX, MEDIA, Pictures, PictureWriter
from glaswerk.data.references import retweeted_handle
from glaswerk.data.removal.reach import Removed, deleted_ids, forgotten_ids
from glaswerk.data.store.order import conform, given_id
from glaswerk.data.store.parquet import SCHEMA, DocumentWriter, read_rows
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.lab.answer_records import forget_in_answers
from glaswerk.lab.artifact import PURGED as PURGED_KEY
from glaswerk.lab.artifact import original_id
from glaswerk.lab.tombstones import Forgotten, plain_handle

_JUDGED = ("id", "author", "kind", "retweet_of", "derived_from", "text", "media")


def purge(lab: Lab) -> list[Artifact]:
    """Rewrite every source that holds forgotten documents, or documents that any archive lists as deleted,
    without them. Returns the new sources.

    A purged document keeps its id and what it was derived from, and its author if the marks name them:
    content added later may have been derived from it. A purged source has the recipe "purge/1"; its config
    names the id that it was added under and the digest of the marks. Records of answers lose the ids of
    these documents. The caller must hold the lab's write lock.
    """
    lab.settle()
    forget_in_answers(lab, forgotten_ids(lab), ids=True)
    forgotten = Forgotten.read(lab.root)
    sources = lab.all("source")
    removed = Removed.with_deleted(sources, forgotten)
    jobs = (
        [_Job(source, removed, forgotten, deleted_ids(sources)) for source in sources]
        if removed != Removed()
        else []
    )
    return [made for job in track(jobs, "purging sources", len(jobs)) if (made := job.make(lab)) is not None]


@dataclass(frozen=True, slots=True)
class _Job:
    source: Artifact
    removed: Removed
    forgotten: Forgotten
    deleted: frozenset[str]

    def make(self, lab: Lab) -> Artifact | None:
        """The source without the removed documents; None if it holds none of them."""
        purged = [row["id"] for row in self._rows() if self._covers(row)]
        if not purged:
            return None
        purged += [row["id"] for row in self._before(("id",))]
        how = {
            "of": original_id(self.source),
            "marks": self.forgotten.digest,
            "documents": digest_json(sorted(purged)),
        }
        config = {**self.source.config, PURGED_KEY: how}
        return lab.make(Spec("source", self.source.name, "purge/1", self.source.inputs, config), self._write)

    def _rows(self) -> Iterator[dict[str, Any]]:
        file = self.source.path / DOCUMENTS
        names = pq.read_schema(file).names
        return read_rows(file, [name for name in _JUDGED if name in names])

    def _before(self, columns: tuple[str, ...] | None = None) -> Iterator[dict[str, Any]]:
        """What remains of documents that were purged earlier."""
        file = self.source.path / PURGED_DOCUMENTS
        return read_rows(file, columns) if file.exists() else iter(())

    def _covers(self, row: Mapping[str, Any]) -> bool:
        # As in curation, a document belongs to the source that holds it.
        return self.removed.covers({**row, "source": self.source.name})

    def _write(self, folder: Path) -> Mapping[str, Any]:
        old = self.source.path
        counts: Counter[str] = Counter(self.source.stats.get(PURGED_KEY, {}))
        lost: set[str] = set()
        with DocumentWriter(folder / PURGED_DOCUMENTS, as_given=True) as left:
            for row in self._before():
                left.add(_skeleton(row, row["author"]))
            for row in self._rows():
                if self._covers(row):
                    named = plain_handle(row["author"]) in self.forgotten.authors
                    left.add(_skeleton(row, row["author"] if named else ""))
                    counts[self._mark(row)] += 1
                    lost.update(row["media"] or ())
        figures = self._keep(folder)
        for name in (TOMBSTONES, LIMITED, PARTS):
            if (old / name).exists():
                shutil.copyfile(old / name, folder / name)
        if (old / INDEX).exists():
            figures |= _keep_pictures(old, folder, lost - _pictures_of(folder))
        return {**self.source.stats, **figures, PURGED_KEY: dict(sorted(counts.items()))}

    def _mark(self, row: Mapping[str, Any]) -> str:
        """The kind of mark for which a document is removed, or "deleted" if its owner deleted it."""
        if self.source.name in self.forgotten.sources:
            return "source"
        if plain_handle(row["author"]) in self.forgotten.authors:
            return "author"
        if not self.forgotten.ids.isdisjoint((row["id"], given_id(row["id"]))):
            return "id"
        if row["id"] in self.deleted:
            return "deleted"
        if row["retweet_of"]:
            return "retweet"
        # Any other document contains a post or turn that was named: a thread, a conversation.
        return "derived" if row.get("derived_from") else "part"

    def _keep(self, folder: Path) -> dict[str, Any]:
        """Write the documents that stay, in order, one row group at a time; returns their figures."""
        kinds: Counter[str] = Counter()
        size = 0
        with (
            pq.ParquetFile(self.source.path / DOCUMENTS) as old,
            pq.ParquetWriter(folder / DOCUMENTS, SCHEMA, compression="zstd", compression_level=3) as new,
        ):
            for group in range(old.num_row_groups):
                table = conform(old.read_row_group(group), SCHEMA)
                rows = table.select(_JUDGED).to_pylist()
                table = table.filter(pa.array([not self._covers(row) for row in rows], pa.bool_()))
                if table.num_rows:
                    new.write_table(table)
                    kinds.update(table["kind"].to_pylist())
                    size += pc.sum(pc.binary_length(table["text"])).as_py()
        return {"documents": kinds.total(), "bytes": size, "kinds": dict(sorted(kinds.items()))}


def _skeleton(row: Mapping[str, Any], author: str) -> Document:
    """A document without its text."""
    return Document(
        row["id"],
        "",
        "",
        Rights(""),
        author=author,
        kind=row["kind"],
        retweet_of=row["retweet_of"] or retweeted_handle(row["text"]),
        derived_from=tuple(row.get("derived_from") or ()),
    )


def _pictures_of(folder: Path) -> set[str]:
    rows = ds.dataset(folder / DOCUMENTS, format="parquet").to_table(columns=["media"])
    return set(pc.list_flatten(rows["media"]).to_pylist())


def _keep_pictures(old: Path, folder: Path, lost: set[str]) -> dict[str, Any]:
    """Keep the source's pictures except those in `lost`, which no remaining document uses."""
    if not lost:
        (folder / MEDIA).mkdir()
        for file in [old / INDEX, *(old / MEDIA).iterdir()]:
            os.link(file, folder / file.relative_to(old))
        return {}
    sizes = {row["name"]: (row["width"], row["height"]) for row in read_rows(old / INDEX)}
    with Pictures(old) as pictures, PictureWriter(folder) as writer:
        for name in pictures.names():
            if name not in lost:
                writer.copy(name, pictures.read(name), *sizes[name])
    return picture_figures(writer)
