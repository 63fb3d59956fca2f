"""References to documents as people and files write them: ids, bare numbers, addresses of posts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.posts import PREFIX

_STATUS = re.compile(r"(?:https?://)?(?:www\.|mobile\.)?(?:twitter|x)\.com/\w+/status/(\d{1,20})\b.*")
_HINT = "write ids as the lab has them: x:ID or a post's address, SOURCE:ID for others"


def document_id(reference: str) -> str:
    """The id that a user means by a post's address or bare number; other ids stay as they are."""
    found = _STATUS.fullmatch(reference.strip())
    number = found[1] if found else reference.strip()
    return PREFIX + number if number.isascii() and number.isdigit() else number


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
    return document_id(written)
