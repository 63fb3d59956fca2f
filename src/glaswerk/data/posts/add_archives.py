"""A source of posts from X account archives: one document per post or thread, accounts merged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.core.document import Document, Rights
from glaswerk.core.memory import no_cycle_search
from glaswerk.core.progress import track
from glaswerk.data.posts.account import ALWAYS, Account, protected_spans
from glaswerk.data.posts.archive import open_archive
from glaswerk.data.posts.articles import article_document, with_audience
from glaswerk.data.posts.grailbird import Grailbird
from glaswerk.data.posts.grok import grok_dialogues
from glaswerk.data.posts.joins import DEFAULT_JOIN, first_posts, joined, link_of, parts_of
from glaswerk.data.posts.layout import MANIFEST, is_grailbird
from glaswerk.data.posts.notes import join_notes
from glaswerk.data.posts.post import Post, has_wrong_date, post_document, resolve_versions
from glaswerk.data.references import X_PREFIX
from glaswerk.data.store.new_source import need_documents
from glaswerk.data.store.parquet import DocumentWriter, write_relations

_NO_DATE = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ArchivesConfig:
    """What decides a source of posts, besides the archives' bytes. `join` is one of `joins.JOINS`."""

    licence: str
    author: str = ""
    acquired: str = "own"
    include_direct_messages: bool = False
    include_deleted: bool = False
    include_limited: bool = False
    include_grok: bool = False
    join: str = DEFAULT_JOIN
    tolerant: bool = False


@dataclass(frozen=True, slots=True)
class _ArchiveContent:
    """The account, posts, articles and private documents of one archive."""

    generated: datetime
    handle: str
    posts: list[Post]
    protections: set[tuple[datetime, bool]]
    protections_unknown: bool
    limited: set[str]
    articles: list[Document]
    private: list[Document]

    @property
    def age(self) -> tuple[datetime, int]:
        """Sort key by the time of the export: X's date, or the newest post's if there is none."""
        newest = max(self.posts, key=lambda post: int(post.id), default=None)
        if newest is None:
            return self.generated, 0
        dated = self.generated > _NO_DATE
        return self.generated if dated else newest.created_at or _NO_DATE, int(newest.id)


