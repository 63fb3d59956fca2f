"""The content that a user names to be forgotten, as marks, and what these reach."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.references import document_id
from glaswerk.data.removal.marks import handle_of, read_marks
from glaswerk.data.removal.reach import Reach, reach
from glaswerk.lab import Lab
from glaswerk.lab.tombstones import Forgotten, Tombstone, plain_handle

# What the user decides about copies by others: they may be trained on, or go as well.
KEEP, FORGET = "keep", "forget"


def reached(
    lab: Lab,
    authors: Sequence[str],
    ids: Sequence[str],
    sources: Sequence[str],
    from_file: Path | None,
    *,
    copies: str,
    why: str = "",
) -> tuple[list[Tombstone], Reach]:
    """The marks for the authors, ids, sources and lines of a file that were named, and what these reach.

    `copies`: "forget" also marks documents by others with the same words. Unless it is "keep", copies that
    were left out as duplicates are marked to stay out. Raises GlaswerkError if nothing, or an empty name, was
    given.
    """
    stones = named_marks(authors, ids, sources, why)
    stones += read_marks(from_file, why) if from_file else ()
    if not stones:
        raise GlaswerkError(
            "expected what to forget (an author, an id, a source or a file of them), found nothing",
            hint="glaswerk forget --author HANDLE --dry-run",
        )
    touched = reach(lab, Forgotten(tuple(stones)))
    if copies == FORGET:
        stones += [Tombstone("id", value, why=why or "a copy") for value in touched.copies]
        touched = reach(lab, Forgotten(tuple(stones)))
    if copies != KEEP:
        stones += [Tombstone("copy", copy, why=why, of=original) for copy, original in touched.held_back]
    return stones, touched


def with_marks(before: Forgotten, stones: Sequence[Tombstone], touched: Reach, copies: str) -> Forgotten:
    """The marks of a lab after a deletion; a decision on copies replaces the one before."""
    decided = before.without_copies_of(touched.going) if copies else before
    return decided.with_more(stones)


def named_marks(
    authors: Sequence[str], ids: Sequence[str], sources: Sequence[str], why: str = ""
) -> list[Tombstone]:
    """The marks for authors, ids (or addresses of posts) and sources as a user names them.

    Raises GlaswerkError for an empty name.
    """
    found = [document_id(reference) for reference in ids if reference.strip()]
    stones = [Tombstone("id", value, why=why) for value in found]
    stones += [Tombstone("author", handle_of(value), why=why) for value in authors]
    stones += [Tombstone("source", value.strip(), why=why) for value in sources]
    _check(stones)
    return stones


def _check(stones: list[Tombstone]) -> None:
    for stone in stones:
        if not (plain_handle(stone.value) if stone.kind == "author" else stone.value):
            raise GlaswerkError(
                f"expected the name of an {stone.kind}, found an empty one"
                if stone.kind != "source"
                else "expected the name of a source, found an empty one",
                hint="glaswerk search PHRASE prints ids and authors; glaswerk source ls, sources",
            )
        if any("\ud800" <= letter <= "\udfff" for letter in stone.value + stone.why):
            raise GlaswerkError(
                f"expected --{stone.kind} in UTF-8, found {stone.value!r}", hint="set LANG=C.UTF-8"
            )
