"""Posts of X: one record of tweets.js read into a `Post`, versions resolved, posts turned into documents."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from glaswerk.core.document import Document, Rights
from glaswerk.data.language import tidy_code
from glaswerk.data.posts.rendering import render
from glaswerk.data.references import X_PREFIX, retweeted_handle
from glaswerk.data.times import parse_time

_STATUS = re.compile(r"^https?://(?:www\.|mobile\.)?(?:twitter|x)\.com/\w+/status/(\d+)")
# X's ids encode the milliseconds since this moment (1288834974657 ms) in all but their last 22 bits.
_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657000, tzinfo=UTC)
_FIRST_SNOWFLAKE = 29_700_859_247
_LAST_MOMENT = (1 << 63) >> 22
_CLOSE = timedelta(minutes=1)
# Ids of X are 64-bit numbers; Python refuses to parse numbers of more than 4,300 digits.
_DIGITS = re.compile(r"[0-9]{1,20}")
# How much of a value an error quotes: enough to find it, not all of a hostile one.
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Post:
    """One record. Ids are bare digits; `versions` are the ids of an edited post, oldest first.

    `limited` is true if it was shown only to a circle or a community.
    """

    id: str
    text: str
    created_at: datetime | None
    lang: str
    reply_to: str
    quote_of: str
    retweet_of: str
    media: tuple[str, ...]
    versions: tuple[str, ...]
    limited: bool = False


@dataclass(frozen=True, slots=True)
class Repost:
    """A retweet or boost: it has no text of its own, only the id of the post that it repeats."""

    id: str
    original: str


def read_post(tweet: Mapping[str, Any]) -> Post:
    """A post from one `tweet` object. Raises ValueError naming the key that is malformed."""
    identifier = _id(tweet, "id_str") or _id(tweet, "id")
    # Hydrators write both names, and null for the one that the record lacks.
    texts = [tweet[key] for key in ("full_text", "text") if tweet.get(key) is not None]
    raw = texts[0] if texts else None
    if not identifier:
        raise ValueError("'id_str' is missing")
    if not isinstance(raw, str):
        raise ValueError(f"'full_text' is {type(raw).__name__}, expected a string")
    urls, media = _entities(tweet, "entities", "urls"), _media(tweet)
    links = _links(urls)
    text = render(raw, links, {str(e["url"]) for e in media if e.get("url")}, [*urls, *media])
    created_at = parse_time(str(tweet.get("created_at", "")))
    return Post(
        id=identifier,
        text=text,
        created_at=created_at or snowflake_time(identifier),
        lang=tidy_code(str(tweet.get("lang") or "")),
        reply_to=_id(tweet, "in_reply_to_status_id_str") or _id(tweet, "in_reply_to_status_id"),
        quote_of=_quote(tweet, links),
        retweet_of=_retweet(tweet, text),
        media=_media_names(identifier, media),
        versions=_versions(tweet, identifier),
    )


def digits(value: Any) -> str:
    """An id of X from a record, or an empty string if the value is not one."""
    text = str(value)
    return text if not isinstance(value, float | bool) and _DIGITS.fullmatch(text) else ""


def snowflake_time(identifier: str) -> datetime | None:
    """The time that an id of X encodes since November 2010, in milliseconds; None for an older id."""
    number = int(identifier)
    if number < _FIRST_SNOWFLAKE:
        return None
    return _EPOCH + timedelta(milliseconds=min(number >> 22, _LAST_MOMENT))


def has_wrong_date(post: Post) -> bool:
    """Whether a post's date contradicts its id by more than a minute, so one of the two was altered."""
    encoded = snowflake_time(post.id)
    return encoded is not None and post.created_at is not None and abs(post.created_at - encoded) > _CLOSE


def _id(tweet: Mapping[str, Any], key: str) -> str:
    value = tweet.get(key)
    if value is None or value == "":
        return ""
    # A float has already lost digits; bool is an int in Python.
    if isinstance(value, float | bool) or not _DIGITS.fullmatch(str(value)):
        raise ValueError(f"{key!r} is {str(value)[:_SHOWN]!r}, expected digits")
    return str(int(value))


def _entities(tweet: Mapping[str, Any], holder: str, key: str) -> list[Mapping[str, Any]]:
    entities = tweet.get(holder)
    found = entities.get(key) if isinstance(entities, dict) else None
    return [e for e in found if isinstance(e, dict)] if isinstance(found, list) else []


