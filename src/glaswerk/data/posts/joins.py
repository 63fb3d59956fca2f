"""Which posts make one document: each by itself, an author's own chain of replies, a whole conversation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from glaswerk.core.document import Document
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.references import X_PREFIX
from glaswerk.lab.tombstones import plain_handle

JOINS = ("posts", "threads", "conversations")
DEFAULT_JOIN = "threads"
# A turn whose author the source does not tell; "?" occurs in no handle.
_NOBODY = "?"


@dataclass(frozen=True, slots=True)
class Link:
    """A post and the one that it answers (0 for none), by their ids, and its author ("" if unknown)."""

    id: int
    parent: int
    author: str


def check_join(join: str) -> None:
    """Raises GlaswerkError where `join` is not one of JOINS."""
    if join not in JOINS:
        raise GlaswerkError(
            f"expected what to join ({', '.join(JOINS)}), found {join!r}",
            hint=f"glaswerk add posts ARCHIVE.zip --licence own --join {DEFAULT_JOIN}",
        )


def first_posts(join: str, links: Sequence[Link]) -> dict[int, int]:
    """Id of each post → id of the first post of its document. `links` stand in the order of ids, each once.

    A conversation reaches over posts that are not there: two answers to one missing post belong together.
    Replies in a circle, which X cannot write, end where they began.
    """
    if join == "threads":
        return _chains(links)
    return _connected(links) if join == "conversations" else {link.id: link.id for link in links}


def _chains(links: Iterable[Link]) -> dict[int, int]:
    first: dict[int, int] = {}
    authors: dict[int, str] = {}
    for link in links:
        # A parent that has not come yet has a greater id, so it was written later: no thread.
        own = bool(link.author) and link.parent in first and authors[link.parent] == link.author
        first[link.id] = first[link.parent] if own else link.id
        authors[link.id] = link.author
    return first


def _connected(links: Sequence[Link]) -> dict[int, int]:
    """Union-find with path halving over all replies; the first post in the order of ids names its group."""
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
    """The link of a document that is one post; `last`: id of a version → id of the one that stands for it.

    A retweet is someone else's post, so it joins nothing.
    """
    parent = "" if document.retweet_of else document.reply_to.removeprefix(X_PREFIX)
    return Link(
        int(document.id.removeprefix(X_PREFIX)),
        int(last.get(parent, parent) or 0),
        plain_handle(document.author),
    )


def joined(posts: Sequence[Document]) -> Document:
    """One document from documents of one post each, in the order given.

    Where several people speak, each turn begins with its author's handle. It is as closed as the most
    closed of its posts.
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
    """What `joined` puts into its document: (post, document, "thread"), and (@handle, document, "speaker")
    for each of several authors, so that what one of them wants forgotten is found."""
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
    # X writes before each further post of a thread whom it answers: its own author.
    yield from (post.text.removeprefix(f"@{first.author} ") for post in posts[1:])
