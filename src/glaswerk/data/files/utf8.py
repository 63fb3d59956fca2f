"""Text files in UTF-16 or UTF-32, recognised by their byte order mark and read as UTF-8."""

from __future__ import annotations

import codecs
import io
from typing import Any

from glaswerk.data.files.stored import StoredFile

WIDE_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PIECE = 1 << 16


def wide_encoding(head: bytes) -> str:
    """`utf-32`, `utf-16`, or "" if the first bytes are neither mark."""
    if not head.startswith(WIDE_MARKS):
        return ""
    return "utf-32" if head.startswith(WIDE_MARKS[:2]) else "utf-16"


def as_utf8(stored: StoredFile) -> io.BufferedReader:
    """The file's bytes, converted to UTF-8 if a byte order mark says UTF-16 or UTF-32."""
    encoding = wide_encoding(stored.head)
    return io.BufferedReader(_Converted(stored.stream, encoding)) if encoding else stored.stream


def as_plain_utf8(stored: StoredFile) -> io.BufferedReader:
    """The file's bytes as UTF-8, without a byte order mark."""
    stream = as_utf8(stored)
    if stored.head.startswith(codecs.BOM_UTF8):
        stream.read(len(codecs.BOM_UTF8))
    return stream


class _Converted(io.RawIOBase):
    """A stream in UTF-16 or UTF-32, read as UTF-8. Bytes that do not decode become U+FFFD."""

    def __init__(self, stream: io.BufferedReader, encoding: str) -> None:
        self._stream = stream
        # This decoder also removes the byte order mark.
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            piece = self._stream.read(_PIECE)
            self._ready = self._decoder.decode(piece, final=not piece).encode("utf-8", "replace")
            if not piece:
                break
        part, self._ready = self._ready[: len(buffer)], self._ready[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)