@dataclass(slots=True)
class ArchivesJob:
    """Writes the files of a source of posts."""

    source: str
    config: ArchivesConfig
    paths: Sequence[Path]
    left_out: Counter[str] = field(default_factory=Counter)
    missing_records: int = 0
    unlisted_files: int = 0
    # Posts whose date contradicts their id.
    dates_off: int = 0
    parts: list[tuple[str, str, str]] = field(default_factory=list)
    # Id of any version of a post → id of the version that is kept.
    last: dict[str, str] = field(default_factory=dict)
    # Documents that are never joined: articles, messages, conversations with Grok.
    others: list[Document] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    # Ids of posts that were for few people, whether or not they are added.
    few: set[str] = field(default_factory=set)

    @no_cycle_search()
    def write(self, folder: Path) -> Mapping[str, Any]:
        """Write documents, tombstones and parts to `folder`; returns the statistics."""
        deleted = set() if self.config.include_deleted else self._deleted()
        with DocumentWriter(folder / DOCUMENTS) as writer:
            for posts in self._together(deleted):
                for document in self._joined(posts):
                    writer.add(document)
            for document in filter(self._is_new, self.others):
                writer.add(document)
        need_documents(writer, self.paths, self.left_out)
        write_relations(folder, (X_PREFIX + i for i in deleted), self.parts, (X_PREFIX + i for i in self.few))
        return {
            "documents": writer.documents,
            "archives": len(self.paths),
            "bytes": writer.bytes,
            "kinds": writer.kinds(),
            "missing_records": self.missing_records,
            "unlisted_files": self.unlisted_files,
            "dates_off": self.dates_off,
            "left_out": dict(sorted((+self.left_out).items())),
        }

    def _together(self, deleted: Collection[str]) -> Iterator[list[Document]]:
        """One-post documents in batches that may be joined: per account, or all of them for conversations."""
        accounts = self._by_account()
        posts: list[Document] = []
        for paths in track(accounts, "reading accounts", len(accounts)):
            posts += filter(self._is_new, self._read(paths, deleted))
            if self.config.join != "conversations":
                yield posts
                posts = []
        yield posts

    def _joined(self, posts: Sequence[Document]) -> Iterator[Document]:
        ordered = sorted(posts, key=_number)
        links = [link_of(post, self.last) for post in ordered]
        first = first_posts(self.config.join, links)
        groups: dict[int, list[Document]] = {}
        for link, post in zip(links, ordered, strict=True):
            groups.setdefault(first[link.id], []).append(post)
        for group in groups.values():
            if len(group) > 1:
                self.parts += parts_of(group)
            yield joined(group)

    def _deleted(self) -> set[str]:
        """Ids deleted according to any of the archives: an older archive still contains the posts."""
        found: set[str] = set()
        for path in self.paths:
            with open_account(path, self.config.tolerant) as account:
                found |= account.deleted_ids()
        self.left_out["deleted"] += len(found)
        return found

    def _by_account(self) -> list[list[Path]]:
        """Archives grouped by account: a thread may start in one archive and continue in another."""
        found: dict[str, list[Path]] = {}
        for path in self.paths:
            with open_account(path, self.config.tolerant) as account:
                handle = "" if account.account_id else f"@{self._handle(account).lower()}"
                found.setdefault(account.account_id or handle, []).append(path)
        return list(found.values())

    def _handle(self, account: Account) -> str:
        return account.handle_or(self.config.author)

    def _read(self, paths: Sequence[Path], deleted: Collection[str]) -> Iterator[Document]:
        """Each post of one account once, from all its archives; the newest archive wins."""
        archives = sorted((self._read_archive(path) for path in paths), key=lambda archive: archive.age)
        few = set[str]().union(*(archive.limited for archive in archives))
        self.few |= few
        resolved = resolve_versions(self._for_all(archives, few), deleted)
        ids = [{post.id for post in archive.posts} for archive in archives]
        self.left_out["repeated_id"] += sum(map(len, ids)) - len(set().union(*ids))
        self.left_out["superseded_edit"] += resolved.superseded
        self.parts += resolved.parts
        self.last |= resolved.last
        handle, rights = archives[-1].handle, Rights(self.config.licence, self.config.acquired)
        limited = protected_spans(set().union(*(archive.protections for archive in archives)))
        if any(archive.protections_unknown for archive in archives):
            limited = [ALWAYS]
        for archive in archives:
            self.others += archive.private
            self.others += (with_audience(article, limited) for article in archive.articles)
        for post in resolved.posts:
            self.dates_off += has_wrong_date(post)
            document = post_document(post, self.source, handle, rights, limited)
            if document.rights.audience != "public":
                self.few.update(post.versions)
            yield document

    def _for_all(self, archives: Iterable[_ArchiveContent], few: set[str]) -> Iterator[Post]:
        """The posts without those for a limited audience; with include_limited, such posts marked as limited.

        X writes posts to a circle or a community into tweets.js as well.
        """
        if not self.config.include_limited:
            self.left_out["limited_audience"] += len(few)
        for post in (post for archive in archives for post in archive.posts):
            if few.isdisjoint(post.versions):
                yield post
            elif self.config.include_limited:
                yield replace(post, limited=True)

    def _read_archive(self, path: Path) -> _ArchiveContent:
        config = self.config
        with open_account(path, config.tolerant) as account:
            handle = self._handle(account)
            posts = list(account.posts())
            if config.include_limited:
                posts += account.limited_posts()
            if config.include_deleted:
                posts += account.deleted_posts()
            posts, unjoined = join_notes(posts, list(account.notes(deleted=config.include_deleted)))
            protections = account.protections()
            articles = list(self._articles(account, handle))
            private = list(self._private(account, handle))
        with open_account(path, config.tolerant) as account_again:
            # Opened again, so that broken records in these files are not counted twice.
            few = account_again.limited_ids()
        self.left_out["unjoined_note"] += unjoined
        self.left_out += account.left_out
        self.missing_records += account.missing_records
        self.unlisted_files += account.unlisted_files
        unknown = account.protections_unknown
        return _ArchiveContent(account.generated, handle, posts, protections, unknown, few, articles, private)

    def _articles(self, account: Account, handle: str) -> Iterator[Document]:
        rights = Rights(self.config.licence, self.config.acquired)
        for number, article in enumerate(account.articles(), start=1):
            document = article_document(article, number, self.source, handle, rights)
            if document is None:
                self.left_out["no_text"] += 1
            else:
                yield document

    def _private(self, account: Account, handle: str) -> Iterator[Document]:
        """The messages and the conversations with Grok that were asked for; the others are counted."""
        asked = {
            "direct_message": self.config.include_direct_messages,
            "grok_chat": self.config.include_grok,
        }
        read = [reason for reason, wanted in asked.items() if wanted]
        account.count_unread(read)
        if "direct_message" in read:
            yield from account.own_messages(self.source, handle, self.config.licence)
        if "grok_chat" in read:
            yield from grok_dialogues(account.grok_items(), self.source, handle, self.config.licence)

    def _is_new(self, document: Document) -> bool:
        if document.id in self.seen:
            self.left_out["repeated_id"] += 1
            return False
        self.seen.add(document.id)
        return True


def _number(document: Document) -> int:
    return int(document.id.removeprefix(X_PREFIX))


@contextmanager
def open_account(path: Path, tolerant: bool) -> Iterator[Account]:
    """The account in an archive of any era. Raises GlaswerkError if it is not an X archive."""
    archive = open_archive(path)
    try:
        names = archive.names()
        era = Grailbird if is_grailbird(names) and MANIFEST not in names else Account
        yield era(archive, tolerant=tolerant)
    finally:
        archive.close()
