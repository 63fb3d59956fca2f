"""A source of posts from an account's own export of Mastodon, Bluesky or a messaging program.

One document per post or message. Messages are private and come in only if they are asked for.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.core.document import Document, Rights
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.progress import track
from glaswerk.data.files.bad_files import BadFiles, damage
from glaswerk.data.files.inputs import changed, stamp
from glaswerk.data.files.lines import read_list
from glaswerk.data.files.stored import DAMAGE, HEAD, StoredFile, Unpacker
from glaswerk.data.messages.detect import NAMES, app_of, app_of_file
from glaswerk.data.messages.message import ME, ExportedMessage
from glaswerk.data.messages.readers import collect_people, read_app
from glaswerk.data.posts.bluesky import is_repository, read_repository
from glaswerk.data.posts.mastodon import SocialPost, read_activity
from glaswerk.data.posts.post import Repost
from glaswerk.data.store.new_source import AuthorGate, need_documents
from glaswerk.data.store.parquet import DocumentWriter, write_relations
from glaswerk.data.times import parse_time

# Keys of posts as X's APIs and its scrapers give them.
POSTS_OF_X = re.compile(rb'"(?:id_str|screen_name|edit_history_tweet_ids|full_text|rawContent|author_id)"')
_OUTBOX = re.compile(rb'"type"\s*:\s*"OrderedCollection"')
# Files of a Mastodon export, at the top or in one folder; other tar files are not searched to their end.
_MEMBERS = re.compile(
    r"[^/]+/(?:[^/]+/)?(?:media_attachments/.*|media/.*|(?:outbox|actor|likes|bookmarks)\.json|"
    r"(?:avatar|header)\.\w+)"
)

# Members of a zip file that are tried before it is taken for something else.
_TRIED = 200

# Audience → the reason for which its posts are left out by default.
_STAYS_OUT = {"private": "direct_message", "limited": "limited_audience"}


def is_export(path: Path) -> bool:
    """Whether a file is an export of Mastodon, Bluesky or a messaging program, by its content."""
    unpacker = Unpacker(Counter())
    with path.open("rb") as file:
        for stored in unpacker.files(file, path.name):
            kind = _kind(stored)
            if kind or (stored.inside and not _MEMBERS.fullmatch(stored.name)) or not stored.inside:
                return bool(kind)
    return False


def has_messages(path: Path) -> bool:
    """Whether a zip file holds messages that a program exported. Only members with telling names are read."""
    try:
        with zipfile.ZipFile(path) as container:
            members = [name for name in container.namelist() if NAMES.fullmatch(name)]
            for name in members[:_TRIED]:
                with container.open(name) as member:
                    if app_of(name, member.read(HEAD)):
                        return True
    except DAMAGE:
        return False  # its reader reports what is broken
    return False


def _kind(stored: StoredFile) -> str:
    """mastodon, bluesky, a messaging program, or "" for any other file."""
    if is_repository(stored.head):
        return "bluesky"
    outbox = stored.head[:1].isspace() or stored.head[:1] in (b"{", b"\xef")
    is_collection = outbox and b"activitystreams" in stored.head and _OUTBOX.search(stored.head)
    if is_collection and b'"orderedItems"' in stored.head:
        return "mastodon"
    return app_of_file(stored)


def _social(message: ExportedMessage) -> SocialPost:
    created_at = message.created_at.isoformat() if message.created_at else ""
    return SocialPost(
        message.id,
        message.text,
        created_at,
        message.author,
        message.audience,
        reply_to=message.reply_to,
    )


@dataclass(slots=True)
class ExportJob:
    """Writes the files of a source. Of posts with the same address the first is kept."""

    source: str
    author: str
    rights: Rights
    stamps: Mapping[Path, tuple[int, int]]
    audiences: Collection[str] = ("public",)
    # Whether the user said how the content was acquired; several authors need that.
    stated: bool = False
    left_out: Counter[str] = field(default_factory=Counter)
    bad: BadFiles = field(default_factory=BadFiles)
    unparsed_dates: int = 0
    _did: str = ""
    _seen: set[str] = field(default_factory=set)
    _reposts: dict[str, str] = field(default_factory=dict)
    _few: set[str] = field(default_factory=set)
    _people: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> Mapping[str, Any]:
        """Write documents and parts to `folder`; returns the statistics."""
        gate = AuthorGate(stated=self.stated)
        self._collect_people()
        with DocumentWriter(folder / DOCUMENTS) as writer:
            for post in track(self._posts(), "reading posts"):
                if post.audience != "public":
                    self._few.add(post.id)
                if post.audience not in self.audiences:
                    self.left_out[_STAYS_OUT[post.audience]] += 1
                elif not post.text.strip():
                    self.left_out["no_text"] += 1
                elif post.id in self._seen:
                    self.left_out["repeated_id"] += 1
                else:
                    self._seen.add(post.id)
                    writer.add(gate.passed(self._document(post)))
        if writer.documents == 0 and self.left_out["direct_message"] and "private" not in self.audiences:
            raise self._only_messages()
        need_documents(writer, list(self.stamps), self.left_out)
        write_relations(folder, (), sorted((i, o, "retweet") for i, o in self._reposts.items()), self._few)
        return {
            "documents": writer.documents,
            "files": len(self.stamps),
            "bytes": writer.bytes,
            "kinds": {"post": writer.documents},
            "reposts": len(self._reposts),
            "unparsed_dates": self.unparsed_dates,
            "left_out": dict(sorted((+self.left_out).items())),
        }

    def _only_messages(self) -> GlaswerkError:
        some = ", ".join(str(path) for path in list(self.stamps)[:3])
        return GlaswerkError(
            f"expected posts, found {self.left_out['direct_message']:,} private messages in {some}; they "
            "stay out unless you ask for them",
            hint="glaswerk add posts EXPORT --direct-messages --licence … --acquired …",
        )

    def _collect_people(self) -> None:
        """Names of people that an export keeps apart from their messages."""
        for path in self.stamps:
            if path.suffix.lower() == ".zip" or path.name in ("users.json", "user.json"):
                with path.open("rb") as file:
                    for stored in Unpacker(Counter()).files(file, path.name):
                        collect_people(stored, self._people)

    def _posts(self) -> Iterator[SocialPost]:
        for path, before in self.stamps.items():
            counted = Counter(self.left_out)
            for item in self._items(path):
                if isinstance(item, Repost):
                    self._reposts[item.id] = item.original
                else:
                    yield item
            if reason := damage(counted, self.left_out):
                self.bad.add(path.name, reason)
            if stamp(path) != before:
                raise changed(str(path))

    def _items(self, path: Path) -> Iterator[SocialPost | Repost]:
        unpacker = Unpacker(self.left_out)
        with path.open("rb") as file:
            for stored in unpacker.files(file, path.name):
                try:
                    yield from self._read(stored, path.absolute().parent.name)
                except DAMAGE as error:
                    unpacker.damaged(error)
                except GlaswerkError:
                    # Everything before the error was read; a broken outbox is one list, so it is cut off.
                    self.left_out["cut_off"] += 1

    def _read(self, stored: StoredFile, folder: str) -> Iterator[SocialPost | Repost]:
        kind = _kind(stored)
        if kind == "bluesky":
            yield from read_repository(stored.stream, self.left_out)
        elif kind == "mastodon":
            for _, activity in read_list(stored.stream, Path(stored.name), "orderedItems.item"):
                item = read_activity(activity, self.left_out)
                if item is not None:
                    yield item
        elif kind:
            yield from map(_social, read_app(kind, stored, self._people, self.left_out, folder))
        elif POSTS_OF_X.search(stored.head):
            # One source has one kind: whose posts they are differs.
            self.left_out["other_posts"] += 1

    def _named(self, author: str) -> str:
        """An account's name. A given author name replaces the DID, which is all that Bluesky's exports have,
        and what stands for the account itself in messages."""
        if author == ME:
            return self.author or ME
        if author and not (self.author and author.startswith("did:")):
            return author
        if author and self._did not in ("", author):
            raise GlaswerkError(
                f"expected one account to name {self.author}, found {self._did} and {author}",
                hint="add them separately, each with its own --author",
            )
        self._did = self._did or author
        return self.author

    def _document(self, post: SocialPost) -> Document:
        created_at = parse_time(post.created_at)
        self.unparsed_dates += created_at is None and bool(post.created_at)
        return Document(
            id=post.id,
            source=self.source,
            text=post.text.replace("\0", ""),
            rights=Rights(self.rights.licence, self.rights.acquired, post.audience),
            author=self._named(post.author),
            created_at=created_at,
            lang=post.lang,
            kind="post",
            url=post.url,
            reply_to=post.reply_to,
            quote_of=post.quote_of,
            media=post.media,
        )
