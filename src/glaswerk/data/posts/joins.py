"""Which posts make one document: each post, an author's own chain of replies, or a whole conversation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from glaswerk.core.document import Document
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.references import X_PREFIX
from glaswerk.lab.tombstones import plain_handle

JOINS = ("posts", "threads", "conversations")
DEFAULT_JOIN = "threads"
# A turn by an unknown author; no handle contains "?".
_NOBODY = "?"


@dataclass(frozen=True, slots=True)
class Link:
    """A post and the post that it replies to (0 for none), by id, and its author ("" if unknown)."""

    id: int
    parent: int
    author: str


def check_join(join: str) -> None:
    """Raises GlaswerkError if `join` is not one of JOINS."""
    if join not in JOINS:
        raise GlaswerkError(
            f"expected what to join ({', '.join(JOINS)}), found {join!r}",
            hint=f"glaswerk add posts ARCHIVE.zip --licence own --join {DEFAULT_JOIN}",
        )


def first_posts(join: str, links: Sequence[Link]) -> dict[int, int]:
    """Id of each post → id of the first post of its document. `links` are in the order of ids, each once.

    A conversation may span missing posts: two replies to one missing post belong together. Circular replies,
    which X cannot produce, do not loop for ever.
    """
    if join == "threads":
        return _chains(links)
    return _connected(links) if join == "conversations" else {link.id: link.id for link in links}


def _chains(links: Iterable[Link]) -> dict[int, int]:
    first: dict[int, int] = {}
    authors: dict[int, str] = {}
    for link in links:
        # A parent that comes later has a greater id, so it was written later: not a thread.
        own = bool(link.author) and link.parent in first and authors[link.parent] == link.author
        first[link.id] = first[link.parent] if own else link.id
        authors[link.id] = link.author
    return first


def _connected(links: Sequence[Link]) -> dict[int, int]:
    """Union-find with path halving over all replies; the lowest id names its group."""
    above: dict[int, int] = {}

    def top(post: int) -> int:
        while (parent := above.setdefault(post, post)) != post:
            above[post] = post = above[parent]
        return post

    for link in links:
        if link.parent:
            above[top(link.id)] = top(link.parent)
    named: dict[int, int] = {}
    return {link.id: named.setdefault(top(link.id), link.id) for link in links}


def link_of(document: Document, last: Mapping[str, str]) -> Link:
    """The link of a document with one post; `last`: id of a version → id of the version that is kept.

    A retweet is someone else's post, so it is never joined.
    """
    parent = "" if document.retweet_of else document.reply_to.removeprefix(X_PREFIX)
    return Link(
        int(document.id.removeprefix(X_PREFIX)),
        int(last.get(parent, parent) or 0),
        plain_handle(document.author),
    )


def joined(posts: Sequence[Document]) -> Document:
    """One document from documents of one post each, in the order given.

    If there are several authors, each turn starts with its author's handle. The audience is limited if that
    of any post is.
    """
    first = posts[0]
    if len(posts) == 1:
        return first
    limited = any(post.rights.audience == "limited" for post in posts)
    return replace(
        first,
        text="\n".join(_turns(posts)),
        kind="thread",
        rights=replace(first.rights, audience="limited") if limited else first.rights,
        media=tuple(name for post in posts for name in post.media),
    )


def parts_of(posts: Sequence[Document]) -> Iterator[tuple[str, str, str]]:
    """The relations that `joined` creates: (post, document, "thread"), and one per author of several.

    An author's relation is (@handle, document, "speaker"), so that a deletion request of that author finds
    the document.
    """
    yield from ((post.id, posts[0].id, "thread") for post in posts[1:])
    authors = dict.fromkeys(plain_handle(post.author) for post in posts)
    if len(authors) > 1:
        yield from ((f"@{author}", posts[0].id, "speaker") for author in authors if author)


def _turns(posts: Sequence[Document]) -> Iterator[str]:
    first = posts[0]
    if len({plain_handle(post.author) for post in posts}) > 1:
        yield from (f"@{post.author.removeprefix('@') or _NOBODY}: {post.text}" for post in posts)
        return
    yield first.text
    # X starts each further post of a thread with the handle that it replies to: its own author.
    yield from (post.text.removeprefix(f"@{first.author} ") for post in posts[1:])
