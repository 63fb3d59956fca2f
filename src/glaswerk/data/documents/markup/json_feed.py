"""JSON Feed 1.0 and 1.1 (jsonfeed.org): one document per item, as `feed.py` reads RSS and Atom."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from glaswerk.data.documents.html import TooDeep
from glaswerk.data.documents.markup.feed import entry_text

_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/\d", re.IGNORECASE)
_HTML, _PLAIN = ("content_html",), ("content_text", "summary")
_DATES = ("date_published", "date_modified")
_ADDRESSES = ("url", "external_url", "id")


def is_json_feed(value: Mapping[str, Any]) -> bool:
    """Whether a JSON object is a feed: its version is an address of the format."""
    return _VERSION.match(_said(value, "version")) is not None and isinstance(value.get("items"), list)


def read_json_feed(feed: Mapping[str, Any], counts: Counter[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """(number from 1, fields) of every item. What is no item, or nested too deep, is counted."""
    for number, item in enumerate(feed["items"], start=1):
        if not isinstance(item, dict):
            counts["broken_record"] += 1
            continue
        try:
            yield number, _fields(item, feed)
        except TooDeep:
            counts["nested_too_deep"] += 1
    counts["no_text"] += not feed["items"]


def _fields(item: Mapping[str, Any], feed: Mapping[str, Any]) -> dict[str, Any]:
    html = _said(item, *_HTML)
    addresses = (_said(item, name) for name in _ADDRESSES)
    return {
        "text": entry_text(html) if html.strip() else _said(item, *_PLAIN),
        "title": _said(item, "title"),
        "author": _authors(item) or _authors(feed),
        "created_at": _said(item, *_DATES),
        "lang": _said(item, "language") or _said(feed, "language"),
        "url": next((found for found in addresses if found.startswith(("http://", "https://"))), ""),
    }


def _authors(value: Mapping[str, Any]) -> str:
    """The names of the authors: a list since version 1.1, one object before."""
    several = value.get("authors")
    found = several if isinstance(several, list) else [value.get("author")]
    names = (_said(one, "name") or _said(one, "url") for one in found if isinstance(one, dict))
    return ", ".join(name for name in names if name)


def _said(value: Mapping[str, Any], *names: str) -> str:
    """The first of the fields that has words."""
    found = (value.get(name) for name in names)
    return next((each.strip() for each in found if isinstance(each, str) and each.strip()), "")
