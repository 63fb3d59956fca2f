"""A Mastodon account's export: outbox.json, a collection of ActivityPub activities, read into posts.

ActivityStreams 2.0 (W3C, 2017) defines the fields; Mastodon's HTML consists of paragraphs, links and line
breaks.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from glaswerk.data.language import tidy_code
from glaswerk.data.posts.post import Repost

_PUBLIC = {"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"}
_POSTS = ("Note", "Question", "Article", "Page")
_TOKEN = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)([^<>]*+)>|([^<]+|<)")
_HREF = re.compile(r"""href\s*=\s*["']([^"']*)["']""", re.IGNORECASE)
_ENDS = {
    **dict.fromkeys(("p", "blockquote", "ul", "ol", "pre"), "\n\n"),
    **dict.fromkeys(("div", "li"), "\n"),
}
_SPACES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class SocialPost:
    """A post of a network other than X; ids are addresses, which are globally unique."""

    id: str
    text: str
    created_at: str
    author: str
    audience: str = "public"
    lang: str = ""
    url: str = ""
    reply_to: str = ""
    quote_of: str = ""
    media: tuple[str, ...] = ()


def read_activity(activity: Mapping[str, Any], counts: Counter[str]) -> SocialPost | Repost | None:
    """The post or repost of one activity; None, counted, for anything else."""
    kind, thing = activity.get("type"), activity.get("object")
    if kind == "Announce":
        original = thing if isinstance(thing, str) else _string(thing, "id")
        identifier = _string(activity, "id")
        if original and identifier:
            return Repost(identifier, original)
    if kind == "Create" and isinstance(thing, dict) and thing.get("type") in _POSTS:
        post = _post(thing, activity)
        if post is None:
            counts["broken_record"] += 1
        return post
    counts["not_a_post"] += 1
    return None


def _post(note: Mapping[str, Any], activity: Mapping[str, Any]) -> SocialPost | None:
    identifier = _string(note, "id")
    if not identifier.startswith(("http://", "https://")):
        return None
    languages = note.get("contentMap")
    attachments = [a for a in _list(note.get("attachment")) if isinstance(a, dict)]
    parts = [
        _string(note, "summary"),
        _string(note, "name"),
        html_text(_string(note, "content")),
        *(f"- {_string(choice, 'name')}" for choice in _choices(note)),
        *(f"[image: {alt}]" for a in attachments if (alt := _string(a, "name").strip())),
    ]
    return SocialPost(
        id=identifier,
        text="\n\n".join(part for part in parts if part.strip()),
        created_at=_string(note, "published") or _string(activity, "published"),
        author=handle(_string(note, "attributedTo") or _string(activity, "actor")),
        audience=audience_of(note),
        lang=tidy_code(next(iter(languages), "")) if isinstance(languages, dict) else "",
        url=_string(note, "url") or identifier,
        reply_to=_string(note, "inReplyTo"),
        quote_of=_string(note, "quote") or _string(note, "quoteUrl"),
        media=tuple(PurePosixPath(url).name for a in attachments if (url := _string(a, "url"))),
    )


def handle(actor: str) -> str:
    """`name@host` from an actor's address (https://host/users/name, https://host/@name)."""
    try:
        parts = urlsplit(actor)
    except ValueError:
        return ""
    name = parts.path.rstrip("/").rpartition("/")[2].removeprefix("@")
    return f"{name}@{parts.netloc}" if name and parts.netloc else ""


def html_text(html: str) -> str:
    """Text of a post's HTML: paragraphs and line breaks; a link is its address, or follows its words."""
    out: list[str] = []
    link, start = "", 0
    for end, name, more, text in _TOKEN.findall(html):
        name = name.lower()
        if text:
            out.append(unescape(text))
        elif name == "br":
            out.append("\n")
        elif name == "li" and not end:
            out.append("- ")
        elif name == "a" and not end:
            match = _HREF.search(more)
            # The address of a mention or hashtag adds nothing to its text.
            plain = match is not None and "mention" not in more and "hashtag" not in more
            link, start = (unescape(match[1]), len(out)) if match is not None and plain else ("", 0)
        elif name == "a" and link:
            words = "".join(out[start:]).strip()
            out[start:] = [link if words in link or words.rstrip("…") in link else f"{words} ({link})"]
            link = ""
        elif end:
            out.append(_ENDS.get(name, ""))
    return _SPACES.sub("\n\n", "".join(out)).strip()


def audience_of(note: Mapping[str, Any]) -> str:
    """Public and unlisted posts are public, posts to followers limited, posts to individuals private."""
    to = {address for key in ("to", "cc") for address in _list(note.get(key)) if isinstance(address, str)}
    if to & _PUBLIC:
        return "public"
    return "limited" if any(address.endswith("/followers") for address in to) else "private"


def _choices(note: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The answers of a poll."""
    found = [*_list(note.get("oneOf")), *_list(note.get("anyOf"))]
    return [choice for choice in found if isinstance(choice, dict)]


def _list(value: Any) -> list[Any]:
    """A list: ActivityStreams allows a single value instead of a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _string(holder: Any, key: str) -> str:
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, str) else ""
