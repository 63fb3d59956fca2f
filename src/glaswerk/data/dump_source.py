"""A source of posts from dumps of X's APIs and streams: posts of many people, one document each."""

from __future__ import annotations

import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from glaswerk.core.document import Rights
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.progress import track
from glaswerk.data.api import Deletion, Payloads, Repost, Seen
from glaswerk.data.dumps import Dumps
from glaswerk.data.parquet import DOCUMENTS, GROUP_ROWS, SCHEMA, DocumentWriter, write_relations
from glaswerk.data.posts import PREFIX, Post, has_wrong_date, post_document
from glaswerk.data.stored import is_tar, packing

_SCRATCH = ".all.parquet"
# The first line may be the tail of a record, where someone cut a dump into files.
_HEAD = 1 << 16
_JSON_LINE = re.compile(rb"(?m)^(?:\xef\xbb\xbf)?[ \t]*[\[{]")


def is_dump(path: Path) -> bool:
    """Whether a path holds JSON of an API (by content) and not an account archive of X."""
    if path.is_dir():
        inside = next((p for p in path.rglob("*") if p.is_file()), None)
        return inside is not None and not (path / "data").is_dir() and not any(path.glob("*.zip"))
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(_HEAD)
    # By the beginning alone: a tar file that ends in a zip file looks like one from behind.
    if head.startswith(b"PK"):
        return _is_zip_of_dumps(path)
    return bool(_JSON_LINE.search(head)) or packing(head) is not None or is_tar(head)


def _is_zip_of_dumps(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as container:
            names = container.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    return bool(names) and not any(name.endswith(".js") for name in names)


def dump_files(paths: Sequence[Path]) -> list[Path]:
    """The files meant by `paths`: folders are searched, hidden files passed over."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = (p for p in sorted(path.rglob("*")) if p.is_file())
            found += [p for p in inside if not any(x.startswith(".") for x in p.relative_to(path).parts)]
        else:
            found.append(path)
    return found


@dataclass(slots=True)
class DumpJob:
    """Writes the files of a source. A post seen twice counts once, whole before cut off; edits: the last."""

    source: str
    author: str
    rights: Rights
    files: Sequence[Path]
    left_out: Counter[str] = field(default_factory=Counter)
    dates_off: int = 0
    # Post id → row in the file written first; of several rows of a post one wins.
    _row: dict[int, int] = field(default_factory=dict)
    _cut: set[int] = field(default_factory=set)
    _deleted: set[int] = field(default_factory=set)
    _newest: dict[int, int] = field(default_factory=dict)
    _reposts: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> Mapping[str, Any]:
        dumps, payloads = Dumps(), Payloads()
        with DocumentWriter(folder / _SCRATCH) as writer:
            for item in track(self._items(dumps, payloads), "reading posts"):
                if isinstance(item, Deletion):
                    self._deleted.add(int(item.id))
                elif isinstance(item, Repost):
                    self._reposts[item.id] = item.original
                elif self._is_wanted(item, writer.documents):
                    writer.add(self._document(item))
        if not writer.documents and not self._deleted:
            raise GlaswerkError(
                f"expected posts as X's APIs give them, found none in {', '.join(map(str, self.files[:3]))}",
                hint='for other JSON lines with a field "text": glaswerk add docs FILE --kind post',
            )
        superseded = self._superseded()
        deleted = self._with_versions(self._deleted)
        documents = self._finish(folder, deleted | superseded.keys())
        self._relations(folder, deleted, superseded)
        self.left_out.update(dumps.counts)
        self.left_out.update(payloads.counts)
        self.left_out["superseded_edit"] += len((superseded.keys() - deleted) & self._row.keys())
        self.left_out["deleted"] += len(deleted & self._row.keys())
        return {
            "documents": documents, "files": len(self.files), "bytes": writer.bytes,
            "kinds": {"post": documents}, "reposts": len(self._reposts), "cut_texts": len(self._cut),
            "dates_off": self.dates_off, "left_out": dict(sorted((+self.left_out).items())),
        }  # fmt: skip

    def _items(self, dumps: Dumps, payloads: Payloads) -> Iterator[Seen | Deletion | Repost]:
        for file in self.files:
            for value in dumps.values(file):
                yield from payloads.read(value)

    def _is_wanted(self, seen: Seen, row: int) -> bool:
        """Whether the post is to be written as `row`: it is new, or whole where it was cut before."""
        number = int(seen.post.id)
        again = number in self._row
        if again:
            self.left_out["repeated_id"] += 1
            if seen.cut or number not in self._cut:
                return False
        if not seen.post.text.strip():
            self.left_out["no_text"] += 1
            return False
        self._row[number] = row
        (self._cut.add if seen.cut else self._cut.discard)(number)
        self._note(seen.post)
        self.dates_off += has_wrong_date(seen.post) and not again
        return True

    def _note(self, post: Post) -> None:
        versions = [int(version) for version in post.versions]
        for version in versions if len(versions) > 1 else []:
            self._newest[version] = max(versions[-1], self._newest.get(version, 0))

    def _document(self, seen: Seen) -> Any:
        rights = replace(self.rights, audience="limited") if seen.limited else self.rights
        return post_document([seen.post], self.source, seen.author or self.author, rights)

    def _finish(self, folder: Path, unwanted: set[int]) -> int:
        """Keep the rows that won, of posts that are not in `unwanted`; the number of them."""
        scratch, final = folder / _SCRATCH, folder / DOCUMENTS
        keep = {row for number, row in self._row.items() if number not in unwanted}
        if len(keep) == pq.read_metadata(scratch).num_rows:
            os.replace(scratch, final)
            return len(keep)
        with pq.ParquetFile(scratch) as old, pq.ParquetWriter(final, SCHEMA, compression="zstd") as new:
            first = 0
            for batch in old.iter_batches(GROUP_ROWS):
                mask = [first + index in keep for index in range(batch.num_rows)]
                first += batch.num_rows
                new.write_table(pa.Table.from_batches([batch]).filter(pa.array(mask)))
        scratch.unlink()
        return len(keep)

    def _relations(self, folder: Path, deleted: set[int], superseded: Mapping[int, int]) -> None:
        gone = {str(number) for number in deleted}
        parts = [(i, original, "retweet") for i, original in self._reposts.items() if i not in gone]
        parts += [(str(old), str(new), "edit") for old, new in superseded.items() if old not in deleted]
        named = sorted((PREFIX + part, PREFIX + document, relation) for part, document, relation in parts)
        write_relations(folder, (PREFIX + i for i in gone), named)

    def _superseded(self) -> dict[int, int]:
        """Older version → the newest one of its post that is there."""
        there: dict[int, int] = {}
        for version, newest in self._newest.items():
            if version in self._row:
                there[newest] = max(version, there.get(newest, 0))
        best = {version: there[newest] for version, newest in self._newest.items() if newest in there}
        return {version: newest for version, newest in best.items() if version < newest}

    def _with_versions(self, deleted: set[int]) -> set[int]:
        """A post that was deleted goes with all its versions."""
        chains = {new for old, new in self._newest.items() if old in deleted or new in deleted}
        return deleted | {old for old, new in self._newest.items() if new in chains}
