"""Adding content to a lab: one source artifact per call, its documents normalised into Parquet."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from glaswerk.core.document import Document, Rights
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_file, digest_json, digest_text, short
from glaswerk.core.progress import track
from glaswerk.data.account import Account, protected_spans
from glaswerk.data.archive import MANIFEST, archive_digest, open_archive
from glaswerk.data.chats import read_chats
from glaswerk.data.dump_source import DumpJob, dump_files, is_dump
from glaswerk.data.files import DOCUMENT_SUFFIXES, KINDS, Defaults, Found, Tally, find_files, read_file
from glaswerk.data.lines import SUFFIXES
from glaswerk.data.parquet import DOCUMENTS, DocumentWriter, write_relations
from glaswerk.data.posts import PREFIX, Post, join_posts
from glaswerk.lab import Artifact, Lab, Spec

ACQUIRED = ("own", "public", "licensed", "synthetic", "unknown")


@dataclass(frozen=True, slots=True)
class PostsConfig:
    """What decides a source of posts, beside the archives' bytes."""

    licence: str
    author: str = ""
    acquired: str = "own"
    include_direct_messages: bool = False
    include_deleted: bool = False
    tolerant: bool = False


def add_posts(
    lab: Lab,
    paths: Sequence[Path],
    *,
    licence: str,
    name: str = "",
    author: str = "",
    acquired: str = "",
    include_direct_messages: bool = False,
    include_deleted: bool = False,
    tolerant: bool = False,
) -> Artifact:
    """One source from X account archives (zips, unpacked folders, or folders of zips), or from API dumps.

    Dumps (JSON of v1.1 or v2, a line or a file, compressed or in tar and zip) are told by their content;
    they hold other people's posts, so for them `acquired` must be said; for archives it is "own" if not.
    Its folder holds documents.parquet, tombstones.parquet (ids their owners deleted) and parts.parquet
    (posts that went into another document: threads, edits). Statistics: documents, archives, bytes,
    kinds, missing_records, unlisted_files and left_out by reason; `direct_message` counts conversations,
    which are never opened. Several archives of one account are joined, the newest one's posts winning.
    Raises GlaswerkError for input that is not as X writes it; `tolerant` takes the rest.
    """
    if any(is_dump(path) for path in paths):
        return _add_dumps(lab, paths, licence=licence, name=name, author=author, acquired=acquired)
    acquired = acquired or "own"
    config = PostsConfig(licence, author, acquired, include_direct_messages, include_deleted, tolerant)
    _check_rights(licence, acquired)
    found = _archives(paths)
    archives = dict(sorted((archive_digest(path), path) for path in found))
    decided: dict[str, Any] = {"files": list(archives), **asdict(config)}
    chosen = name or _default_name(found[0], decided)
    job = _PostsJob(chosen, config, list(archives.values()))
    return lab.make(Spec("source", chosen, "add-posts/2", config={"source": chosen, **decided}), job.write)


def _add_dumps(
    lab: Lab, paths: Sequence[Path], *, licence: str, name: str, author: str, acquired: str
) -> Artifact:
    archives = [path for path in paths if not is_dump(path)]
    if archives:
        raise GlaswerkError(
            f"expected archives or dumps of an API, found both ({archives[0]} is no dump)",
            hint="add them apart: whose posts they are differs",
        )
    if not acquired:
        raise GlaswerkError(
            "these are posts as X's API gives them, not an archive of your own, and X's terms (June 2025) "
            "forbid training foundation models on what is not your own",
            hint="say how you came by the right: --acquired own, licensed, public, synthetic or unknown",
        )
    _check_rights(licence, acquired)
    files = dump_files(paths)
    decided: dict[str, Any] = {
        "files": sorted(digest_file(file) for file in files),
        "licence": licence, "author": author, "acquired": acquired,
    }  # fmt: skip
    chosen = name or _default_name(files[0], decided)
    job = DumpJob(chosen, author, Rights(licence, acquired), files)
    return lab.make(Spec("source", chosen, "add-dumps/1", config={"source": chosen, **decided}), job.write)


def add_docs(
    lab: Lab,
    paths: Sequence[Path],
    *,
    licence: str,
    author: str = "",
    name: str = "",
    acquired: str = "own",
    kind: str = "page",
) -> Artifact:
    """One source from .md, .txt, .jsonl, .jsonl.zst and .parquet files; folders recursively.

    Rows may carry id, author, created_at, lang, url, licence, kind, title beside `text`, and a markdown
    file's front matter the like. Statistics: documents, files, bytes, kinds, unparsed_dates and
    left_out by reason. Raises GlaswerkError naming file and line or byte for what cannot be read.
    """
    if kind not in KINDS or kind == "dialogue":
        raise GlaswerkError(
            f"expected a kind ({', '.join(k for k in KINDS if k != 'dialogue')}), found {kind!r}",
            hint="glaswerk add docs FOLDER --kind page --licence …",
        )
    tally = Tally()
    files = find_files(paths, DOCUMENT_SUFFIXES, tally)

    def read(file: Found, defaults: Defaults) -> Iterator[Document]:
        return read_file(file, defaults, tally)

    job = _FilesJob("add-docs/2", licence, author, acquired, kind, files, tally, read)
    return job.make(lab, name)


