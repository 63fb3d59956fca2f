"""Gzip files, member by member. Each record of a web archive (WARC) is one, so a damaged one is skipped."""

from __future__ import annotations

import io
import zlib
from typing import Any

_MAGIC = b"\x1f\x8b\x08"
_PIECE = 1 << 16
_WEB = b"WARC/"
# Reads as a record without a length, which the reader of web archives counts as broken.
_LOST = b"\r\n\r\nWARC/1.0\r\n\r\n"
# Each failure may unpack something before it fails.
_FAILURES = 1000
# Packed bytes of one member that are held until it has ended.
_KEPT = 4 << 20


class GzipMembers(io.RawIOBase):
    """The unpacked bytes of all members. Raises OSError, EOFError or zlib.error for damage.

    In a file that begins as a web archive, reading goes on at the next member that can be unpacked.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._data, self._place, self._ended = b"", 0, False
        self._member: Any = None
        self._begin, self._failures = b"", 0
        self._whole = True

    def readable(self) -> bool:
        """True, as for every stream that is read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a part of `buffer`; 0 at the end."""
        piece = self.read1(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def read1(self, size: int = _PIECE) -> bytes:
        """Some unpacked bytes, at most `size`; empty at the end."""
        size = max(size, 1)
        while self._fill() or self._member is not None:
            try:
                piece = self._unpack(size)
            except (zlib.error, EOFError):
                self._failures += 1
                if self._begin != _WEB or self._failures > _FAILURES or not self._skip():
                    self._member = None
                    self._place = len(self._data)
                    raise
                return _LOST[:size]
            if piece:
                self._begin = self._begin or piece[: len(_WEB)]
                return piece
        return b""

    def _fill(self) -> bool:
        """Whether packed bytes are left."""
        if self._place == len(self._data) and not self._ended:
            piece = self._stream.read(_PIECE)
            self._ended = not piece
            # What a damaged member swallowed may hold the next ones.
            keep = self._member is not None and self._begin == _WEB and len(self._data) < _KEPT
            self._data, self._place = (self._data + piece, self._place) if keep else (piece, 0)
            self._whole = self._whole and (keep or self._member is None)
        return self._place < len(self._data)

    def _unpack(self, size: int) -> bytes:
        if self._member is None:
            if not self._data[self._place]:  # padding
                self._place += 1
                return b""
            self._data, self._place, self._whole = self._data[self._place :], 0, True
            self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        piece: bytes = self._member.decompress(memoryview(self._data)[self._place :], size)
        ended = self._member.eof
        left = self._member.unused_data if ended else self._member.unconsumed_tail
        self._place = len(self._data) - len(left)
        if not ended and not piece and self._ended:
            raise EOFError("a gzip member ends before its end mark")
        self._member = None if ended else self._member
        return piece

    def _skip(self) -> bool:
        """Go to the next bytes, after the first of this member, that may begin another."""
        place = 1 if self._whole else 0
        self._member = None
        while (found := self._data.find(_MAGIC, place)) < 0:
            piece = self._stream.read(_PIECE)
            if not piece:
                self._ended = True
                return False
            self._data, place = self._data[1 - len(_MAGIC) :] + piece, 0
        self._place = found
        return True
