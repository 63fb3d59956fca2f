"""Long posts: an archive keeps their full texts in another file, without the ids of their posts.

tweets.js has about the first 280 characters; note-tweet.js has the full text and a time. Neither names the
other, so they are matched by time and by how they start.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from glaswerk.data.posts.post import Post, snowflake_time
from glaswerk.data.posts.rendering import is_escaped, render
from glaswerk.data.times import parse_time

# A post's id has milliseconds, its created_at whole seconds.
_NEAR = timedelta(seconds=1)
# A thread sent at once has several posts per second, but never as many as this.
_NEAREST = 64
# A match shares this many characters and half of the post, or all of one of the two. Links, and names at
# the start of a reply, may differ.
_SHARED = 20
# Characters compared; X truncates posts at 280 characters, but expanded links make them longer.
_COMPARED = 4000
_LINK = re.compile(r"https?://\S+")
_NAMES = re.compile(r"(?:@\w{1,50}\s+)+")


@dataclass(frozen=True, slots=True)
class Note:
    """The full text of a long post."""

    created_at: datetime
    text: str


def read_note(record: Mapping[str, Any]) -> Note:
    """A note from one `noteTweet` object. Raises ValueError naming the key that is malformed.

    Whether X escaped the text as it does for posts is inferred: a text with a bare "&", "<" or ">" is not
    escaped.
    """
    core = record.get("core")
    text = core.get("text") if isinstance(core, dict) else None
    moment = parse_time(str(record.get("createdAt", "")))
    if not isinstance(core, dict) or not isinstance(text, str):
        raise ValueError("'core.text' is missing")
    # Python's calendar ends in the year 9999.
    if moment is None or not 1970 < moment.year < 9999:
        raise ValueError(f"'createdAt' is {str(record.get('createdAt'))[:40]!r}, expected a time")
    urls = core.get("urls")
    links = {
        str(url["shortUrl"]): str(url["expandedUrl"])
        for url in (urls if isinstance(urls, list) else [])
        if isinstance(url, dict) and url.get("shortUrl") and url.get("expandedUrl")
    }
    shown = text if is_escaped(text) else text.replace("&", "&amp;")
    return Note(moment, render(shown, links, (), ()))


def join_notes(posts: Sequence[Post], notes: Sequence[Note]) -> tuple[list[Post], int]:
    """`posts` with the full texts from `notes`, and the number of notes without a post.

    Of several matching pairs, the one with the longest common start is used first; each post takes one note
    and each note goes to one post.
    """
    if not notes:
        return list(posts), 0
    texts: dict[int, str] = {}
    taken: set[int] = set()
    pairs = sorted(_pairs(posts, notes), key=lambda pair: (-pair.shared, pair.apart, pair.post, pair.note))
    for pair in pairs:
        if pair.post not in texts and pair.note not in taken:
            taken.add(pair.note)
            texts[pair.post] = pair.text
    whole = [replace(post, text=texts[i]) if i in texts else post for i, post in enumerate(posts)]
    return whole, len(notes) - len(taken)


@dataclass(frozen=True, slots=True)
class _Pair:
    """Positions of post and note, number of common characters, time between them, the post's new text."""

    post: int
    note: int
    shared: int
    apart: timedelta
    text: str


def _pairs(posts: Sequence[Post], notes: Sequence[Note]) -> Iterator[_Pair]:
    moments = ((snowflake_time(post.id) or post.created_at, index) for index, post in enumerate(posts))
    timed = sorted((moment, index) for moment, index in moments if moment is not None)
    times = [moment for moment, _ in timed]
    for number, note in enumerate(notes):
        first = bisect_right(times, note.created_at - _NEAR)
        end = min(bisect_left(times, note.created_at + _NEAR), first + _NEAREST)
        for moment, index in timed[first:end]:
            shared, text = _match(posts[index].text, note.text)
            if shared:
                yield _Pair(index, number, shared, abs(moment - note.created_at), text)


def _match(post: str, note: str) -> tuple[int, str]:
    """The number of characters that a post and its note share (0: no match), and the full text."""
    names = _NAMES.match(post)
    for lead in ("", names[0] if names else ""):
        own, whole = _comparable(post.removeprefix(lead)).rstrip("…. "), _comparable(note)
        shared = _shared(own, whole)
        if shared:
            # Bold text makes even a short post a note; the note may lack the link to a quoted post.
            return shared, lead + note if len(whole) >= len(own) else post
    return 0, post


def _shared(own: str, whole: str) -> int:
    pairs = enumerate(zip(own, whole, strict=False))
    count = next((i for i, (a, b) in pairs if a != b), min(len(own), len(whole)))
    enough = count in (len(own), len(whole)) or 2 * count >= len(own)
    return count if enough and count >= min(_SHARED, len(whole)) else 0


def _comparable(text: str) -> str:
    return " ".join(_LINK.sub(" ", text[:_COMPARED]).split())
