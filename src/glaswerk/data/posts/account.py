"""One X account as its archive describes it: handle, posts, deletions, protected periods, own messages."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from glaswerk.core.document import Document, Rights
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.posts.archive import Archive, missing_member
from glaswerk.data.posts.articles import is_draft
from glaswerk.data.posts.layout import MANIFEST
from glaswerk.data.posts.notes import Note, read_note
from glaswerk.data.posts.post import Post, digits
from glaswerk.data.posts.records import Records
from glaswerk.data.times import parse_time

# How much of a value an error quotes: enough to find it, not all of a hostile one.
_SHOWN = 200
_HANDLE = re.compile(r"\w{1,50}")
# Python refuses to read numbers of more than 4,300 digits; no account has 10^12 of anything.
_COUNT = re.compile(r"[0-9]{1,12}")
# The files of posts had these names until late 2022; the earliest such archives have no manifest.
_OLD_POSTS = re.compile(r"(data/)?tweet(-part\d+)?\.js")

# The span of an account that may have been protected at any time.
ALWAYS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of records: its names in manifests of any era, and the names of its files without one."""

    types: tuple[str, ...]
    file: re.Pattern[str]

    @classmethod
    def of(cls, stem: str, *types: str) -> _Kind:
        return cls(types, re.compile(rf"(data/)?{stem}(-part\d+)?\.js"))


_POSTS = _Kind.of("tweets?", "tweets", "tweet")
_DELETED = _Kind.of("deleted-tweets?", "deletedTweets", "deletedTweet")
_DELETED_HEADERS = _Kind.of("deleted-tweet-headers", "deletedTweetHeaders")
_NOTES = _Kind.of("note-tweets?", "noteTweet", "noteTweets")
_DELETED_NOTES = _Kind.of("deleted-note-tweets?", "deletedNoteTweet", "deletedNoteTweets")
_MESSAGES = _Kind.of(
    "direct-messages?(-group)?",
    "directMessages",
    "directMessagesGroup",
    "directMessage",
    "directMessageGroup",
)
# Shown to a circle or a community, not to the public.
_LIMITED = _Kind.of("(twitter-circle|community)-tweets?", "twitterCircleTweet", "communityTweet")
_LIKES = _Kind.of("likes?", "like", "likes")
_PROTECTED = _Kind.of("protected-history", "protectedHistory")
_ARTICLES = _Kind.of("article", "article", "articles")
_GROK = _Kind.of("grok-chat-item", "grokChatItem", "grokChatItems")
_ACCOUNT = _Kind.of("account", "account")
# Bytes that occur once per record, to count the records of a file without a manifest.
_COUNTED = {
    "direct_message": (_MESSAGES, b'"dmConversation"'),
    "like": (_LIKES, b'"tweetId"'),
    "grok_chat": (_GROK, b'"grokChatItem"'),
}


