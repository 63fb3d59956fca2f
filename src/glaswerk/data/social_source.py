"""A source of posts from an account's own export of Mastodon or Bluesky: one document a post."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glaswerk.core.document import Document, Rights
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_file
from glaswerk.core.progress import track
from glaswerk.data.bluesky import is_repository, read_repository
from glaswerk.data.dump_source import dump_files
from glaswerk.data.inputs import changed, stamp
from glaswerk.data.lines import read_list
from glaswerk.data.mastodon import Repost, SocialPost, read_activity
from glaswerk.data.naming import check_rights, default_name, need_documents
from glaswerk.data.parquet import DOCUMENTS, DocumentWriter, write_relations
from glaswerk.data.posts import parse_time
from glaswerk.data.stored import DAMAGE, Stored, Unpacker
from glaswerk.lab import Artifact, Lab, Spec

_OUTBOX = re.compile(rb'"type"\s*:\s*"OrderedCollection"')
# What a Mastodon export holds, at its top or in one folder: other tar files are not searched to their end.
_MEMBERS = re.compile(
    r"[^/]+/(?:[^/]+/)?(?:media_attachments/.*|media/.*|(?:outbox|actor|likes|bookmarks)\.json|"
    r"(?:avatar|header)\.\w+)"
)

# Audience → the reason for which its posts stay out unless asked for.
_STAYS_OUT = {"private": "direct_message", "limited": "limited_audience"}


def is_social(path: Path) -> bool:
    """Whether a file, or a file of a folder, is an export of Mastodon or Bluesky, by content."""
    if (path / "data").is_dir():
        return False  # an archive of X, unpacked, with its thousands of pictures
    files = dump_files([path]) if path.is_dir() else [path]
    return any(_kind_of_file(file) for file in files if file.is_file())


def _kind_of_file(path: Path) -> str:
    unpacker = Unpacker(Counter())
    with path.open("rb") as file:
        for stored in unpacker.files(file, path.name):
            kind = _kind(stored)
            if kind or (stored.inside and not _MEMBERS.fullmatch(stored.name)) or not stored.inside:
                return kind
    return ""


def _kind(stored: Stored) -> str:
    """mastodon, bluesky, or "" for any other file."""
    if is_repository(stored.head):
        return "bluesky"
    outbox = stored.head[:1].isspace() or stored.head[:1] in (b"{", b"\xef")
    is_collection = outbox and b"activitystreams" in stored.head and _OUTBOX.search(stored.head)
    return "mastodon" if is_collection and b'"orderedItems"' in stored.head else ""


def add_social(
    lab: Lab, paths: Sequence[Path], *, licence: str, name: str, author: str, acquired: str,
    include_direct_messages: bool = False, include_limited: bool = False,
) -> Artifact:  # fmt: skip
    """One source from exports of Mastodon (outbox.json, alone or in its archive) or Bluesky (a CAR file).

    Direct messages and posts to followers alone stay out, counted, unless asked for.
    They are the account's own, so `acquired` is "own" where it is not said. Statistics: documents, files,
    bytes, kinds, reposts, unparsed_dates and left_out by reason.
    """
    others = [path for path in paths if not is_social(path)]
    if others:
        raise GlaswerkError(
            f"expected exports of Mastodon or Bluesky, found another kind of file too: {others[0]}",
            hint="add archives and dumps of X apart from them",
        )
    acquired = acquired or "own"
    check_rights(licence, acquired)
    files = dump_files(paths)
    stamps = {file: stamp(file) for file in files}
    decided: dict[str, Any] = {
        "files": sorted(digest_file(file) for file in files),
        "licence": licence, "author": author, "acquired": acquired,
        "include_direct_messages": include_direct_messages, "include_limited": include_limited,
    }  # fmt: skip
    chosen = name or default_name(files[0], decided)
    wanted = {"private": include_direct_messages, "limited": include_limited}
    audiences = {"public", *(audience for audience, asked in wanted.items() if asked)}
    job = SocialJob(chosen, author, Rights(licence, acquired), stamps, audiences)
    return lab.make(Spec("source", chosen, "add-social/2", config={"source": chosen, **decided}), job.write)


@dataclass(slots=True)
class SocialJob:
    """Writes the files of a source; of posts with the same address the first one stays."""

    source: str
    author: str
    rights: Rights
    stamps: Mapping[Path, tuple[int, int]]
    audiences: Collection[str]
    left_out: Counter[str] = field(default_factory=Counter)
    unparsed_dates: int = 0
    _seen: set[str] = field(default_factory=set)
    _reposts: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> Mapping[str, Any]:
        with DocumentWriter(folder / DOCUMENTS) as writer:
            for post in track(self._posts(), "reading posts"):
                if post.audience not in self.audiences:
                    self.left_out[_STAYS_OUT[post.audience]] += 1
                elif not post.text.strip():
                    self.left_out["no_text"] += 1
                elif post.id in self._seen:
                    self.left_out["repeated_id"] += 1
                else:
                    self._seen.add(post.id)
                    writer.add(self._document(post))
        need_documents(writer, list(self.stamps), self.left_out)
        write_relations(folder, (), sorted((i, o, "retweet") for i, o in self._reposts.items()))
        return {
            "documents": writer.documents, "files": len(self.stamps), "bytes": writer.bytes,
            "kinds": {"post": writer.documents}, "reposts": len(self._reposts),
            "unparsed_dates": self.unparsed_dates, "left_out": dict(sorted((+self.left_out).items())),
        }  # fmt: skip

    def _posts(self) -> Iterator[SocialPost]:
        for path, before in self.stamps.items():
            for item in self._items(path):
                if isinstance(item, Repost):
                    self._reposts[item.id] = item.original
                else:
                    yield item
            if stamp(path) != before:
                raise changed(str(path))

    def _items(self, path: Path) -> Iterator[SocialPost | Repost]:
        unpacker = Unpacker(self.left_out)
        with path.open("rb") as file:
            for stored in unpacker.files(file, path.name):
                try:
                    yield from self._read(stored)
                except DAMAGE as error:
                    unpacker.damaged(error)
                except GlaswerkError:
                    # What stood before was read; a broken outbox is cut off, as it is one list.
                    self.left_out["cut_off"] += 1

    def _read(self, stored: Stored) -> Iterator[SocialPost | Repost]:
        kind = _kind(stored)
        if kind == "bluesky":
            yield from read_repository(stored.stream, self.left_out)
        elif kind == "mastodon":
            for _, activity in read_list(stored.stream, Path(stored.name), "orderedItems.item"):
                item = read_activity(activity, self.left_out)
                if item is not None:
                    yield item

    def _document(self, post: SocialPost) -> Document:
        created_at = parse_time(post.created_at)
        self.unparsed_dates += created_at is None and bool(post.created_at)
        return Document(
            id=post.id,
            source=self.source,
            text=post.text.replace("\0", ""),
            rights=Rights(self.rights.licence, self.rights.acquired, post.audience),
            author=self.author or post.author,
            created_at=created_at,
            lang=post.lang,
            kind="post",
            url=post.url,
            reply_to=post.reply_to,
            quote_of=post.quote_of,
            media=post.media,
        )
