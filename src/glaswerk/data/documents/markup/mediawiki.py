"""MediaWiki XML dumps (export format 0.3 to 0.11): one document per article, from its last revision.

Articles are the pages of namespace 0 in wikitext. Redirects, other namespaces and other models are left out
and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from glaswerk.data.documents.markup.wikitext import wiki_text
from glaswerk.data.files.left_out import LeftOut
from glaswerk.data.files.limits import PAGE_BYTES
from glaswerk.data.files.xml_events import Readable, xml_events

# What is kept of a page and of a revision.
_PAGE, _REVISION = ("title", "ns", "id"), ("timestamp", "text", "model", "id")
_TABLE = re.compile(r"^[ :*]{0,9}\{\|", re.MULTILINE)
_REDIRECT = ("#redirect", "#weiterleitung", "#redirection", "#redirección", "#rinvia", "#перенаправление")


def read_mediawiki(stream: Readable, counts: Counter[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(id of the page, fields) of every article. Raises LeftOut and BrokenXml like `xml_events`."""
    site: dict[str, str] = {}
    for page in _pages(stream, site):
        reason = _reason(page, site)
        if reason:
            counts[reason] += 1
        else:
            tables = len(_TABLE.findall(page.get("text", "")))
            if tables:
                counts["wiki_table"] += tables
            yield f"#{page.get('id', '')}", _fields(page, site)


def _reason(page: Mapping[str, str], site: Mapping[str, str]) -> str:
    """Why a page is left out; "" for an article. Dumps before 2010 number no namespaces, but name them."""
    prefix, colon, _ = page.get("title", "").partition(":")
    space = page.get("ns") or (site.get(f"{prefix}:", "0") if colon else "0")
    if space.strip() != "0":
        return "other_namespace"
    if "redirect" in page or page.get("text", "").lstrip()[:20].lower().startswith(_REDIRECT):
        return "redirect"
    return "" if page.get("model", "wikitext") in ("wikitext", "") else "other_namespace"


def _fields(page: Mapping[str, str], site: Mapping[str, str]) -> dict[str, Any]:
    title = page.get("title", "").strip()
    start = site.get("base", "").rpartition("/")[0]
    web = start.startswith(("http://", "https://")) and title
    return {
        "text": wiki_text(page.get("text", "")),
        "title": title,
        "date": page.get("timestamp", ""),
        "lang": site.get("lang", ""),
        "url": f"{start}/{quote(title.replace(' ', '_'), safe='/:()')}" if web else "",
    }


def _pages(stream: Readable, site: dict[str, str]) -> Iterator[dict[str, str]]:
    """The values of every page with those of its last revision; `site` gets its address and language."""
    path: list[str] = []
    page: dict[str, str] = {}
    values, key = _Values(), "0"
    for name, what in xml_events(stream):
        if isinstance(what, dict):
            path.append(name)
            values.start()
            if name == "mediawiki":
                site["lang"] = what.get("lang", "")
            elif name == "page":
                page = {}
            elif name == "namespace":
                key = what.get("key", "0")
            elif name == "redirect":
                page["redirect"] = what.get("title", "")
        elif what is not None:
            values.add(what)
        else:
            if name == "namespace" and values.text():
                site[f"{values.text()}:"] = key
            _take(path, values, page, site)
            path.pop()
            if name == "page":
                yield page


def _take(path: list[str], values: _Values, page: dict[str, str], site: dict[str, str]) -> None:
    """Keep the value of an element that ends. Revisions are in the order of time, so a later one replaces."""
    name, parent = path[-1], path[-2] if len(path) > 1 else ""
    if (parent == "page" and name in _PAGE) or (parent == "revision" and name in _REVISION and name != "id"):
        page[name] = values.text()
    elif parent == "siteinfo" and name == "base":
        site[name] = values.text()


class _Values:
    """The text of the innermost element that began last, up to PAGE_BYTES."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._size = 0

    def start(self) -> None:
        """Forget the text so far."""
        self._pieces, self._size = [], 0

    def add(self, piece: str) -> None:
        """Append a piece. Raises LeftOut beyond PAGE_BYTES."""
        self._size += len(piece)
        if self._size > PAGE_BYTES:
            raise LeftOut("too_big", f"a text of more than {PAGE_BYTES:,} characters")
        self._pieces.append(piece)

    def text(self) -> str:
        """The text."""
        return "".join(self._pieces)
