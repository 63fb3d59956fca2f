"""The records of a WARC file, found again after a record whose length is wrong.

A record is whole if the next one, or the end of the file, follows its stated length. Otherwise only that one
is lost: reading goes on at the next line "WARC/1.…" that a header follows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader

from glaswerk.data.files.limits import PAGE_BYTES, WARC_HEADER_BYTES
from glaswerk.data.files.stored import DAMAGE

# What is held of one record. A longer page is too big, whatever comes after.
_HELD = PAGE_BYTES + WARC_HEADER_BYTES
_PIECE = 1 << 20
_MAGIC = re.compile(rb"WARC/\d\.\d{1,2}[ \t]*\r?\n")
_START = re.compile(rb"(?:\r?\n)WARC/\d\.\d{1,2}[ \t]*\r?\n(?=WARC-|Content-)", re.IGNORECASE)
_BLANK = re.compile(rb"[\r\n]*+")
_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"^content-length[ \t]*:[ \t]*(\d{1,15})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_TYPE = re.compile(rb"^warc-type[ \t]*:[ \t]*([a-z]+)", re.IGNORECASE | re.MULTILINE)
# Longer than the line that begins a record, so that a search never misses one between two pieces.
_OVERLAP = 64


@dataclass(frozen=True, slots=True)
class FramedRecord:
    """A record's type, its header, and its body or as much of it as is held: the rest is then `cut`."""

    kind: str
    header: bytes
    body: bytes
    cut: bool = False


def framed(stream: BufferedReader, counts: Counter[str]) -> Iterator[FramedRecord]:
    """Whole records in order; broken ones are counted as broken_record, one at the end as cut_off.

    Raises one of DAMAGE at the end if the stream did.
    """
    reader = _Reader(stream, counts)
    yield from reader.records()
    if reader.error is not None:
        raise reader.error


class _Reader:
    """Bytes of the stream that have been read and not yet used."""

    def __init__(self, stream: BufferedReader, counts: Counter[str]) -> None:
        self._stream, self._counts = stream, counts
        self._data = bytearray()
        self._ended = False
        self.error: Exception | None = None

    def _fill(self, size: int) -> None:
        """Hold at least `size` bytes, if there are as many."""
        while len(self._data) < size and not self._ended:
            try:
                # `read` would lose the bytes before the damage.
                piece = self._stream.read1(_PIECE)
            except DAMAGE as error:
                self.error, piece = error, b""
            self._ended = not piece
            self._data += piece

    def records(self) -> Iterator[FramedRecord]:
        """Every whole record."""
        while self._skip_blank():
            end = self._header_end()
            if end < 0:
                self._lose(1)
                continue
            header = bytes(self._data[:end])
            found, next_start = _LENGTH.search(header), _START.search(header)
            if found is None or next_start is not None:
                self._lose(next_start.start() if next_start is not None else end - 2)
                continue
            length = int(found[1])
            record = self._held(header, length) if length <= _HELD else self._long(header, length)
            if record is not None:
                yield record

    def _skip_blank(self) -> bool:
        """Whether more than line ends is left."""
        while True:
            self._fill(_OVERLAP)
            del self._data[: _BLANK.match(self._data).end()]  # type: ignore[union-attr]
            if self._data or self._ended:
                return bool(self._data)

    def _header_end(self) -> int:
        """Where the header ends; -1 if no record begins here."""
        if not _MAGIC.match(self._data):
            return -1
        self._fill(WARC_HEADER_BYTES)
        found = _END.search(self._data, 0, WARC_HEADER_BYTES)
        return found.end() if found else -1

    def _held(self, header: bytes, length: int) -> FramedRecord | None:
        """A record of moderate length; None, counted, if its length is wrong."""
        end = len(header) + length
        self._fill(end + _OVERLAP)
        if len(self._data) < end or not self._ends_at(len(header), end):
            self._lose(len(header) - 2)  # a record may begin right after the header
            return None
        body = bytes(self._data[len(header) : end])
        del self._data[:end]
        return FramedRecord(_kind(header), header, body)

    def _ends_at(self, start: int, end: int) -> bool:
        """Whether a body ends there: before a record, or before blank lines with no record in the body."""
        blank = self._data[end : end + _OVERLAP].startswith((b"\r\n\r\n", b"\n\n"))
        return self._is_border(end) or (blank and not _START.search(self._data, start, end))

    def _is_border(self, place: int) -> bool:
        after = self._data[place : place + _OVERLAP].lstrip(b"\r\n")
        return (not after and self._ended) or bool(_MAGIC.match(after)) or (not after and not self._ended)

    def _long(self, header: bytes, length: int) -> FramedRecord | None:
        """A record too long to hold: its beginning; None, counted, if another record begins inside it."""
        self._fill(len(header) + _HELD)
        body = bytes(self._data[len(header) : len(header) + _HELD])
        left = len(header) + length
        place = len(header)
        while left > 0:
            self._fill(_PIECE)
            found = _START.search(self._data, place, min(left, len(self._data)))
            if found is not None:
                del self._data[: found.start()]
                self._counts["broken_record"] += 1
                return None
            if self._ended and len(self._data) < left:
                self._data.clear()
                self._counts["cut_off"] += self.error is None
                return None
            # The last bytes may be the beginning of a line that begins a record.
            used = min(left, max(len(self._data) - _OVERLAP, 0)) if left > len(self._data) else left
            del self._data[:used]
            left, place = left - used, 0
        self._fill(_OVERLAP)
        if self._is_border(0):
            return FramedRecord(_kind(header), header, body, cut=True)
        self._counts["broken_record"] += 1
        return None

    def _lose(self, start: int) -> None:
        """Count a broken record and go on at the next line, from `start`, that begins one."""
        while True:
            self._fill(start + _PIECE)
            found = _START.search(self._data, start)
            if found is not None:
                del self._data[: found.start()]
                self._counts["broken_record"] += 1
                return
            if self._ended:
                self._data.clear()
                # Damage is counted by who catches the error.
                self._counts["cut_off"] += self.error is None
                return
            del self._data[: max(len(self._data) - _OVERLAP, 0)]
            start = 0


def _kind(header: bytes) -> str:
    found = _TYPE.search(header)
    return found[1].decode().lower() if found else ""
