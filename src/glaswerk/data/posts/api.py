"""Posts from what X's APIs return and stream: v1.1 statuses, timelines, searches and notices, v2 pages.

Formats: X API reference, "Tweet object" (v1.1), "Expansions" (v2), "Streaming message types".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from glaswerk.data.posts.articles import article_text
from glaswerk.data.posts.flat import flat_status
from glaswerk.data.posts.graphql import is_graphql, statuses_in
from glaswerk.data.posts.post import Post, Repost, digits, read_post
from glaswerk.data.posts.recognise import (
    Record,
    dicts,
    identifier_of,
    is_empty_page,
    is_flat,
    is_for_few,
    is_message,
    is_page,
    is_post,
    is_status_of_mastodon,
)

# Messages between the posts of a v1.1 stream that are neither posts nor deletions.
_NOTICES = (
    "scrub_geo",
    "status_withheld",
    "user_withheld",
    "limit",
    "warning",
    "disconnect",
    "friends",
    "friends_str",
    "event",
    "control",
)
# Lists in an answer that contain posts, or users with their latest post.
_LISTS = ("statuses", "results", "users")
# Keys that only v1.1 has, where a status comes without its user.
_STATUS_KEYS = ("retweeted_status", "quoted_status", "extended_tweet", "truncated", "entities")
# X nests two levels deep (a quote of a repost of a quote); a hostile record may nest without limit.
_DEPTH = 6


@dataclass(frozen=True, slots=True)
class ApiPost:
    """One post with its author's handle (empty if unknown). `cut`: the record ends the text with "…"."""

    post: Post
    author: str
    limited: bool
    cut: bool


@dataclass(frozen=True, slots=True)
class Deletion:
    """A notice that an author deleted a post."""

    id: str


class Payloads:
    """Turns JSON values into posts. `counts` has, by reason, what is not a post or could not be read."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def read(self, value: Any) -> Iterator[ApiPost | Deletion | Repost]:
        """Everything in one API answer or stream line, including quoted and repeated posts."""
        for record in value if isinstance(value, list) else [value]:
            if isinstance(record, dict):
                yield from self._record(record, _DEPTH)
            else:
                self.counts["not_a_post"] += 1

    def _record(self, record: Record, depth: int) -> Iterator[ApiPost | Deletion | Repost]:
        if depth == 0:
            self.counts["nested_too_deep"] += 1
        elif is_message(record):
            self.counts["direct_message"] += 1
        elif is_status_of_mastodon(record):
            self.counts["not_a_post"] += 1
        elif is_page(record):
            yield from self._page(record)
        elif is_empty_page(record):
            self.counts["no_results"] += 1
        elif is_flat(record):
            yield from self._page({"data": record})
        elif _is_status(record):
            yield from self._status(record, depth)
        elif (deletion := _deletion(record)) is not None:
            yield from self._deletion(deletion)
        elif (flat := flat_status(record)) is not None:
            yield from self._status(flat, depth)
        elif is_post(record):
            self.counts["broken_record"] += 1  # an id that is none: a number that lost its digits
        elif lists := [record[key] for key in _LISTS if isinstance(record.get(key), list)]:
            self.counts["no_results"] += not any(lists)
            for item in (item for items in lists for item in items if isinstance(item, dict)):
                yield from self._record(item, depth - 1)
        elif "screen_name" in record and isinstance(record.get("status"), dict):
            user = {key: value for key, value in record.items() if key != "status"}
            yield from self._record({**record["status"], "user": user}, depth - 1)
        elif isinstance(record.get("tweet"), dict):
            yield from self._record(record["tweet"], depth - 1)
        elif is_graphql(record):
            yield from self._graphql(record, depth)
        else:
            self.counts["notice" if any(key in record for key in _NOTICES) else "not_a_post"] += 1

    def _graphql(self, record: Record, depth: int) -> Iterator[ApiPost | Deletion | Repost]:
        found = 0
        for status in statuses_in(record):
            found += 1
            yield from self._status(status, depth - 1)
        self.counts["not_a_post"] += not found

    def _deletion(self, value: Record) -> Iterator[Deletion]:
        post = value.get("status", value.get("tweet"))
        found = identifier_of(post) if isinstance(post, dict) else ""
        if found:
            yield Deletion(found)
        else:
            self.counts["notice"] += 1

    def _status(self, record: Record, depth: int) -> Iterator[ApiPost | Deletion | Repost]:
        """A v1.1 status. A retweet's text is the original's, truncated, so only the original is a post."""
        original, quoted = record.get("retweeted_status"), record.get("quoted_status")
        if isinstance(quoted, dict):
            yield from self._record(quoted, depth - 1)
        if isinstance(original, dict):
            yield from self._record(original, depth - 1)
            ids = identifier_of(record), identifier_of(flat_status(original) or original)
            if all(ids):
                yield Repost(*ids)
            return
        user = record.get("user")
        user = user if isinstance(user, dict) else {}
        # Compatibility mode puts the full text and its links into a separate object.
        extended = record.get("extended_tweet")
        whole = {**record, **extended} if isinstance(extended, dict) else record
        cut = bool(record.get("truncated")) and not isinstance(whole.get("full_text"), str)
        limited = user.get("protected") is True or is_for_few(record)
        yield from self._post(whole, str(user.get("screen_name") or ""), limited, cut)

    def _page(self, page: Record) -> Iterator[ApiPost | Deletion | Repost]:
        """A v2 page: its posts, then those in `includes`, which the former quote, reply to or repeat."""
        included = page.get("includes")
        included = included if isinstance(included, dict) else {}
        users = {str(user.get("id")): user for user in dicts(included.get("users"))}
        media = {str(item.get("media_key")): item for item in dicts(included.get("media"))}
        data = page.get("data")
        given = dicts(data if isinstance(data, list) else [data])
        more = [*dicts(included.get("tweets")), *_embedded(given)]
        known = {identifier_of(tweet) for tweet in more}
        for tweet in [*given, *more]:
            if is_message(tweet):
                self.counts["direct_message"] += 1
                continue
            if "text" not in tweet:  # a user, whose pinned post is among the included ones
                self.counts["not_a_post"] += 1
                continue
            original = _reference(tweet, "retweeted")
            if original and original in known and identifier_of(tweet):
                yield Repost(identifier_of(tweet), original)
                continue
            handle, limited = _author(tweet, users)
            limited = limited or is_for_few(tweet)
            yield from self._post(_as_v1(tweet, _media(tweet, media)), handle, limited, cut=False)
        self.counts["unavailable"] += len(dicts(page.get("errors")))

    def _post(self, record: Record, author: str, limited: bool, cut: bool) -> Iterator[ApiPost]:
        try:
            yield ApiPost(read_post(record), author, limited, cut)
        except ValueError:
            self.counts["broken_record"] += 1


def _is_status(record: Record) -> bool:
    """Whether this is a v1.1 status, and not a row with `id` and `text` that another program wrote."""
    user = record.get("user")
    named = isinstance(user, dict) and "screen_name" in user
    return is_post(record) and (named or any(key in record for key in _STATUS_KEYS))


def _embedded(tweets: Iterable[Record]) -> list[Record]:
    """The posts that flattened v2 posts refer to, which twarc puts into them, at any depth that X has."""
    found: list[Record] = []
    for _ in range(_DEPTH):
        tweets = [
            r for t in tweets for r in dicts(t.get("referenced_tweets")) if isinstance(r.get("text"), str)
        ]
        found += tweets
    return found


def _author(tweet: Record, users: Mapping[str, Record]) -> tuple[str, bool]:
    """The handle of a v2 post's author, and whether the account is protected."""
    user = users.get(str(tweet.get("author_id")), tweet.get("author"))
    if isinstance(user, str):
        return user.strip().removeprefix("@"), False
    user = user if isinstance(user, dict) else {}
    return str(user.get("username") or ""), user.get("protected") is True


