"""EPUB books as untrusted zip files: the chapters in the order of the spine, joined into one document."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from resiliparse.parse.html import HTMLTree

from glaswerk.data.documents.html import children, decode, expand, isolated, parsed, plain_text
from glaswerk.data.files.limits import (
    EPUB_BOOK_BYTES,
    EPUB_CHAPTERS,
    EPUB_PACKAGE_BYTES,
    PAGE_BYTES,
    PAGE_ISOLATED_BYTES,
    UNPACK_RATIO,
    UNPACK_RATIO_FREE_BYTES,
)
from glaswerk.data.files.stored import Bomb

_CONTAINER = "META-INF/container.xml"
_PREFIX = re.compile(r"<(\w{1,40}):(?:package|container)[\s>]")


def read_epub(book: zipfile.ZipFile, counts: Counter[str]) -> dict[str, Any] | None:
    """Fields of the book: text, kind, title, author, lang, date; None, counted, if it is encrypted.

    Chapters are parsed as HTML, so no entity that the file defines is expanded or fetched. Raises Bomb beyond
    the limits, and KeyError, ValueError or a zipfile error for a broken book.
    """
    root = _described(package_named, _member_text(book, _CONTAINER))
    if not root:
        raise ValueError(f"no package named in {_CONTAINER}")
    package = _described(described_book, _member_text(book, root), folder=posixpath.dirname(root))
    chapters = package["chapters"]
    if len(chapters) > EPUB_CHAPTERS:
        raise Bomb(f"more than {EPUB_CHAPTERS:,} chapters")
    if _is_encrypted(book, chapters):
        counts["encrypted"] += 1
        return None
    texts, left = [], EPUB_BOOK_BYTES
    for name in chapters:
        data = _member(book, name, PAGE_BYTES)
        left -= len(data)
        if left < 0:
            raise Bomb(f"more than {EPUB_BOOK_BYTES:,} bytes")
        text = decode(data, fallback="utf-8") or ""
        texts.append(plain_text(expand(text)))
    return {
        "text": "\n\n".join(text for text in texts if text),
        "kind": "book",
        **package["about"],
    }


def package_named(text: str) -> str:
    """The name of the package in the text of container.xml; empty if there is none."""
    found = (e.getattr("full-path") for e in children(_tree(text), "rootfiles"))
    return next(found, None) or ""


def described_book(text: str, folder: str) -> dict[str, Any]:
    """`chapters`, the names of the chapters below `folder`, and `about`, the fields, of a package."""
    package = _tree(text)
    about = {
        "title": _first(package, "title"),
        "author": ", ".join(_all(package, "creator")[:10]),
        "lang": _first(package, "language"),
        "date": _first(package, "date"),
    }
    return {"chapters": _spine(package, folder), "about": about}


def _described(function: Callable[..., Any], text: str, **options: str) -> Any:
    """`function(text)`, in a process of its own if the text is long: a parser's time may be quadratic."""
    if len(text) > PAGE_ISOLATED_BYTES:
        return isolated(__name__, function.__name__, text, **options)
    return function(text, **options)


def _spine(package: HTMLTree, folder: str) -> list[str]:
    """Names of the chapters in reading order, without the table of contents."""
    items = {item.getattr("id"): item for item in children(package, "manifest")}
    found = []
    for reference in children(package, "spine"):
        item = items.get(reference.getattr("idref"))
        if item is None or reference.getattr("linear") == "no":
            continue
        if "nav" not in (item.getattr("properties") or "").split():
            href = unquote((item.getattr("href") or "").partition("#")[0])
            found.append(posixpath.normpath(posixpath.join(folder, href)))
    return list(dict.fromkeys(found))


def _is_encrypted(book: zipfile.ZipFile, chapters: list[str]) -> bool:
    """Whether chapters are encrypted; encrypted fonts are common and harmless."""
    if "META-INF/encryption.xml" not in book.namelist():
        return False
    named = _member(book, "META-INF/encryption.xml", EPUB_PACKAGE_BYTES).decode("utf-8", "replace")
    return any(name in unquote(named) for name in chapters)


def _member_text(book: zipfile.ZipFile, name: str) -> str:
    return decode(_member(book, name, EPUB_PACKAGE_BYTES), fallback="utf-8") or ""


def _tree(text: str) -> HTMLTree:
    """One of the two files that describe the book. Element prefixes are removed, as HTML has none."""
    prefix = _PREFIX.search(text)
    if prefix is not None:
        text = text.replace(f"<{prefix[1]}:", "<").replace(f"</{prefix[1]}:", "</")
    return parsed(expand(text))


def _member(book: zipfile.ZipFile, name: str, limit: int) -> bytes:
    info = book.getinfo(name)
    with book.open(info) as file:
        data = file.read(limit + 1)
    # Measured on the output: the size that a zip file states may be false.
    allowed = max(UNPACK_RATIO_FREE_BYTES, UNPACK_RATIO * info.compress_size)
    if len(data) > limit or len(data) > allowed:
        raise Bomb(f"{name} has more than {limit:,} bytes or shrinks by more than {UNPACK_RATIO}:1")
    return data


def _all(package: HTMLTree, name: str) -> list[str]:
    """The package's values for a Dublin Core name, with the usual prefix or without one."""
    found = [e for e in children(package, "metadata") if (e.tag or "").rpartition(":")[2] == name]
    return [text for element in found if (text := " ".join((element.text or "").split()))]


def _first(package: HTMLTree, name: str) -> str:
    return next(iter(_all(package, name)), "")
