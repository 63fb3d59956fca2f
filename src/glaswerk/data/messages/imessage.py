"""iMessage conversations as imessage-exporter writes them: text, or a page (HTML).

A reply is written twice, below what it answers and in its own place; the first one is skipped.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape

from glaswerk.data.files.limits import TEXT_FILE_BYTES
from glaswerk.data.files.stored import StoredFile
from glaswerk.data.messages.message import ExportedMessage, sender
from glaswerk.data.messages.text_lines import text_lines

# The kinds of files, as `imessage_kind` names them.
IMESSAGE = ("imessage-text", "imessage-page")
_DATE = r"[A-Z][a-z]{2} \d{1,2}, \d{4}\s{1,3}\d{1,2}:\d{2}:\d{2} [AP]M"
_TIME = re.compile(rf"({_DATE})(?: \([^()\n]{{1,120}}\))?")
_AFTER_TIME = re.compile(rf"({_DATE}) (.*)")
_PAGE = re.compile(rb'<div class ?="message">\s*<div class="(?:sent|received)')
_ADDED = ("This message responded to an earlier message.", "Tapbacks:", "Reactions:")
_PATH = re.compile(r"(?:/|~/|attachments/|Attachments/).{0,1000}\.\w{2,5}")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]*)>|([^<]+)")
_CLASS = re.compile(r"""class ?= ?["']([^"']*)["']""")
_PARTS = ("timestamp", "sender", "bubble", "reactions", "tapbacks", "reply_context")
_SINGLE = ("br", "hr", "img", "meta", "link", "input", "source")


def imessage_kind(head: bytes) -> str:
    """imessage-text or imessage-page, by the first bytes; "" for any other file."""
    if _PAGE.search(head):
        return "imessage-page"
    lines = head[:4096].decode("utf-8", "replace").lstrip("\ufeff\r\n ").splitlines()[:3]
    complete = len(lines) == 3 and all(line.strip() for line in lines)
    return "imessage-text" if complete and _TIME.fullmatch(lines[0].strip()) else ""


def read_imessage(
    kind: str, stored: StoredFile, chat: str, left_out: Counter[str]
) -> Iterator[ExportedMessage]:
    """The messages of a conversation; joins, pictures and reactions without words count as system_message."""
    found = _text(stored) if kind == "imessage-text" else _page(stored)
    for number, (author, text, time) in enumerate(found, start=1):
        if text and author:
            yield ExportedMessage(f"imessage:{chat}/{number}", sender(author), text, time)
        else:
            left_out["system_message"] += 1


_Said = Iterator[tuple[str, str, datetime | None]]


def _text(stored: StoredFile) -> _Said:
    time: str = ""
    lines: list[str] = []
    inner = False
    for line in text_lines(stored):
        match = _TIME.fullmatch(line)
        if match or _AFTER_TIME.fullmatch(line):
            if time:
                yield _message(time, lines)
            # What follows a date on its line is no message: "You renamed the conversation".
            time, lines, inner = match[1] if match else "-", [], False
        elif line.startswith("    ") and (inner or _TIME.fullmatch(line.strip())):
            inner = True
        else:
            inner = inner and not line.strip()
            lines.append(line)
    if time:
        yield _message(time, lines)


def _message(time: str, lines: list[str]) -> tuple[str, str, datetime | None]:
    author, words = (lines[0].strip(), lines[1:]) if lines else ("", [])
    end = next((n for n, line in enumerate(words) if line.strip() in _ADDED), len(words))
    kept = [line for line in words[:end] if not _PATH.fullmatch(line.strip())]
    return (author if time != "-" else ""), "\n".join(kept).replace("\ufffc", "").strip(), _moment(time)


def _moment(said: str) -> datetime | None:
    try:
        return datetime.strptime(" ".join(said.split()), "%b %d, %Y %I:%M:%S %p").replace(tzinfo=UTC)
    except ValueError:
        return None


def _page(stored: StoredFile) -> _Said:
    """The messages of a page, by a look at its tags alone: it may be many megabytes long."""
    html = stored.whole(TEXT_FILE_BYTES).decode("utf-8", "replace")
    page = _Page()
    for match in _TAG.finditer(html):
        closing, name, rest, text = match.groups()
        if text:
            page.text(text)
        elif name.lower() == "br":
            page.text("\n")
        elif name.lower() not in _SINGLE:
            found = _CLASS.search(rest)
            yield from page.end() if closing else page.start(found[1] if found else "")
    yield from page.last()


class _Page:
    """Where in a page the reader is, and the message so far: its words by the part that they belong to."""

    def __init__(self) -> None:
        # Of each open element: its class, and the part that its words belong to.
        self._open: list[tuple[str, str]] = [("", "")]
        self._replies = 0
        self._said: dict[str, list[str]] | None = None

    def start(self, kind: str) -> _Said:
        """An element that begins; a message of its own ends the one before."""
        self._open.append((kind, kind if kind in _PARTS else self._open[-1][1]))
        self._replies += kind == "replies"
        if kind in ("message", "announcement") and not self._replies:
            yield from self.last()
            self._said = {}
        elif kind == "bubble":
            self.text("\n")

    def text(self, text: str) -> None:
        """Words inside the innermost element that has a meaning."""
        part = self._open[-1][1]
        if part and not self._replies and self._said is not None:
            self._said.setdefault(part, []).append(text)

    def end(self) -> _Said:
        """An element that ends."""
        if len(self._open) > 1:
            self._replies -= self._open.pop()[0] == "replies"
        yield from ()

    def last(self) -> _Said:
        """The message so far, if there is one."""
        if self._said is not None:
            said = {part: unescape("".join(words)).strip() for part, words in self._said.items()}
            time = _TIME.match(said.get("timestamp", ""))
            yield said.get("sender", ""), said.get("bubble", ""), _moment(time[1]) if time else None
        self._said = None
