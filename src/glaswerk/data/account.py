"""One X account as its archive tells it: handle, posts, deletions, protected times, own messages."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from glaswerk.core.document import Document, Rights
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.archive import MANIFEST, Archive, missing_member, parse_assignment, parse_json
from glaswerk.data.posts import Post, parse_time, read_post

# What an error quotes of a value: enough to find it, not the whole of a hostile one.
_SHOWN = 200
_HANDLE = re.compile(r"\w{1,50}")
# Archives before 2022 say "tweet" and data/tweet.js.
_POSTS = ("tweets", "tweet")
_POST_FILE = re.compile(r"data/tweets?(-part\d+)?\.js")
# Python refuses to read numbers of more than 4,300 digits; no account has 10^12 of anything.
_COUNT = re.compile(r"[0-9]{1,12}")
_DELETED = ("deletedTweets", "deletedTweetHeaders")
_DELETED_FILES = {
    "deletedTweets": "data/deleted-tweets.js",
    "deletedTweetHeaders": "data/deleted-tweet-headers.js",
}
_MESSAGES = ("directMessages", "directMessagesGroup")
# Shown to a circle or a community, not to the public.
_LIMITED = ("twitterCircleTweet", "communityTweet")
_RECORD = re.compile(r'\{\s*"tweet"\s*:')


class Account:
    """Reads what is needed from an open archive. `left_out` counts by reason, `missing_records` by manifest.

    `unlisted_files` counts files of posts that the manifest does not name. `tolerant` takes what can be
    read where the default is an error.
    """

    def __init__(self, archive: Archive, *, tolerant: bool = False) -> None:
        self._archive = archive
        self._tolerant = tolerant
        self.left_out: Counter[str] = Counter()
        self.missing_records = 0
        self.unlisted_files = 0
        # When X made the archive; the earliest time there is where it does not say.
        self.generated = datetime.min.replace(tzinfo=UTC)
        self._user, self._types = self._manifest()
        if not self._types and not self._files(_POSTS):
            raise missing_member(archive.label, "data/tweets.js")

    @property
    def handle(self) -> str:
        """The account's name without @. Raises GlaswerkError where the archive does not tell it."""
        found = self._user.get("userName") or self._from_account()
        if not isinstance(found, str) or not _HANDLE.fullmatch(found.removeprefix("@")):
            raise GlaswerkError(
                f"expected userInfo.userName in {MANIFEST} of {self._archive.label}, found {found!r}",
                hint="name the account: glaswerk add posts ARCHIVE --author HANDLE --licence …",
            )
        return found.removeprefix("@")

    @property
    def account_id(self) -> str:
        """X's number for the account, which stays when the handle changes; empty where it is not told."""
        return str(self._user.get("accountId") or "")

    def posts(self) -> Iterator[Post]:
        """Every post of the tweets files; their number is checked against the manifest."""
        for name, expected in [*self._files(_POSTS), *self._unlisted()]:
            found = 0
            for tweet in self._records(name, "tweet"):
                found += 1
                yield from self._post(tweet, f"{name} of {self._archive.label}, record {found}")
            self._check_count(name, expected, found)

    def deleted_ids(self) -> set[str]:
        """Ids of posts that the owner deleted; their texts are not kept."""
        found: set[str] = set()
        for kind in _DELETED:
            for name, _ in self._files((kind,)):
                for tweet in self._records(name, "tweet"):
                    found.add(str(tweet.get("id_str") or tweet.get("tweet_id") or tweet.get("id") or ""))
        return found - {""}

    def deleted_posts(self) -> Iterator[Post]:
        """The deleted posts themselves, for an owner who wants them back."""
        for name, _ in self._files(_DELETED[:1]):
            for number, tweet in enumerate(self._records(name, "tweet"), start=1):
                yield from self._post(tweet, f"{name} of {self._archive.label}, record {number}")

    def protections(self) -> set[tuple[datetime, bool]]:
        """(time, became protected) of every change; `protected_spans` tells the times between."""
        events = set()
        for name, _ in self._files(("protectedHistory",)):
            for event in self._records(name, "protectedHistory"):
                moment = parse_time(str(event.get("protectedAt", "")))
                if moment is not None:
                    events.add((moment, not str(event.get("action", "")).lower().startswith("un")))
        return events

    def count_unread(self, *, direct_messages: bool) -> None:
        """Count what stays unopened: conversations (unless wanted) and posts of limited audience."""
        for kind in _LIMITED:
            self._count("limited_audience", kind)
        if not direct_messages:
            for kind in _MESSAGES:
                self._count("direct_message", kind)

    def own_messages(self, source: str, handle: str, licence: str) -> Iterator[Document]:
        """Direct messages that the account itself wrote, as private documents; others' stay closed."""
        account = str(self._user.get("accountId", ""))
        for name, _ in self._files(_MESSAGES):
            for conversation in self._records(name, "dmConversation"):
                for message in _messages(conversation):
                    if account and str(message.get("senderId")) == account:
                        yield _message_document(message, source, handle, licence)
                    else:
                        self.left_out["message_of_others"] += 1

    def _manifest(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        try:
            data = self._archive.read(MANIFEST)
        except GlaswerkError as error:
            if self._tolerant and MANIFEST not in self._archive.names():
                return {}, {}
            raise GlaswerkError(
                f"expected an X archive with {MANIFEST}: {error.message}", hint=error.hint
            ) from error
        where = f"{MANIFEST} of {self._archive.label}"
        value = parse_json(parse_assignment(data, where, tolerant=self._tolerant), where)
        types = value.get("dataTypes") if isinstance(value, dict) else None
        if not isinstance(types, dict):
            raise GlaswerkError(
                f"expected an object dataTypes in {where}, found {type(types).__name__}",
                hint="add the archive as X made it",
            )
        info, user = value.get("archiveInfo"), value.get("userInfo")
        if isinstance(info, dict):
            self.generated = parse_time(str(info.get("generationDate", ""))) or self.generated
        return user if isinstance(user, dict) else {}, types

    def _from_account(self) -> Any:
        name = "data/account.js"
        if name not in self._archive.names():
            return None
        return next(self._records(name, "account"), {}).get("username")

    def _files(self, kinds: tuple[str, ...]) -> list[tuple[str, int | None]]:
        """(file name, number of records it must hold or None) of the first of `kinds` that there is."""
        if not self._types:
            return [(name, None) for name in self._archive.names() if _is_file_of(name, kinds)]
        found: list[tuple[str, int | None]] = []
        for kind in kinds:
            found += [self._file(kind, file) for file in self._entries(kind)]
        return found

    def _entries(self, kind: str) -> list[Any]:
        """What the manifest lists for `kind`; a list that cannot be read would hide posts or deletions."""
        entry = self._types.get(kind, {})
        files = entry.get("files", []) if isinstance(entry, dict) else None
        if not isinstance(files, list):
            raise GlaswerkError(
                f"expected an object with a list of files for {kind} in {MANIFEST} of {self._archive.label}, "
                f"found {_short(entry)}",
                hint="add the archive as X made it",
            )
        return files

    def _unlisted(self) -> list[tuple[str, None]]:
        """Files of posts that the archive holds and its manifest does not name."""
        listed = {name for name, _ in self._files(_POSTS)}
        found = [n for n in self._archive.names() if _POST_FILE.fullmatch(n) and n not in listed]
        if found and not self._tolerant:
            raise GlaswerkError(
                f"expected every file of posts in {MANIFEST} of {self._archive.label}, "
                f"found {', '.join(found)} not named there",
                hint="download the archive again, or read these files too with --tolerant",
            )
        self.unlisted_files += len(found)
        return [(name, None) for name in found]

    def _file(self, kind: str, file: Any) -> tuple[str, int | None]:
        name = file.get("fileName") if isinstance(file, dict) else None
        count = str(file.get("count", "")) if isinstance(file, dict) else ""
        if not isinstance(name, str) or not (_COUNT.fullmatch(count) or (self._tolerant and not count)):
            raise GlaswerkError(
                f"expected fileName and a whole number count for {kind} in {MANIFEST} "
                f"of {self._archive.label}, found {_short(file)}",
                hint="add the archive as X made it, or take what can be read with --tolerant",
            )
        return name, int(count) if count else None

    def _records(self, name: str, key: str) -> Iterator[Mapping[str, Any]]:
        where = f"{name} of {self._archive.label}"
        if self._tolerant and name not in self._archive.names():
            return
        text = parse_assignment(self._archive.read(name), where, tolerant=self._tolerant)
        try:
            records = parse_json(text, where)
        except GlaswerkError:
            if not self._tolerant or key != "tweet":
                raise
            records = self._salvage(text)
        if not isinstance(records, list):
            raise GlaswerkError(f"expected a list in {where}, found {type(records).__name__}")
        for number, record in enumerate(records, start=1):
            inner = record.get(key) if isinstance(record, dict) else None
            if isinstance(inner, dict):
                yield inner
            else:
                self._broken(f"{where}, record {number}", f"no object {key!r}")

    def _salvage(self, text: str) -> list[Any]:
        """Every record of a broken file that is whole by itself."""
        decoder, found, position = json.JSONDecoder(), [], 0
        while match := _RECORD.search(text, position):
            try:
                record, position = decoder.raw_decode(text, match.start())
                found.append(record)
            except (ValueError, RecursionError):
                self.left_out["broken_record"] += 1
                position = match.end()
        return found

    def _post(self, tweet: Mapping[str, Any], where: str) -> Iterator[Post]:
        try:
            yield read_post(tweet)
        except ValueError as error:
            self._broken(where, str(error))

    def _broken(self, where: str, fault: str) -> None:
        if not self._tolerant:
            raise GlaswerkError(
                f"expected a record as X writes it in {where}: {fault}",
                hint="download the archive again, or take what can be read with --tolerant",
            )
        self.left_out["broken_record"] += 1

    def _check_count(self, name: str, expected: int | None, found: int) -> None:
        if expected is None or expected == found:
            return
        if not self._tolerant:
            raise GlaswerkError(
                f"expected {expected:,} records in {name} of {self._archive.label} ({MANIFEST} says so), "
                f"found {found:,}",
                hint="download the archive again, or take what is there with --tolerant",
            )
        self.missing_records += max(expected - found, 0)

    def _count(self, reason: str, kind: str) -> None:
        count = sum(number or 0 for _, number in self._files((kind,))) if self._types else 0
        if count:
            self.left_out[reason] += count


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _is_file_of(name: str, kinds: tuple[str, ...]) -> bool:
    if kinds == _POSTS:
        return _POST_FILE.fullmatch(name) is not None
    return name in {_DELETED_FILES.get(kind) for kind in kinds}


def protected_spans(changes: Iterable[tuple[datetime, bool]]) -> list[tuple[datetime, datetime]]:
    """Times in which an account was protected, so that its posts were not public.

    `changes` are (time, became protected), of one archive or of several of the same account; before a
    first unprotecting all was protected.
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
        id=f"xdm:{message['id']}", source=source, text=message["text"],
        rights=Rights(licence, "own", "private"), author=handle,
        created_at=parse_time(str(message.get("createdAt", ""))), kind="post",
    )  # fmt: skip
