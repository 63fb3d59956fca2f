"""References to documents as people and files write them: ids, bare numbers, addresses of posts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from glaswerk.core.errors import GlaswerkError

# Ids of posts on X are unique in the world; every other id starts with the name of its source.
X_PREFIX = "x:"
_RETWEET = re.compile(r"^RT @(\w+): ")
# The hosts of X, with or without a scheme: www., mobile., m. and whatever else stands before them.
HOST = r"(?:(?:https?:)?//)?(?:[\w-]+\.)*(?:twitter|x)\.com(?::\d+)?"
_STATUS = re.compile(HOST + r"/(?:#!/)?(?:\w+/){0,2}status(?:es)?/(\d{1,20})\b.*", re.ASCII | re.I | re.S)
_ADDRESS = re.compile(HOST + r"(?:[/?#].*)?", re.ASCII | re.I | re.S)
_NUMBER = re.compile(rf"(?:{X_PREFIX})?(\d+)", re.ASCII | re.I)
_HINT = "write ids as the lab has them: x:ID or a post's address, SOURCE:ID for others"


def document_id(reference: str) -> str:
    """The id that a user means by a post's address or bare number; other ids stay as they are.

    Raises GlaswerkError for an address of X that is no post's: as an id it would cover nothing.
    """
    written = reference.strip()
    found = _STATUS.fullmatch(written) or _NUMBER.fullmatch(written)
    if found:
        return X_PREFIX + found[1]
    if _ADDRESS.fullmatch(written):
        raise GlaswerkError(f"expected the address of a post, found {written[:80]!r}", hint=_HINT)
    return written


def derived_from(row: Mapping[str, Any], where: str) -> tuple[str, ...]:
    """The ids in a row's `derived_from`, a text or a list of texts; each once, in their order.

    Raises GlaswerkError naming `where` for anything else: a link that is lost is a deletion that is not
    carried out. Numbers are ids of X, but not floats, which cannot hold them.
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
    """`@name` for a text that is someone else's post as X repeats it ("RT @name: …"), else empty."""
    match = _RETWEET.match(text)
    return f"@{match[1]}" if match else ""
