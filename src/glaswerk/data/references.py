"""References to documents as people and files write them: ids, bare numbers, addresses of posts on X."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from glaswerk.core.errors import GlaswerkError

# Ids of posts on X are unique in the world; every other id starts with the name of its source.
X_PREFIX = "x:"
_RETWEET = re.compile(r"^RT @(\w+): ")
# The hosts of X, with or without a scheme and with any subdomain (www., mobile., m.).
HOST = r"(?:(?:https?:)?//)?(?:[\w-]+\.)*(?:twitter|x)\.com(?::\d+)?"
_STATUS = re.compile(HOST + r"/(?:#!/)?(?:\w+/){0,2}status(?:es)?/(\d{1,20})\b.*", re.ASCII | re.I | re.S)
_ADDRESS = re.compile(HOST + r"(?:[/?#].*)?", re.ASCII | re.I | re.S)
_NUMBER = re.compile(rf"(?:{X_PREFIX})?(\d+)", re.ASCII | re.I)
_HINT = "write ids as in the lab: x:ID or a post's address, SOURCE:ID for others"


def document_id(reference: str) -> str:
    """The id that a user means by a post's address or a bare number; other ids are returned as they are.

    Raises GlaswerkError for an address on X that is not a post: as an id it would match nothing.
    """
    written = reference.strip()
    found = _STATUS.fullmatch(written) or _NUMBER.fullmatch(written)
    if found:
        return X_PREFIX + found[1]
    if _ADDRESS.fullmatch(written):
        raise GlaswerkError(f"expected the address of a post, found {written[:80]!r}", hint=_HINT)
    return written


def derived_from(row: Mapping[str, Any], where: str) -> tuple[str, ...]:
    """The ids in a row's `derived_from`, a string or a list of strings; each once, in order.

    Whole numbers are ids of X; floats are not, because they lose digits. Raises GlaswerkError naming `where`
    for anything else: a lost link is a deletion that is not carried out.
    """
    value = row.get("derived_from")
    given = value if isinstance(value, list) else [] if value is None or value == "" else [value]
    return tuple(dict.fromkeys(_reference(item, where) for item in given))


def _reference(item: Any, where: str) -> str:
    written = str(item) if isinstance(item, int) and not isinstance(item, bool) else item
    if not isinstance(written, str) or not written.strip():
        raise GlaswerkError(
            f"expected ids of documents as 'derived_from' in {where}, found {item!r:.60}", hint=_HINT
        )
    try:
        return document_id(written)
    except GlaswerkError as error:
        raise GlaswerkError(f"{error.message} as 'derived_from' in {where}", hint=error.hint) from error


def retweeted_handle(text: str) -> str:
    """`@name` if a text is someone else's post as X repeats it ("RT @name: …"), else empty."""
    match = _RETWEET.match(text)
    return f"@{match[1]}" if match else ""