class Account:
    """Reads an open archive. `left_out` counts by reason; `missing_records` counts against the manifest.

    `unlisted_files` counts files of posts that the manifest does not name. With `tolerant`, what can be read
    is taken where an error would be raised otherwise.
    """

    def __init__(self, archive: Archive, *, tolerant: bool = False) -> None:
        self._records = Records(archive, tolerant=tolerant)
        self._label = archive.label
        self._tolerant = tolerant
        self.left_out = self._records.left_out
        self.missing_records = 0
        self.unlisted_files = 0
        # Whether some of the protected periods could not be read (`protections`).
        self.protections_unknown = False
        # When X made the archive; the earliest possible time if the archive does not say.
        self.generated = datetime.min.replace(tzinfo=UTC)
        self._types: Mapping[str, Any] = {}
        self._user = self._identity()

    @property
    def handle(self) -> str:
        """The account's name without @. Raises GlaswerkError if the archive does not name it."""
        found = self._user.get("userName")
        if not isinstance(found, str) or not _HANDLE.fullmatch(found.removeprefix("@")):
            raise GlaswerkError(
                f"expected userInfo.userName in {MANIFEST} of {self._label}, or a name in its account files, "
                f"found {_short(found)}",
                hint="name the account: glaswerk add posts ARCHIVE --author HANDLE --licence …",
            )
        return found.removeprefix("@")

    def handle_or(self, author: str) -> str:
        """The account's name; `author` without @ if the archive does not name it and an author is given."""
        try:
            return self.handle
        except GlaswerkError:
            if not author:
                raise
            return author.removeprefix("@")

    @property
    def account_id(self) -> str:
        """X's number for the account, which stays when the handle changes; empty if unknown."""
        return str(self._user.get("accountId") or "")

    def posts(self) -> Iterator[Post]:
        """Every post of the tweets files; their number is checked against the manifest."""
        for name, expected in [*self._files(_POSTS), *self._unlisted()]:
            found = 0
            for tweet in self._records.items(name, "tweet"):
                found += 1
                yield from self._records.post(tweet, f"{name} of {self._label}, record {found}")
            self._check_count(name, expected, found)

    def limited_posts(self) -> Iterator[Post]:
        """Posts to a circle or a community."""
        for name, _ in self._files(_LIMITED):
            for post in self._records.posts(name):
                yield replace(post, limited=True)

    def limited_ids(self) -> set[str]:
        """Ids of posts to a circle or a community, wherever else the archive has them."""
        return self._ids(name for name, _ in self._files(_LIMITED, unlisted=True))

    def notes(self, *, deleted: bool) -> Iterator[Note]:
        """The texts of long posts, which do not name their posts; if `deleted`, also of deleted posts."""
        for name, _ in [*self._files(_NOTES), *(self._files(_DELETED_NOTES) if deleted else [])]:
            for number, record in enumerate(self._records.items(name, "noteTweet"), start=1):
                try:
                    yield read_note(record)
                except ValueError as error:
                    self._records.broken(f"{name} of {self._label}, record {number}", str(error))

    def likes(self) -> Iterator[Mapping[str, Any]]:
        """Records of other people's posts that the account liked, each with an id in `tweetId`."""
        for name, _ in self._files(_LIKES):
            for number, like in enumerate(self._records.items(name, "like"), start=1):
                if digits(like.get("tweetId")):
                    yield like
                else:
                    self._records.broken(f"{name} of {self._label}, record {number}", "no 'tweetId'")

    def deleted_ids(self) -> set[str]:
        """Ids of posts that the owner deleted; their texts are not kept."""
        return self._ids(name for name, _ in [*self._files(_DELETED), *self._files(_DELETED_HEADERS)])

    def _ids(self, names: Iterable[str]) -> set[str]:
        found: set[str] = set()
        for name in names:
            for number, tweet in enumerate(self._records.items(name, "tweet"), start=1):
                identifier = digits(tweet.get("id_str") or tweet.get("tweet_id") or tweet.get("id") or "")
                if identifier:
                    found.add(str(int(identifier)))
                else:
                    self._records.broken(f"{name} of {self._label}, record {number}", "no id of a post")
        return found

    def deleted_posts(self) -> Iterator[Post]:
        """The deleted posts themselves, for an owner who wants them included."""
        for name, _ in self._files(_DELETED):
            yield from self._records.posts(name)

    def protections(self) -> set[tuple[datetime, bool]]:
        """(time, became protected) of every change; `protected_spans` turns them into periods.

        If `tolerant` skips one that cannot be read, `protections_unknown` becomes true.
        """
        events = set()
        broken = self.left_out["broken_record"]
        for name, _ in self._files(_PROTECTED, unlisted=True):
            self.protections_unknown |= self._tolerant and name not in self._records.names()
            for number, event in enumerate(self._records.items(name, "protectedHistory"), start=1):
                moment = parse_time(str(event.get("protectedAt", "")))
                if moment is None:
                    where = f"{name} of {self._label}, record {number}"
                    self._records.broken(where, f"'protectedAt' is {_short(event.get('protectedAt'))}")
                else:
                    events.add((moment, not str(event.get("action", "")).lower().startswith("un")))
        self.protections_unknown |= self.left_out["broken_record"] > broken
        return events

    def count_unread(self, read: Collection[str]) -> None:
        """Count what is left out: likes, conversations and chats with Grok, except the reasons in `read`."""
        for reason, (kind, mark) in _COUNTED.items():
            if reason not in read:
                self._count(reason, kind, mark)

    def articles(self) -> Iterator[Mapping[str, Any]]:
        """The long articles that the account published; drafts are counted."""
        for name, _ in self._files(_ARTICLES, unlisted=True):
            for article in self._records.items(name, "article"):
                if is_draft(article):
                    self.left_out["draft_article"] += 1
                else:
                    yield article

    def grok_items(self) -> Iterator[Mapping[str, Any]]:
        """The turns of the account's conversations with Grok."""
        for name, _ in self._files(_GROK, unlisted=True):
            yield from self._records.items(name, "grokChatItem")

    def own_messages(self, source: str, handle: str, licence: str) -> Iterator[Document]:
        """Direct messages that the account wrote, as private documents; other people's are only counted."""
        for name, _ in self._files(_MESSAGES):
            for conversation in self._records.items(name, "dmConversation"):
                for message in _messages(conversation):
                    if self.account_id and str(message.get("senderId")) == self.account_id:
                        yield _message_document(message, source, handle, licence)
                    else:
                        self.left_out["message_of_others"] += 1

    def _identity(self) -> Mapping[str, Any]:
        """userName and accountId, from the manifest or else account.js; also loads the manifest's types."""
        user = self._manifest() if MANIFEST in self._records.names() or not self._may_lack_manifest() else {}
        if not self._types and not self._files(_POSTS):
            raise missing_member(self._label, "data/tweets.js")
        if user.get("userName") and user.get("accountId"):
            return user
        more: Mapping[str, Any] = {}
        for name in filter(_ACCOUNT.file.fullmatch, self._records.names()):
            more = next(self._records.items(name, "account"), {})
        return {
            "userName": user.get("userName") or more.get("username"),
            "accountId": user.get("accountId") or more.get("accountId"),
        }

    def _may_lack_manifest(self) -> bool:
        """The first archives of 2019 have none; later ones may lack it only with `tolerant`."""
        files = [name for name in self._records.names() if _POSTS.file.fullmatch(name)]
        return self._tolerant or (bool(files) and all(_OLD_POSTS.fullmatch(name) for name in files))

    def _manifest(self) -> Mapping[str, Any]:
        try:
            value = self._records.value(MANIFEST)
        except GlaswerkError as error:
            raise GlaswerkError(
                f"expected an X archive with {MANIFEST}: {error.message}", hint=error.hint
            ) from error
        types = value.get("dataTypes") if isinstance(value, dict) else None
        if not isinstance(types, dict):
            raise GlaswerkError(
                f"expected an object dataTypes in {MANIFEST} of {self._label}, found {type(types).__name__}",
                hint="add the archive as X made it",
            )
        info, user = value.get("archiveInfo"), value.get("userInfo")
        if isinstance(info, dict):
            self.generated = parse_time(str(info.get("generationDate", ""))) or self.generated
        self._types = types
        return user if isinstance(user, dict) else {}

    def _files(self, kind: _Kind, *, unlisted: bool = False) -> list[tuple[str, int | None]]:
        """(file name, number of records it must have, or None) of every file of a kind.

        Files that the manifest does not name are included if `unlisted`, or if there is no manifest.
        """
        listed = [self._file(name, file) for name in kind.types for file in self._entries(name)]
        if self._types and not unlisted:
            return listed
        names = {name for name, _ in listed}
        there = (name for name in self._records.names() if kind.file.fullmatch(name))
        return [*listed, *((name, None) for name in there if name not in names)]

    def _entries(self, kind: str) -> list[Any]:
        """The manifest's list for `kind`; an unreadable one is an error: it would hide posts or deletions."""
        entry = self._types.get(kind, {})
        files = entry.get("files", []) if isinstance(entry, dict) else None
        if not isinstance(files, list):
            raise GlaswerkError(
                f"expected an object with a list of files for {kind} in {MANIFEST} of {self._label}, "
                f"found {_short(entry)}",
                hint="add the archive as X made it",
            )
        return files

    def _unlisted(self) -> list[tuple[str, None]]:
        """Files of posts in the archive that its manifest does not name."""
        listed = {name for name, _ in self._files(_POSTS)}
        found = [n for n in self._records.names() if _POSTS.file.fullmatch(n) and n not in listed]
        if found and not self._tolerant:
            raise GlaswerkError(
                f"expected {MANIFEST} of {self._label} to name every file of posts, "
                f"found {', '.join(found)} not named there",
                hint="download the archive again, or include these files with --tolerant",
            )
        self.unlisted_files += len(found)
        return [(name, None) for name in found]

    def _file(self, kind: str, file: Any) -> tuple[str, int | None]:
        name = file.get("fileName") if isinstance(file, dict) else None
        count = str(file.get("count", "")) if isinstance(file, dict) else ""
        if not isinstance(name, str) or not (_COUNT.fullmatch(count) or (self._tolerant and not count)):
            raise GlaswerkError(
                f"expected fileName and a whole number count for {kind} in {MANIFEST} "
                f"of {self._label}, found {_short(file)}",
                hint="add the archive as X made it, or read what is readable with --tolerant",
            )
        return name, int(count) if count else None

    def _check_count(self, name: str, expected: int | None, found: int) -> None:
        if expected is None or expected == found:
            return
        if not self._tolerant:
            raise GlaswerkError(
                f"expected {expected:,} records in {name} of {self._label} ({MANIFEST} says so), "
                f"found {found:,}",
                hint="download the archive again, or read what is there with --tolerant",
            )
        self.missing_records += max(expected - found, 0)

    def _count(self, reason: str, kind: _Kind, mark: bytes) -> None:
        for name, number in self._files(kind):
            known = number is not None or name not in self._records.names()
            count = (number or 0) if known else self._records.data(name).count(mark)
            # A count of zero must not appear among the reasons.
            if count:
                self.left_out[reason] += count


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def protected_spans(changes: Iterable[tuple[datetime, bool]]) -> list[tuple[datetime, datetime]]:
    """Periods in which an account was protected, so that its posts were not public.

    `changes` are (time, became protected), from one archive or several of the same account. Everything before
    a first unprotecting counts as protected.
    """
    events = sorted(changes)
    spans = []
    start = datetime.min.replace(tzinfo=UTC) if events and not events[0][1] else None
    for moment, closed in events:
        if closed and start is None:
            start = moment
        elif not closed and start is not None:
            spans.append((start, moment))
            start = None
    if start is not None:
        spans.append((start, datetime.max.replace(tzinfo=UTC)))
    return spans


def _messages(conversation: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    items = conversation.get("messages")
    for item in items if isinstance(items, list) else []:
        message = item.get("messageCreate") if isinstance(item, dict) else None
        if isinstance(message, dict) and isinstance(message.get("text"), str) and message.get("id"):
            yield message


def _message_document(message: Mapping[str, Any], source: str, handle: str, licence: str) -> Document:
    return Document(
        id=f"xdm:{message['id']}",
        source=source,
        text=message["text"].replace("\0", ""),
        rights=Rights(licence, "own", "private"),
        author=handle,
        created_at=parse_time(str(message.get("createdAt", ""))),
        kind="post",
    )
