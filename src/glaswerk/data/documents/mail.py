"""Mail from mailboxes (mbox) and single messages (.eml): one private document per message.

Only what the sender wrote is kept: the plain part, or the HTML part as text if there is no plain one.
Removed, in this order: everything from a line that starts a forwarded or fully quoted message ("-----Original
Message-----"), the signature (from a line "-- ", RFC 3676), quoted lines (">"), and the line before them that
names who is quoted ("On … wrote:").
"""

from __future__ import annotations

import codecs
import email
import email.errors
import email.header
import email.utils
import re
from collections import Counter
from collections.abc import Iterator
from email.message import Message
from typing import Any, BinaryIO

from glaswerk.data.documents.html import decode, plain_text
from glaswerk.data.files.limits import MAIL_BYTES, MAIL_LINE_BYTES

_SEPARATOR = re.compile(rb"From \S.*\d{4}\s*$")
_APPLE_SIZE = re.compile(rb"[ \t]*+(\d{1,9})[ \t]*+\r?\n")
_ESCAPED = re.compile(rb">+From ")
_REPLY = re.compile(r"^\s*(?:re|aw|sv|fwd?|wg)\s*(?:\[\d+\])?:", re.IGNORECASE)
_FORWARDED = re.compile(
    r"^(?:-{2,} ?(?:Original Message|Ursprüngliche Nachricht|Forwarded message|Weitergeleitete Nachricht|"
    r"Message d'origine|Mensaje original) ?-{2,}|Begin forwarded message:|_{20,})\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)
_QUOTED_HTML = ("blockquote", ".gmail_quote", ".gmail_signature", ".moz-cite-prefix", ".moz-signature")
_MESSAGE_ID = re.compile(r"<([^<>\s]+)>")


def read_mbox(
    stream: BinaryIO, counts: Counter[str], encoding: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(key, fields) of every message in a mailbox, in its order."""
    for number, data in enumerate(_messages(stream, counts), start=1):
        row = read_message(data, counts, encoding)
        if row is not None:
            yield f"#{number}", row


def read_message(data: bytes, counts: Counter[str], encoding: str = "") -> dict[str, Any] | None:
    """Fields of one message; None, counted, if it has no text of its own or cannot be read.

    `encoding` applies to parts that declare none and are not UTF-8.
    """
    try:
        return _fields(email.message_from_bytes(_from_header(data)), counts, encoding)
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
        AssertionError,
        email.errors.MessageError,
    ):
        # Errors that the standard library's parser is known to raise on hostile mail.
        counts["broken_record"] += 1
        return None


def _from_header(data: bytes) -> bytes:
    """A message from its first header on. Apple Mail writes a size before it and a property list after it."""
    data = data.removeprefix(codecs.BOM_UTF8)
    size = _APPLE_SIZE.match(data)
    if size is not None:
        data = data[size.end() : size.end() + int(size[1])]
    return data.lstrip(b" \t\r\n")


def _messages(stream: BinaryIO, counts: Counter[str]) -> Iterator[bytes]:
    """The bytes of each message; a line "From …" after a blank line starts the next one."""
    lines: list[bytes] = []
    size, blank, begun = 0, True, False
    while line := stream.readline(MAIL_LINE_BYTES):
        if blank and _SEPARATOR.match(line):
            yield from _whole(lines, size, counts)
            lines, size, begun = [], 0, True
        elif begun:
            size += len(line)
            if size <= MAIL_BYTES:
                # A mailbox writes "From" at the start of a line of text as ">From".
                lines.append(
                    line[1:] if line.lstrip(b">").startswith(b"From ") and line[:1] == b">" else line
                )
        blank = not line.strip()
    yield from _whole(lines, size, counts)


def _whole(lines: list[bytes], size: int, counts: Counter[str]) -> Iterator[bytes]:
    if size > MAIL_BYTES:
        counts["too_big"] += 1
    elif lines:
        yield b"".join(lines)


def _fields(message: Message, counts: Counter[str], encoding: str) -> dict[str, Any] | None:
    body = _body(message, encoding)
    if body is None:
        counts["unknown_encoding"] += 1
        return None
    text = own_words(body)
    if not text:
        counts["no_text"] += 1
        return None
    name, address = email.utils.parseaddr(_header(message, "From"))
    subject = " ".join(_header(message, "Subject").split())
    return {
        "text": text,
        "title": "" if _REPLY.match(subject) else subject,
        "kind": "page",
        "id": _identifier(message, "Message-ID"),
        "reply_to": _identifier(message, "In-Reply-To"),
        "author": name or address,
        "date": _date(message),
        "lang": _header(message, "Content-Language").partition(",")[0],
        "audience": "private",
    }


def own_words(text: str) -> str:
    """A message without quoted history and signature, by the rule in this module's docstring."""
    text = text.replace("\r\n", "\n")
    for pattern in (_FORWARDED, _SIGNATURE):
        match = pattern.search(text)
        text = text[: match.start()] if match else text
    kept: list[str] = []
    for line in text.split("\n"):
        if not line.startswith(">"):
            kept.append(line.rstrip())
        elif not (kept and kept[-1] == _GAP):
            _drop_attribution(kept)
            kept.append(_GAP)
    return re.sub(r"\n{3,}", "\n\n", "\n".join("" if line == _GAP else line for line in kept)).strip()


# Marks a run of quoted lines; a text that contains this line loses only that line.
_GAP = "\0"


def _drop_attribution(kept: list[str]) -> None:
    """Remove the one or two last lines that say who is quoted: they end in a colon."""
    last = len(kept)
    while last and not kept[last - 1].strip():
        last -= 1
    if last and kept[last - 1].endswith(":") and len(kept[last - 1]) < 200:
        start = last - 1
        # Many programs wrap "On Monday, somebody\n<address> wrote:".
        if start and kept[start - 1].strip() and re.match(r"(On|Am|Le|El|Il) ", kept[start - 1]):
            start -= 1
        del kept[start:]


def _body(message: Message, encoding: str) -> str | None:
    """The first plain text part that is not an attachment, else the first HTML part; None if undecodable."""
    html: Message | None = None
    for part in message.walk():
        if part.is_multipart() or part.get_filename() or part.get_content_disposition() == "attachment":
            continue
        kind = part.get_content_type()
        if kind == "text/plain":
            return _decoded(part, encoding)
        if kind == "text/html" and html is None:
            html = part
    if html is None:
        return ""
    text = _decoded(html, encoding)
    return None if text is None else plain_text(text, skip=_QUOTED_HTML)


def _decoded(part: Message, encoding: str) -> str | None:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    return decode(data, part.get_content_charset() or "", encoding)


def _header(message: Message, name: str) -> str:
    """A header with its encoded words decoded."""
    value = message.get(name)
    if value is None:
        return ""
    pieces = email.header.decode_header(str(value))
    return "".join(
        piece if isinstance(piece, str) else decode(piece, charset or "", "utf-8") or ""
        for piece, charset in pieces
    )


def _identifier(message: Message, name: str) -> str:
    match = _MESSAGE_ID.search(str(message.get(name) or ""))
    return match[1] if match else ""


def _date(message: Message) -> str:
    value = str(message.get("Date") or "")
    try:
        return email.utils.parsedate_to_datetime(value).isoformat() if value else ""
    except (ValueError, TypeError, OverflowError, IndexError):
        return value