def add_chats(
    lab: Lab, paths: Sequence[Path], *, licence: str, author: str = "", name: str = "", acquired: str = "own",
    tolerant: bool = False,
) -> Artifact:  # fmt: skip
    """One source of dialogues from .jsonl or .jsonl.zst files, a dialogue a line (see `chats.read_chats`)."""
    tally = Tally()
    files = find_files(paths, SUFFIXES, tally)

    def read(file: Found, defaults: Defaults) -> Iterator[Document]:
        return read_chats(file, defaults, tally, tolerant=tolerant)

    job = _FilesJob("add-chats/2", licence, author, acquired, "dialogue", files, tally, read)
    return job.make(lab, name, tolerant=tolerant)


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
class _PostsJob:
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
        _need_documents(writer, self.paths)
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


@dataclass(slots=True)
class _FilesJob:
    """Writes a source of documents or dialogues read from files."""

    recipe: str
    licence: str
    author: str
    acquired: str
    kind: str
    files: Sequence[Found]
    tally: Tally
    read: Callable[[Found, Defaults], Iterator[Document]]

    def make(self, lab: Lab, name: str, **more: bool) -> Artifact:
        _check_rights(self.licence, self.acquired)
        decided: dict[str, Any] = {
            "files": {file.name: digest_file(file.path) for file in self.files},
            "licence": self.licence, "author": self.author, "acquired": self.acquired,
            "kind": self.kind, **more,
        }  # fmt: skip
        chosen = name or _default_name(self.files[0].path, decided)
        spec = Spec("source", chosen, self.recipe, config={"source": chosen, **decided})
        return lab.make(spec, lambda folder: self._write(folder, chosen))

    def _write(self, folder: Path, source: str) -> Mapping[str, Any]:
        defaults = Defaults(source, self.licence, self.author, self.acquired, self.kind)
        kinds: Counter[str] = Counter()
        with DocumentWriter(folder / DOCUMENTS) as writer:
            for document in track(self._unique(defaults), "reading documents"):
                kinds[document.kind] += 1
                writer.add(document)
        _need_documents(writer, [file.path for file in self.files])
        return {
            "documents": writer.documents, "files": len(self.files), "bytes": writer.bytes,
            "kinds": dict(sorted(kinds.items())), "unparsed_dates": self.tally.unparsed_dates,
            "left_out": dict(sorted((+self.tally.left_out).items())),
        }  # fmt: skip

    def _unique(self, defaults: Defaults) -> Iterator[Document]:
        """Documents with ids of their own: one that comes again with another text is another document."""
        texts: set[tuple[str, str]] = set()
        counts: Counter[str] = Counter()
        for file in self.files:
            for document in self.read(file, defaults):
                # An id of X belongs to one post, whatever its text; the first one stays.
                text = "" if document.id.startswith(PREFIX) else digest_text(document.text)
                if (document.id, text) in texts:
                    self.tally.left_out["repeated_id"] += 1
                    continue
                texts.add((document.id, text))
                counts[document.id] += 1
                again = counts[document.id]
                yield document if again == 1 else replace(document, id=f"{document.id}~{again}")


@contextmanager
def _account(path: Path, tolerant: bool) -> Iterator[Account]:
    archive = open_archive(path)
    try:
        yield Account(archive, tolerant=tolerant)
    finally:
        archive.close()


def _archives(paths: Iterable[Path]) -> list[Path]:
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


def _default_name(first: Path, decided: Mapping[str, Any]) -> str:
    stem = first.name.partition(".")[0]
    slug = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:40].strip("-") or "source"
    return f"{slug}-{short(digest_json(decided), 8)}"


def _check_rights(licence: str, acquired: str) -> None:
    if not licence.strip():
        raise GlaswerkError(
            "expected the licence of the content, found none",
            hint="say what may be done with it: --licence CC-BY-4.0, or --licence own",
        )
    if acquired not in ACQUIRED:
        raise GlaswerkError(f"expected how it was acquired ({', '.join(ACQUIRED)}), found {acquired!r}")


def _need_documents(writer: DocumentWriter, paths: Sequence[Path]) -> None:
    if writer.documents == 0:
        raise GlaswerkError(
            f"expected documents with text, found none in {', '.join(map(str, paths[:3]))}",
            hint="check that these are the right files",
        )
