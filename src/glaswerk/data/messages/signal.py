"""Signal's conversations, as signal-export (JSON lines, markdown) and sigtop (JSON, text) write them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from glaswerk.core.ids import digest_text, short
from glaswerk.data.files.lines import read_list, read_objects
from glaswerk.data.files.stored import StoredFile
from glaswerk.data.messages.message import ExportedMessage, moment, sender
from glaswerk.data.messages.text_lines import text_lines
from glaswerk.data.times import parse_time

# The kinds of files that are read, as `signal_kind` names them.
SIGNAL = ("signal-lines", "signal-json", "signal-markdown", "signal-short", "signal-long")
_LINE = re.compile(rb'\s*\{"date": ?"[^"]*", ?"sender": ?"(?:[^"\\]|\\.)*", ?"body": ?"')
_RAW = re.compile(rb'\A\s*\[\s*\{.*?"conversationId"\s*:.*?"(?:sent_at|received_at)"\s*:', re.DOTALL)
_LONG = re.compile(rb"\s*Conversation: [^\n]+\n\s*From: [^\n]+\nType: \w+\nSent: ")
_PAGE = re.compile(rb"<div class=[\"']?msg(?: me)?[\"']?>\s*<span class=[\"']?date[\"']?>")
_MARKDOWN = re.compile(r"\[(\d{4}-\d\d-\d\d,? \d\d:\d\d(?::\d\d)?)\] ([^:]{1,80}?): ?(.*)", re.DOTALL)
_SHORT = re.compile(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d) ([^:]{1,80}?):(?: \[[^\]\n]{0,200}"
    r"(?:message|reply to|attachments?|edited)[^\]\n]{0,200}\])?(?: (.*))?",
    re.DOTALL,
)
_LEVELS = ("DEBUG", "INFO", "WARN", "WARNING", "ERROR", "NOTICE", "FATAL", "TRACE")
# What signal-export adds to a text: links to attachments, stickers, reactions.
_ADDED = re.compile(
    r"!?\[[^\[\]\n]{0,500}\]\(\.{1,2}/[^()\n]{0,1000}\) *|\n\(\( .{0,40} \)\)|\n\(- .{0,2000} -\)"
)
_FIELD = re.compile(r"(From|Type|Sent|Received|Attachment|Reaction|Edited|Conversation): (.*)")


def signal_kind(head: bytes, name: str) -> str:
    """signal-lines, -json, -markdown, -short, -long or -page, by the first bytes; "" for any other file."""
    if _LINE.match(head) and (b'"reactions"' in head or b'"attachments"' in head):
        return "signal-lines"
    if _RAW.match(head) and b'"type"' in head:
        return "signal-json"
    if _LONG.match(head.replace(b"\r\n", b"\n")):
        return "signal-long"
    if _PAGE.search(head):
        return "signal-page"
    lines = head[:8192].decode("utf-8", "replace").splitlines()
    if PurePosixPath(name.lower()).name in ("chat.md", "index.md") and any(
        map(_MARKDOWN.fullmatch, lines[:5])
    ):
        return "signal-markdown"
    found = [match[2] for line in lines[:40] if (match := _SHORT.fullmatch(line))]
    is_short = "You" in found and len(found) > 2 and not set(_LEVELS).intersection(found)
    return "signal-short" if is_short and 2 * len(found) >= len(lines[:40]) else ""


def read_signal(kind: str, stored: StoredFile, left_out: Counter[str]) -> Iterator[ExportedMessage]:
    """The messages of a conversation. `kind` comes from `signal_kind`."""
    place = PurePosixPath(stored.name)
    # signal-export writes a conversation as markdown and as JSON: equal messages get equal ids.
    within = str(place.parent) if kind in ("signal-lines", "signal-markdown") else str(place)
    label = place.parent.name or place.stem
    chat = f"{label}-{short(digest_text(within), 8)}"
    seen: Counter[str] = Counter()
    for author, text, time in _READERS[kind](stored):
        text = _ADDED.sub("", text).replace("\0", "").strip()
        if not text or text == "(This message was deleted)":
            left_out["system_message"] += 1
            continue
        key = short(digest_text(f"{author}\n{text}\n{time.isoformat() if time else ''}"), 12)
        seen[key] += 1
        yield ExportedMessage(f"signal:{chat}/{key}-{seen[key]}", sender(author), text, time)


_Said = Iterator[tuple[str, str, datetime | None]]


def _lines(stored: StoredFile) -> _Said:
    for _, row in read_objects(stored.stream, Path(stored.name)):
        yield _text(row.get("sender")), _text(row.get("body")), moment(row.get("date"))


def _raw(stored: StoredFile) -> _Said:
    for _, row in read_list(stored.stream, Path(stored.name)):
        written = row.get("type") in ("incoming", "outgoing")
        author = "You" if row.get("type") == "outgoing" else _source(row)
        yield author, _text(row.get("body")) if written else "", moment(row.get("sent_at"))


def _source(row: Mapping[str, Any]) -> str:
    keys = ("sourceName", "source", "sourceServiceId", "sourceUuid", "conversationId")
    return next((found for key in keys if (found := _text(row.get(key)))), "")


def _begun(pattern: re.Pattern[str]) -> Callable[[StoredFile], _Said]:
    """A reader of messages that begin with a line like `pattern`; other lines continue them."""

    def read(stored: StoredFile) -> _Said:
        head: tuple[str, str] | None = None
        words: list[str] = []
        for line in text_lines(stored):
            match = pattern.fullmatch(line)
            if match is None:
                words.append(line)
                continue
            if head:
                yield head[1], _unquoted(words), parse_time(head[0].replace(",", ""))
            head, words = (match[1], match[2]), [match[3] or ""]
        if head:
            yield head[1], _unquoted(words), parse_time(head[0].replace(",", ""))

    return read


def _unquoted(lines: list[str]) -> str:
    """Lines without the quotation before them: a message that is answered, in others' words."""
    start = next((n for n, line in enumerate(lines) if line.strip() and not line.startswith(">")), len(lines))
    quoted = any(line.startswith(">") for line in lines[:start])
    return "\n".join(lines[start:] if quoted else lines)