def _media(tweet: Record, media: Mapping[str, Record]) -> Mapping[str, Record]:
    """`media` with what a flattened post has in itself."""
    attached = tweet.get("attachments")
    own = dicts(attached.get("media")) if isinstance(attached, dict) else []
    return {**media, **{str(item.get("media_key")): item for item in own}} if own else media


def _deletion(record: Record) -> Record | None:
    """The part of a record that names a deleted post: v1.1's notice, v2's stream or batch line."""
    data = record.get("data")
    value = data.get("delete") if isinstance(data, dict) else record.get("delete")
    if record.get("action") == "delete":  # {"id": …, "action": "delete", "reason": "deleted"}
        return {"tweet": record}
    return value if isinstance(value, dict) else None


def _reference(tweet: Record, kind: str) -> str:
    found = [digits(r.get("id")) for r in dicts(tweet.get("referenced_tweets")) if r.get("type") == kind]
    return found[0] if found else ""


def _as_v1(tweet: Record, media: Mapping[str, Record]) -> Record:
    """A v2 post with v1.1's names, so that one reader serves both."""
    note = tweet.get("note_tweet")
    note = note if isinstance(note, dict) else {}
    shown = note if isinstance(note.get("text"), str) else tweet
    article = tweet.get("article")
    whole = article_text(article) if isinstance(article, dict) else ""
    entities = shown.get("entities")
    links = dicts(entities.get("urls")) if isinstance(entities, dict) else []
    return {
        "id_str": tweet.get("id"),
        "full_text": whole or shown.get("text"),
        "created_at": tweet.get("created_at"),
        "lang": tweet.get("lang"),
        "in_reply_to_status_id_str": _reference(tweet, "replied_to"),
        "quoted_status_id_str": _reference(tweet, "quoted"),
        "retweeted_status_id_str": _reference(tweet, "retweeted"),
        "entities": {"urls": [link for link in links if "media_key" not in link]},
        "extended_entities": {"media": [_file(link, media) for link in links if "media_key" in link]},
        "edit_info": {"initial": {"editTweetIds": tweet.get("edit_history_tweet_ids")}},
    }


def _file(link: Record, media: Mapping[str, Record]) -> Record:
    item = media.get(str(link["media_key"]), {})
    address = item.get("url") or item.get("preview_image_url") or link["media_key"]
    return {"url": link.get("url"), "media_url_https": address}