def _links(urls: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Short link → the address that it expands to, if X provides it."""
    return {str(e["url"]): str(e["expanded_url"]) for e in urls if e.get("url") and e.get("expanded_url")}


def _media(tweet: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Media entities in order; a post has up to four pictures behind one link."""
    return _entities(tweet, "extended_entities", "media") or _entities(tweet, "entities", "media")


def _media_names(identifier: str, media: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The file names that X uses under data/tweets_media."""
    found = (str(e.get("media_url_https") or e.get("media_url") or "") for e in media)
    names = (PurePosixPath(address.partition("?")[0]).name for address in found if address)
    return tuple(dict.fromkeys(f"{identifier}-{name}" for name in names))


def _quote(tweet: Mapping[str, Any], links: Mapping[str, str]) -> str:
    given = _id(tweet, "quoted_status_id_str")
    if given:
        return given
    found = [match[1] for address in links.values() if (match := _STATUS.match(address))]
    return found[-1] if found else ""


def _retweet(tweet: Mapping[str, Any], text: str) -> str:
    """`x:ID`, or `@handle` if the archive does not contain the id (it seldom does)."""
    original = tweet.get("retweeted_status")
    given = _id(tweet, "retweeted_status_id_str") or (
        _id(original, "id_str") or _id(original, "id") if isinstance(original, dict) else ""
    )
    return X_PREFIX + given if given else retweeted_handle(text)


def _versions(tweet: Mapping[str, Any], identifier: str) -> tuple[str, ...]:
    info = tweet.get("edit_info")
    info = info if isinstance(info, dict) else {}
    edit = info.get("edit")
    control = info.get("initial") or (edit.get("editControlInitial") if isinstance(edit, dict) else None)
    ids = control.get("editTweetIds") if isinstance(control, dict) else None
    if ids == [identifier]:
        return (identifier,)
    found = {str(i) for i in ids} if isinstance(ids, list) else set()
    known = {int(i) for i in found if _DIGITS.fullmatch(i)} | {int(identifier)}
    return tuple(map(str, sorted(known)))


@dataclass(frozen=True, slots=True)
class ResolvedPosts:
    """Posts of one account in time order, each in its last version, and counts of what was left out.

    `last`: id of any version → id of the last version present; `parts`: (version, last version, "edit").
    """

    posts: list[Post]
    last: dict[str, str]
    superseded: int
    deleted: int
    parts: list[tuple[str, str, str]]


def resolve_versions(posts: Iterable[Post], deleted: Collection[str]) -> ResolvedPosts:
    """Each post once; of an edited post only the last version.

    Of posts with the same id the last one given is kept, so posts of a newer archive must come later. If any
    version of a post is in `deleted`, all its versions are left out.
    """
    ordered = _merged(posts)
    alive = [p for p in ordered if not any(v in deleted for v in p.versions)]
    last = _last_versions(alive)
    kept = [p for p in alive if last[p.id] == p.id]
    parts = [(X_PREFIX + p.id, X_PREFIX + last[p.id], "edit") for p in alive if last[p.id] != p.id]
    return ResolvedPosts(kept, last, len(alive) - len(kept), len(ordered) - len(alive), parts)


def _merged(posts: Iterable[Post]) -> list[Post]:
    """Each id once, in time order; versions are combined, because only one archive may know of an edit."""
    found: dict[str, Post] = {}
    for post in posts:
        earlier = found.get(post.id)
        if earlier is None:
            found[post.id] = post
            continue
        versions = tuple(sorted({*earlier.versions, *post.versions}, key=int))
        # A post that one archive marks as limited is not made public by another that does not.
        limited = earlier.limited or post.limited
        found[post.id] = replace(post, versions=versions, limited=limited)
    return sorted(found.values(), key=lambda p: int(p.id))


def _last_versions(posts: Sequence[Post]) -> dict[str, str]:
    """Post id → id of its newest version among `posts` (ids of X grow with time)."""
    present = {p.id for p in posts}
    last: dict[str, str] = {}
    for post in posts:
        one = len(post.versions) == 1
        newest = post.id if one else max((v for v in post.versions if v in present), key=int)
        for version in post.versions:
            last[version] = max(last.get(version, newest), newest, key=int)
    return last


def post_document(
    post: Post,
    source: str,
    handle: str,
    rights: Rights,
    limited: Sequence[tuple[datetime, datetime]] = (),
) -> Document:
    """One post as a document; `handle` may be empty. `limited`: periods when its account was protected."""
    hidden = post.limited or within(snowflake_time(post.id) or post.created_at, limited)
    return Document(
        id=X_PREFIX + post.id,
        source=source,
        text=post.text,
        rights=replace(rights, audience="limited") if hidden else rights,
        author=handle,
        created_at=post.created_at,
        lang=post.lang,
        kind="post",
        url=f"https://x.com/{handle or 'i'}/status/{post.id}",
        reply_to=_edge(post.reply_to),
        quote_of=_edge(post.quote_of),
        retweet_of=post.retweet_of,
        edit_of=_edge(post.versions[0]) if post.versions[0] != post.id else "",
        media=post.media,
    )


def _edge(identifier: str) -> str:
    return X_PREFIX + identifier if identifier else ""


def within(moment: datetime | None, spans: Sequence[tuple[datetime, datetime]]) -> bool:
    """Whether a time is in any of the spans. An unknown time counts as in every span."""
    return any(moment is None or start <= moment < end for start, end in spans)