def _long(stored: StoredFile) -> _Said:
    """sigtop's text: fields, a blank line, a quotation behind `>`, the words."""
    fields: dict[str, str] = {}
    words: list[str] = []
    in_fields, blank = False, True
    for line in text_lines(stored):
        field = _FIELD.fullmatch(line)
        if field and blank and field[1] in ("From", "Conversation"):
            if "Type" in fields:
                yield _message(fields, words)
            fields, words, in_fields = {field[1]: field[2]}, [], True
        elif field and in_fields:
            fields[field[1]] = field[2]
        elif not line:
            in_fields = False
            words.append("")
        else:
            words.append(line)
        blank = not line
    if "Type" in fields:
        yield _message(fields, words)


def _message(fields: Mapping[str, str], words: list[str]) -> tuple[str, str, datetime | None]:
    # The newest version of an edited message is first, each behind a bar.
    versions = "\n".join(words).split("\n|\n| Version: ")[0].split("\n|\n", 2)
    text = "\n".join(line.removeprefix("|").removeprefix(" ") for line in versions[-1].split("\n"))
    text = text if "Edited" in fields else _unquoted(words)
    written = fields["Type"] in ("incoming", "outgoing")
    return fields.get("From", ""), text if written else "", _mail_time(fields.get("Sent", ""))


def _mail_time(said: str) -> datetime | None:
    try:
        return datetime.strptime(said, "%a, %d %b %Y %H:%M:%S %z")
    except ValueError:
        return parse_time(said)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


_READERS: Mapping[str, Callable[[StoredFile], _Said]] = {
    "signal-lines": _lines,
    "signal-json": _raw,
    "signal-markdown": _begun(_MARKDOWN),
    "signal-short": _begun(_SHORT),
    "signal-long": _long,
}
