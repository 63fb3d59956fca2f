"""A post as the JSON record of an X archive; the indices of its entities slice to what they name."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from glaswerk.town.posts.accounts import Account
from glaswerk.town.posts.post import Post, date_of

RETWEET_CHARACTERS = 140
EDIT_WINDOW = timedelta(hours=1)
Json = dict[str, Any]

_URL = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,!?)]")
_SHORT_URL = re.compile(r"https://t\.co/\w+")
_MENTION = re.compile(r"(?<![\w@/.])@(\w{1,15})\b(?!\.\w)")
_HASHTAG = re.compile(r"(?<![\w&/])#(\w*[A-Za-z]\w*)")
_SOURCES = (
    '<a href="https://mobile.twitter.com" rel="nofollow">Twitter Web App</a>',
    '<a href="http://twitter.com/download/android" rel="nofollow">Twitter for Android</a>',
    '<a href="http://twitter.com/download/iphone" rel="nofollow">Twitter for iPhone</a>',
)
_SIZES = {
    name: {"h": "64", "resize": resize, "w": "64"}
    for name, resize in (("large", "fit"), ("medium", "fit"), ("small", "fit"), ("thumb", "crop"))
}


def x_date(moment: datetime) -> str:
    """The time as in `created_at`; English names whatever the locale."""
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    head = f"{days[moment.weekday()]} {months[moment.month - 1]} {moment.day:02d}"
    return f"{head} {moment:%H:%M:%S} +0000 {moment.year}"


def iso_date(moment: datetime, milliseconds: str = "000") -> str:
    """The time as in `editableUntil` and direct messages."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds}Z"


def short_url(url: str) -> str:
    """A t.co address that depends only on the long URL."""
    return "https://t.co/" + hashlib.blake2b(url.encode(), digest_size=5).hexdigest()


def escape(text: str) -> str:
    """The text with the three HTML entities that X writes in `full_text`."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def media_name(post: Post) -> str:
    """The file name of the attached picture, without the post's id."""
    return f"TOWN{post.picture:05d}.png"


def full_text(post: Post) -> tuple[str, dict[str, str]]:
    """The stored text, and short URL to long URL for those within it.

    A retweet is cut to 140 characters before it is escaped, as X does.
    """
    text, long_urls = post.text, {}
    for url in _URL.findall(text):
        long_urls[short_url(url)] = url
        text = text.replace(url, short_url(url))
    if post.retweet_of and len(text) > RETWEET_CHARACTERS:
        text = text[: RETWEET_CHARACTERS - 1].rstrip() + "…"
    text = escape(text)
    if post.picture is not None and not post.retweet_of:
        text += " " + short_url(f"picture {post.id}")
    return text, {short: url for short, url in long_urls.items() if short in text}


def _indices(match: re.Match[str]) -> list[str]:
    return [str(match.start()), str(match.end())]


def _display(url: str) -> str:
    bare = re.sub(r"^https?://(www\.)?", "", url)
    return bare if len(bare) <= 27 else bare[:26] + "…"


def _mentions(text: str, directory: dict[str, Account]) -> list[Json]:
    found = []
    for match in _MENTION.finditer(text):
        account = directory.get(match[1].lower())
        if account:
            ids = {"id": account.id, "id_str": account.id, "indices": _indices(match)}
            found.append(ids | {"name": account.name, "screen_name": account.handle})
    return found


def _urls(text: str, long_urls: dict[str, str]) -> list[Json]:
    found = []
    for match in _SHORT_URL.finditer(text):
        if url := long_urls.get(match[0]):
            shown = {"display_url": _display(url), "expanded_url": url}
            found.append(shown | {"indices": _indices(match), "url": match[0]})
    return found


def _media(post: Post, text: str) -> list[Json]:
    short = short_url(f"picture {post.id}")
    start = text.rindex(short)
    address = f"pbs.twimg.com/media/{media_name(post)}"
    return [
        {
            "display_url": f"pic.twitter.com/{short[-10:]}",
            "expanded_url": f"https://twitter.com/{post.author.handle}/status/{post.id}/photo/1",
            "id": str(int(post.id) + 1),
            "id_str": str(int(post.id) + 1),
            "indices": [str(start), str(start + len(short))],
            "media_url": f"http://{address}",
            "media_url_https": f"https://{address}",
            "sizes": _SIZES,
            "type": "photo",
            "url": short,
        }
    ]


def _entities(post: Post, text: str, long_urls: dict[str, str], directory: dict[str, Account]) -> Json:
    tags = [{"indices": _indices(match), "text": match[1]} for match in _HASHTAG.finditer(text)]
    return {
        "hashtags": tags,
        "symbols": [],
        "user_mentions": _mentions(text, directory),
        "urls": _urls(text, long_urls),
    }


def _edit_info(post: Post) -> Json:
    """Each version lists the ids of all; the last is the current one."""
    versions = post.editions or [post]
    until = date_of(versions[0]) + EDIT_WINDOW
    return {
        "initial": {
            "editTweetIds": [version.id for version in versions],
            "editableUntil": iso_date(until),
            "editsRemaining": str(6 - len(versions)),
            "isEditEligible": not (post.reply_to or post.retweet_of),
        }
    }


def _reply_fields(post: Post) -> Json:
    if post.reply_to is None:
        return {}
    to = post.reply_to
    return {
        "in_reply_to_screen_name": to.author.handle,
        "in_reply_to_status_id": to.id,
        "in_reply_to_status_id_str": to.id,
        "in_reply_to_user_id": to.author.id,
        "in_reply_to_user_id_str": to.author.id,
    }


def tweet(post: Post, directory: dict[str, Account]) -> Json:
    """The record for `tweets.js` (or `deleted-tweets.js`)."""
    text, long_urls = full_text(post)
    liked = int(post.id) >> 22
    record: Json = {
        "created_at": x_date(date_of(post)),
        "display_text_range": ["0", str(len(text))],
        "edit_info": _edit_info(post),
        "entities": _entities(post, text, long_urls, directory),
        "favorite_count": str(0 if post.retweet_of else liked % 13),
        "favorited": False,
        "full_text": text,
        "id": post.id,
        "id_str": post.id,
        "possibly_sensitive": False,
        "retweet_count": str(liked % 4),
        "retweeted": False,
        "source": _SOURCES[int(post.author.id) % len(_SOURCES)],
        "truncated": False,
    }
    record |= _reply_fields(post)
    if post.picture is not None and not post.retweet_of:
        record["entities"]["media"] = _media(post, text)
        record["extended_entities"] = {"media": _media(post, text)}
    if post.deleted:
        return record | {"deleted_at": deleted_at(post)}
    return record | {"lang": "en"}


def deleted_at(post: Post) -> str:
    """The time of deletion: a day after the post."""
    return x_date(date_of(post) + timedelta(days=1))


def utc(when: int) -> datetime:
    """Seconds as a datetime in UTC."""
    return datetime.fromtimestamp(when, UTC)
