"""RSS 0.9 to 2.0, RSS 1.0 (RDF), Atom, and exports of WordPress (WXR): one document per entry.

Of a WordPress export only published posts and pages are read. Drafts, private and protected posts,
attachments and other people's comments are left out and counted.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from glaswerk.data.documents.html import TooDeep, plain_text
from glaswerk.data.documents.mail.headers import written_date
from glaswerk.data.files.left_out import LeftOut
from glaswerk.data.files.limits import PAGE_BYTES
from glaswerk.data.files.xml_events import Readable, xml_events

_ENTRIES = ("item", "entry")
# Where the text is, the fullest first.
_TEXTS = ("encoded", "content", "description", "summary")
_DATES = (
    *("pubDate", "published", "issued", "date", "created", "updated", "modified"),
    *("post_date_gmt", "post_date", "post_modified_gmt"),
)
# What WordPress writes where it has no date; in pubDate it becomes the year -1.
_NO_DATE = re.compile(r"0000-00-00.*|.*\s-0*1\s.*")
# The number of comments below an entry; no element has this name.
_COMMENTS = "#comments"
_LICENCES = ("license", "licence", "rights", "copyright")
_BLOCK = re.compile(r"<(?:p|div|br|h[1-6]|ul|ol|table|blockquote)[\s/>]|<!-- wp:", re.IGNORECASE)
_SHORTCODE = re.compile(r"\[/?(?:caption|gallery|embed|audio|video|playlist|wp_caption)\b[^\[\]]{0,2000}\]")
_TAG = re.compile(r"<[a-zA-Z/!]|&[#a-zA-Z]")


def read_feed(stream: Readable, counts: Counter[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(number, fields) of every entry, in its order. Raises LeftOut and BrokenXml like `xml_events`."""
    about: dict[str, str] = {}
    number = 0
    for number, entry in enumerate(_entries(stream, about), start=1):
        counts["comment"] += int(entry.pop(_COMMENTS, "0"))
        reason = _reason(entry)
        if reason:
            counts[reason] += 1
            continue
        try:
            yield f"#{number}", _fields(entry, about)
        except TooDeep:
            counts["nested_too_deep"] += 1
    counts["no_text"] += number == 0


def _reason(entry: Mapping[str, str]) -> str:
    """Why an entry of a WordPress export is left out; "" for one that is read and for other feeds."""
    if "post_type" not in entry:
        return ""
    if entry["post_type"] not in ("post", "page"):
        return "not_a_page"
    unpublished = entry.get("status", "publish") != "publish" or entry.get("post_password")
    return "unpublished" if unpublished else ""


def _fields(entry: Mapping[str, str], about: Mapping[str, str]) -> dict[str, Any]:
    link = entry.get("link", "")
    return {
        "text": entry_text(next((entry[name] for name in _TEXTS if entry.get(name, "").strip()), "")),
        "title": entry_text(entry.get("title", "")),
        "author": _author(entry) or _author(about),
        "date": written_date(_date(entry)),
        "lang": entry.get("language") or entry.get("lang") or about.get("language") or about.get("lang", ""),
        "url": link if link.startswith(("http://", "https://")) else "",
        "licence": _licence(entry) or _licence(about),
    }


def _date(entry: Mapping[str, str]) -> str:
    """When an entry was published: the first of the elements that may say so and do."""
    found = (entry.get(name, "") for name in _DATES)
    return next((value for value in found if value and not _NO_DATE.fullmatch(value)), "")


def _licence(entry: Mapping[str, str]) -> str:
    """The licence that an entry or its feed states, in one line."""
    return " ".join(next((entry[name] for name in _LICENCES if entry.get(name)), "").split())[:500]


def _author(entry: Mapping[str, str]) -> str:
    """The name of the author. RSS writes `address (name)`."""
    said = entry.get("creator") or entry.get("name") or entry.get("author", "")
    address, bracket, name = said.partition("(")
    return (name.rstrip(") ") if bracket and "@" in address else said).strip()


def entry_text(source: str) -> str:
    """The words of HTML or of plain text. WordPress stores paragraphs as blank lines."""
    source = _SHORTCODE.sub("", source)
    if not _TAG.search(source):
        return source.strip()
    if not _BLOCK.search(source):
        source = re.sub(r"\n\s*\n", "<p>", source.strip()).replace("\n", "<br>")
    # An unknown tag alone would be lost as markup.
    return plain_text(source) or html.unescape(source).strip()


def _entries(stream: Readable, about: dict[str, str]) -> Iterator[dict[str, str]]:
    """The values of every entry by the names of its elements; `about` gets those of the feed."""
    path: list[str] = []
    entry, home, inline = about, 0, 0
    pieces: list[str] = []
    size = 0
    for name, what in xml_events(stream):
        if isinstance(what, dict):
            path.append(name)
            if inline:
                pieces.append(f"<{name}>")
                continue
            if name in _ENTRIES and entry is about:
                entry, home, size = {}, len(path), 0
            _noted(name, what, entry)
            inline = len(path) if what.get("type") == "xhtml" else 0
            pieces = []
        elif what is not None:
            size += len(what)
            if size > PAGE_BYTES:
                raise LeftOut("too_big", f"an entry of more than {PAGE_BYTES:,} characters")
            pieces.append(html.escape(what) if inline else what)
        elif inline and len(path) > inline:
            path.pop()
            pieces.append(f"</{name}>")
        else:
            _keep(path[home:], "".join(pieces).strip(), entry)
            pieces, inline = [], 0
            path.pop()
            if entry is not about and len(path) < home:
                yield entry
                entry, home, size = about, 0, 0


def _noted(name: str, attributes: Mapping[str, str], entry: dict[str, str]) -> None:
    """Keep what an element says in attributes: the language, Atom's links, a licence."""
    if attributes.get("lang"):
        entry.setdefault("lang", attributes["lang"])
    if name == "link" and attributes.get("rel", "alternate") == "alternate" and attributes.get("href"):
        entry.setdefault("link", attributes["href"])
    if name in _LICENCES or (name == "link" and attributes.get("rel") == "license"):
        said = attributes.get("resource") or attributes.get("href", "")
        if said:
            entry.setdefault("license", said)


def _keep(path: list[str], value: str, entry: dict[str, str]) -> None:
    """Keep the value of an element that ends, unless it is inside something other than the author."""
    if not path:
        return
    name = path[-1]
    inside = path[-2] if len(path) > 1 else ""
    if name == "comment_id" and inside == "comment":
        entry[_COMMENTS] = str(int(entry.get(_COMMENTS, "0")) + 1)
    elif value and inside in ("", "author", "channel", "feed"):
        entry.setdefault(name, value)
