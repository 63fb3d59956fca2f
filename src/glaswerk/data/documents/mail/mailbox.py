"""The messages of a mailbox (mbox), whichever of its dialects wrote it: mboxo, mboxrd, mboxcl or mboxcl2.

A line "From … 2015" begins a message if a header follows it. Most mailboxes quote such lines in text
(">From"); those that do not state the length of each message, which is believed if a message begins where it
ends.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO

from glaswerk.data.documents.mail.message import read_message
from glaswerk.data.files.limits import MAIL_BYTES, MAIL_HEADER_BYTES, MAIL_LINE_BYTES

_SEPARATOR = re.compile(rb"From \S.*\d{4}\s*$")
_DATED = re.compile(
    rb"From .*?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\w*[ ,]"
    rb".*\d{1,2}:\d\d.*\d{4}"
)
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
_LENGTH = re.compile(rb"content-length[ \t]*:[ \t]*(\d{1,9})[ \t]*\r?\n", re.IGNORECASE)
# A header of these alone is one that a person pasted into a text.
_PASTED = frozenset((b"from", b"to", b"cc", b"bcc", b"subject", b"sent", b"reply-to"))
_DATING = frozenset((b"date", b"message-id"))
_HEADER_LINES = 100
_SEPARATOR_BYTES = 1000
# A mailbox whose lengths were wrong this often does not state them for its own line ends.
_WRONG_LENGTHS = 3


def read_mbox(
    stream: BinaryIO, counts: Counter[str], encoding: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(key, fields) of every message in a mailbox, in its order."""
    for number, data in enumerate(_Mailbox(stream, counts).messages(), start=1):
        row = read_message(data, counts, encoding)
        if row is not None:
            yield f"#{number}", row


class _Lines:
    """Lines of a stream, in pieces of MAIL_LINE_BYTES, that can be looked at before they are read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._ahead: deque[bytes] = deque()
        self._front = BytesIO()

    def next(self) -> bytes:
        """The next line; empty at the end."""
        return self._ahead.popleft() if self._ahead else self._line()

    def peek(self, number: int) -> bytes:
        """The line after `number` others; empty at the end."""
        while len(self._ahead) <= number:
            self._ahead.append(self._line())
        return self._ahead[number]

    def read(self, size: int) -> bytes:
        """The next `size` bytes, or fewer at the end."""
        data = b"".join(self._ahead)
        self._ahead.clear()
        if len(data) < size:
            data += self._front.read(size - len(data))
        if len(data) < size:
            data += self._stream.read(size - len(data))
        self._ahead.extend(BytesIO(data[size:]))
        return data[:size]

    def back(self, data: bytes) -> None:
        """Return bytes that `read` gave."""
        self._front = BytesIO(data + b"".join(self._ahead) + self._front.read())
        self._ahead.clear()

    def _line(self) -> bytes:
        line = self._front.readline(MAIL_LINE_BYTES)
        if line.endswith(b"\n") or len(line) == MAIL_LINE_BYTES:
            return line
        return line + self._stream.readline(MAIL_LINE_BYTES - len(line))


class _Mailbox:
    """Messages one by one. A message over MAIL_BYTES is counted as too_big."""

    def __init__(self, stream: BinaryIO, counts: Counter[str]) -> None:
        self._lines, self._counts = _Lines(stream), counts
        self._pattern: re.Pattern[bytes] | None = None
        self._dates = False
        self._wrong_lengths = 0

    def messages(self) -> Iterator[bytes]:
        """The bytes of each message, without its separator."""
        data, size, blank, begun = bytearray(), 0, True, False
        in_header, length = False, -1
        while line := self._lines.next():
            if self._is_separator(line, blank):
                yield from self._whole(data, size)
                data, size, begun, in_header, length = bytearray(), 0, True, True, -1
            elif begun:
                size += len(line)
                if size <= MAIL_BYTES:
                    data += _unquoted(line)
                found = _LENGTH.match(line) if in_header else None
                length = int(found[1]) if found else length
                if in_header and not line.strip():
                    in_header = False
                    stated = self._stated(length)
                    data += stated
                    size += len(stated)
            blank = not line.strip()
        yield from self._whole(data, size)

    def _whole(self, data: bytearray, size: int) -> Iterator[bytes]:
        if size > MAIL_BYTES:
            self._counts["too_big"] += 1
        elif data:
            yield bytes(data)

    def _is_separator(self, line: bytes, blank: bool) -> bool:
        if not line.startswith(b"From ") or len(line) > _SEPARATOR_BYTES:
            return False
        if self._pattern is None:
            # If the first line states a full date, so do all.
            if not _SEPARATOR.match(line):
                return False
            self._pattern = _DATED if _DATED.match(line) else _SEPARATOR
            self._dates = bool(self._fields() & _DATING)
            return True
        if not self._pattern.match(line) or not (blank or _DATED.match(line)):
            return False
        fields = self._fields()
        return bool(fields - _PASTED if self._dates else fields)

    def _fields(self) -> set[bytes]:
        """Names of the header fields that come next."""
        found: set[bytes] = set()
        for number in range(_HEADER_LINES):
            line = self._lines.peek(number)
            field = _FIELD.match(line[:MAIL_HEADER_BYTES])
            if field is not None:
                found.add(field[1].lower())
            elif not found or not line.startswith((b" ", b"\t")):
                break
        return found

    def _stated(self, length: int) -> bytes:
        """The body of the stated length, if a message or the end of the file follows it; else nothing."""
        if not 0 < length <= MAIL_BYTES or self._wrong_lengths >= _WRONG_LENGTHS:
            return b""
        data = self._lines.read(length)
        after = 0
        while after < 2 and self._lines.peek(after).strip(b"\r\n") == b"" and self._lines.peek(after):
            after += 1
        follows = self._lines.peek(after)
        if len(data) == length and (not follows or _SEPARATOR.match(follows)):
            # mboxcl2 quotes nothing; mboxcl quotes every line that begins so.
            plain = re.search(rb"^From ", data, re.MULTILINE)
            return data if plain else re.sub(rb"^>(>*From )", rb"\1", data, flags=re.MULTILINE)
        self._wrong_lengths += 1
        self._lines.back(data)
        return b""


def _unquoted(line: bytes) -> bytes:
    """A mailbox writes "From" at the start of a line of text as ">From"."""
    return line[1:] if line[:1] == b">" and line.lstrip(b">").startswith(b"From ") else line
