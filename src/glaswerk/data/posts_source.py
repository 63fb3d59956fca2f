"""A source of posts from X account archives: one document a post or thread, archives of an account joined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from glaswerk.core.document import Document, Rights
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.progress import track
from glaswerk.data.account import Account, protected_spans
from glaswerk.data.archive import MANIFEST, open_archive
from glaswerk.data.naming import need_documents
from glaswerk.data.parquet import DOCUMENTS, DocumentWriter, write_relations
from glaswerk.data.posts import PREFIX, Post, join_posts


@dataclass(frozen=True, slots=True)
class PostsConfig:
    """What decides a source of posts, beside the archives' bytes."""

    licence: str
    author: str = ""
    acquired: str = "own"
    include_direct_messages: bool = False
    include_deleted: bool = False
    tolerant: bool = False


@dataclass(frozen=True, slots=True)
class _Export:
    """What one archive tells of its account."""

    generated: datetime
    handle: str
    posts: list[Post]
    protections: set[tuple[datetime, bool]]
    messages: list[Document]

    @property
    def age(self) -> tuple[datetime, int]:
        """Grows with the time of the export: X's date, or the newest post where there is none."""
        return self.generated, max((int(post.id) for post in self.posts), default=0)


@dataclass(slots=True)
class PostsJob:
    """Writes the files of a source of posts."""

    source: str
    config: PostsConfig
    paths: Sequence[Path]
    left_out: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    missing_records: int = 0
    unlisted_files: int = 0
    parts: list[tuple[str, str, str]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def write(self, folder: Path) -> Mapping[str, Any]:
        deleted = set() if self.config.include_deleted else self._deleted()
        with DocumentWriter(folder / DOCUMENTS) as writer:
            accounts = self._by_account()
            for paths in track(accounts, "reading accounts", len(accounts)):
                for document in self._read(paths, deleted):
                    self._add(writer, document)
        need_documents(writer, self.paths)
        write_relations(folder, (PREFIX + i for i in deleted), self.parts)
        return {
            "documents": writer.documents, "archives": len(self.paths), "bytes": writer.bytes,
            "kinds": dict(sorted(self.kinds.items())), "missing_records": self.missing_records,
            "unlisted_files": self.unlisted_files, "left_out": dict(sorted((+self.left_out).items())),
        }  # fmt: skip

    def _deleted(self) -> set[str]:
        """Ids deleted according to any of the archives: an older one still holds the posts."""
        found: set[str] = set()
        for path in self.paths:
            with _account(path, self.config.tolerant) as account:
                found |= account.deleted_ids()
        self.left_out["deleted"] += len(found)
        return found

    def _by_account(self) -> list[list[Path]]:
        """Archives of one account together: a thread may begin in one and go on in another."""
        found: dict[str, list[Path]] = {}
        for path in self.paths:
            with _account(path, self.config.tolerant) as account:
                handle = "" if account.account_id else f"@{self._handle(account).lower()}"
                found.setdefault(account.account_id or handle, []).append(path)
        return list(found.values())

    def _handle(self, account: Account) -> str:
        return self.config.author.removeprefix("@") or account.handle

    def _read(self, paths: Sequence[Path], deleted: set[str]) -> Iterator[Document]:
        """Documents of one account from all its archives, of which the newest one wins."""
        exports = sorted((self._export(path) for path in paths), key=lambda export: export.age)
        joined = join_posts(
            [post for export in exports for post in export.posts],
            source=self.source, handle=exports[-1].handle, deleted=deleted,
            rights=Rights(self.config.licence, self.config.acquired),
            limited=protected_spans(set().union(*(export.protections for export in exports))),
        )  # fmt: skip
        yield from joined.documents
        for export in exports:
            yield from export.messages
        ids = [{post.id for post in export.posts} for export in exports]
        self.left_out["repeated_id"] += sum(map(len, ids)) - len(set().union(*ids))
        self.left_out["superseded_edit"] += joined.superseded
        self.parts += joined.parts

    def _export(self, path: Path) -> _Export:
        config = self.config
        with _account(path, config.tolerant) as account:
            handle = self._handle(account)
            posts = list(account.posts())
            if config.include_deleted:
                posts += account.deleted_posts()
            protections = account.protections()
            wanted = config.include_direct_messages
            messages = list(account.own_messages(self.source, handle, config.licence)) if wanted else []
            account.count_unread(direct_messages=wanted)
        self.left_out += account.left_out
        self.missing_records += account.missing_records
        self.unlisted_files += account.unlisted_files
        return _Export(account.generated, handle, posts, protections, messages)

    def _add(self, writer: DocumentWriter, document: Document) -> None:
        if document.id in self.seen:
            self.left_out["repeated_id"] += 1
            return
        self.seen.add(document.id)
        self.kinds[document.kind] += 1
        writer.add(document)


@contextmanager
def _account(path: Path, tolerant: bool) -> Iterator[Account]:
    archive = open_archive(path)
    try:
        yield Account(archive, tolerant=tolerant)
    finally:
        archive.close()


def archive_paths(paths: Iterable[Path]) -> list[Path]:
    """The archives meant by `paths`: a folder is an unpacked archive or holds zips."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir() and not (path / MANIFEST).exists():
            inside = sorted(path.glob("*.zip"))
            # A folder with data/ but no manifest is left to the reader, which says what is missing.
            found += inside or [path]
        elif not path.exists():
            raise GlaswerkError(f"expected an X archive, found nothing at {path}", hint="check the path")
        else:
            found.append(path)
    if not found:
        raise GlaswerkError(
            "expected at least one X archive, found no path",
            hint="glaswerk add posts ARCHIVE.zip --licence CC-BY-4.0",
        )
    return found
