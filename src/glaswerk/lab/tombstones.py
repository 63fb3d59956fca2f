"""Marks of forgotten content: durable, independent of order, for content that is there or may still come."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

from glaswerk.core.artifact_files import FORGOTTEN_MARKS
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import write_atomic
from glaswerk.core.ids import digest_json

Kind = Literal["id", "author", "source", "copy"]


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One document, all documents of an author, or all of a source. `why` is the requester's free text.

    A "copy" is a document by someone else that was left out of a corpus as a duplicate of the document `of`,
    which is forgotten or deleted: it stays in its source and out of corpora.
    """

    kind: Kind
    value: str
    at: str = ""
    why: str = ""
    of: str = ""


@dataclass(frozen=True)
class Forgotten:
    """All marks of a lab."""

    tombstones: tuple[Tombstone, ...] = ()

    @classmethod
    def read(cls, root: Path) -> Forgotten:
        """The marks of the lab at `root`. Raises GlaswerkError for a damaged line: it may be a deletion."""
        path = root / FORGOTTEN_MARKS
        if not path.exists():
            return cls()
        found = []
        for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
            if not line.strip():
                continue
            try:
                stone = Tombstone(**json.loads(line))
            except (ValueError, TypeError) as error:
                raise _broken(path, number, line) from error
            if stone.kind not in get_args(Kind) or not isinstance(stone.value, str):
                raise _broken(path, number, line)
            found.append(stone)
        return cls(tuple(found))

    def with_more(self, stones: Iterable[Tombstone]) -> Forgotten:
        """These marks and `stones`, each kind and value once."""
        known = {_key(stone): stone for stone in self.tombstones}
        for stone in stones:
            known.setdefault(_key(stone), stone)
        return Forgotten(tuple(known.values()))

    def without_copies_of(self, ids: Collection[str]) -> Forgotten:
        """These marks without those that keep copies of the documents `ids` out."""
        return Forgotten(tuple(one for one in self.tombstones if one.kind != "copy" or one.of not in ids))

    def write(self, root: Path) -> None:
        """Replace the lab's marks atomically; marks without a time get the current one."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        rows = [{**asdict(stone), "at": stone.at or now} for stone in self.tombstones]
        # Older versions read marks without `of`.
        rows = [row if row["of"] else {key: row[key] for key in row if key != "of"} for row in rows]
        # In ASCII: Unicode has more line separators than JSON lines do.
        write_atomic(root / FORGOTTEN_MARKS, "".join(json.dumps(row) + "\n" for row in rows))

    @property
    def digest(self) -> str:
        """Content id of what is to be forgotten, regardless of when and why; empty without a mark."""
        return digest_json(sorted(map(_key, self.tombstones))) if self.tombstones else ""

    @cached_property
    def ids(self) -> frozenset[str]:
        """Ids of single documents."""
        return frozenset(stone.value for stone in self.tombstones if stone.kind == "id")

    @cached_property
    def copies(self) -> frozenset[str]:
        """Ids of documents that stay out as copies of forgotten ones."""
        return frozenset(stone.value for stone in self.tombstones if stone.kind == "copy")

    @cached_property
    def authors(self) -> frozenset[str]:
        """Handles in lower case, without @."""
        return frozenset(plain_handle(stone.value) for stone in self.tombstones if stone.kind == "author")

    @cached_property
    def sources(self) -> frozenset[str]:
        """Names of sources of which everything is to be forgotten."""
        return frozenset(stone.value for stone in self.tombstones if stone.kind == "source")


def plain_handle(author: str) -> str:
    """A handle in lower case, without @: on X neither case nor a leading @ distinguishes handles.

    Nor do forms of full width (＠, ａ) and invisible characters, which come along when a name is copied.
    """
    if not author.isascii():
        author = unicodedata.normalize("NFKC", author)
        author = "".join(letter for letter in author if unicodedata.category(letter) != "Cf")
    return author.strip().lstrip("@").strip().casefold()


def _key(stone: Tombstone) -> tuple[str, str]:
    return stone.kind, plain_handle(stone.value) if stone.kind == "author" else stone.value


def _broken(path: Path, number: int, line: bytes) -> GlaswerkError:
    return GlaswerkError(
        f"expected a mark in {path}, line {number}, found {line[:60]!r}",
        hint='write {"kind": "id, author, source or copy", "value": "…"}, or delete the line',
    )
