"""Office documents as untrusted zip files of XML: parts as streams of events, within limits."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import IO

from glaswerk.data.files.left_out import LeftOut
from glaswerk.data.files.limits import (
    OFFICE_BYTES,
    OFFICE_EVENTS,
    OFFICE_EVENTS_A_BYTE,
    UNPACK_RATIO,
    UNPACK_RATIO_FREE_BYTES,
)
from glaswerk.data.files.stored import Bomb
from glaswerk.data.files.xml_events import Event, xml_events

# A title or a name; what is longer is no metadata.
_VALUE = 1000


class Package:
    """The parts of one document. `names` are those of its members."""

    def __init__(self, book: zipfile.ZipFile) -> None:
        if any(info.flag_bits & 1 for info in book.infolist()):
            raise LeftOut("encrypted")
        self.names = frozenset(book.namelist())
        self._book = book
        self._left = OFFICE_BYTES

    def events(self, part: str) -> Iterator[Event]:
        """The XML events of a part. Raises Bomb beyond the limits, and what `xml_events` raises."""
        info = self._book.getinfo(part)
        left = max(OFFICE_EVENTS, OFFICE_EVENTS_A_BYTE * info.compress_size)
        with self._book.open(info) as file:
            for event in xml_events(_Bounded(self, file, info.compress_size)):
                left -= 1
                if left < 0:
                    raise Bomb("more elements than a document of its size has")
                yield event

    def values(self, part: str) -> dict[str, str]:
        """The text of each element of a part by its name, the first of each; none if the part is missing."""
        found: dict[str, str] = {}
        text = ""
        for name, what in self.events(part) if part in self.names else ():
            if name == "" and isinstance(what, str):
                text = (text + what)[:_VALUE]
            else:
                if what is None and text.strip():
                    found.setdefault(name, " ".join(text.split()))
                text = ""
        return found

    def spend(self, size: int) -> None:
        """Charge bytes that were unpacked to the limit for all parts."""
        self._left -= size
        if self._left < 0:
            raise Bomb(f"unpacks to more than {OFFICE_BYTES:,} bytes")


class _Bounded:
    """A part that is measured while it is read: the size that a zip file states may be false."""

    def __init__(self, package: Package, file: IO[bytes], packed: int) -> None:
        self._package, self._file = package, file
        self._allowed = max(UNPACK_RATIO_FREE_BYTES, UNPACK_RATIO * packed)

    def read(self, size: int = -1, /) -> bytes:
        piece = self._file.read(size)
        self._package.spend(len(piece))
        self._allowed -= len(piece)
        if self._allowed < 0:
            raise Bomb(f"unpacks to more than {UNPACK_RATIO}:1")
        return piece
