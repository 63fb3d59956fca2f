"""Pages that only lead to other files: the start page of an export, the index of a folder."""

from __future__ import annotations

import re
from html import unescape
from pathlib import PurePosixPath

# Start pages of exports of Google, Facebook and Instagram, X, and others.
_START = ("archive_browser.html", "start_here.html", "your archive.html", "your_archive.html")
_INDEX = ("index.html", "index.htm", "start.html", "home.html", "contents.html", "toc.html")
_UNSEEN = re.compile(r"<(script|style|head|title)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL | re.I)
_LINK = re.compile(r"<a\b[^<>]*>(.*?)(?:</a\s*>|\Z)", re.DOTALL | re.I)
_TAG = re.compile(r"<[^<>]*>")
# Words outside links: a heading, a date, a line of who made it.
_LINKED, _FEW = 0.8, 40


def is_navigation(name: str, html: str) -> bool:
    """Whether a page is an export's start page by its name, or an index whose words are nearly all links."""
    base = PurePosixPath(name).name.lower()
    if base in _START:
        return True
    if base not in _INDEX:
        return False
    seen = _UNSEEN.sub(" ", html)
    words = _words(seen)
    linked = sum(_words(link) for link in _LINK.findall(seen))
    return linked > 2 and linked >= _LINKED * words and words - linked <= _FEW


def _words(html: str) -> int:
    return len(unescape(_TAG.sub(" ", html)).split())
