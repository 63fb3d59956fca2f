"""Files as they are stored: compressed, in tar or zip files, nested; read as streams within limits.

Nothing is written to disk, and no name inside a container becomes a path on this machine. The type of a file
is detected from its first bytes. A layer that unpacks too far raises `Bomb`; damage raises one of `DAMAGE`.
"""

from __future__ import annotations

import bz2
import io
import lzma
import os
import struct
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Self, cast

import pyarrow as pa

from glaswerk.core.terminal import one_line
from glaswerk.data.files.gzip_members import GzipMembers
from glaswerk.data.files.limits import (
    CONTAINER_DEPTH,
    HELD_FILE_BYTES,
    TAR_HEADER_BYTES,
    UNPACK_RATIO,
    UNPACK_RATIO_FREE_BYTES,
    UNPACKED_BYTES,
)

# Enough to detect a format; the header row of a table or of a mail may be long.
HEAD = 1 << 16
_TAR_HEADERS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
# What readers of compressed files and containers raise on damage.
DAMAGE = (
    EOFError,
    OSError,
    ValueError,
    LookupError,
    OverflowError,
    RuntimeError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    pa.ArrowException,
    tarfile.TarError,
    zipfile.BadZipFile,
)
_OPENERS: dict[bytes, Callable[[BinaryIO], Any]] = {
    b"\x1f\x8b": GzipMembers,
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
    # Reads all frames and reports a truncated one; python-zstandard stops silently.
    b"\x28\xb5\x2f\xfd": lambda stream: pa.input_stream(stream, compression="zstd"),
}
# Books, office documents and web archives are special zip files, told by members that only they have.
_WACZ, _EPUB = "datapackage.json", "META-INF/container.xml"
_OPEN_XML = (("word/document", "docx"), ("xl/workbook.xml", "xlsx"), ("ppt/presentation.xml", "pptx"))
_OPEN_DOCUMENT = {"content.xml", "encrypted-package"}
# Other files of office programs, and programs; none is read.
_OTHER = ("[Content_Types].xml", "META-INF/manifest.xml", "META-INF/MANIFEST.MF", "AndroidManifest.xml")


class Bomb(OSError):
    """A file that unpacks to far more than content ever compresses by."""


class WideWindow(OSError):
    """A zstd file that needs more memory to unpack than the 128 MiB that are given to it."""

    def __init__(self) -> None:
        super().__init__("compressed with a window above 128 MiB (zstd --long)")


def damage_reason(error: BaseException, otherwise: str = "cut_off") -> str:
    """The reason under which an error of reading counts: bomb, wide_window, or `otherwise`."""
    return (
        "bomb" if isinstance(error, Bomb) else "wide_window" if isinstance(error, WideWindow) else otherwise
    )


def _exact(error: Exception) -> Exception:
    """The error, or WideWindow where zstd's own words say it."""
    wide = "Frame requires too much memory" in str(error)
    return WideWindow() if wide else error


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file: its name prefixed with its containers' names, its stream, and its first bytes (`head`).

    `book` is the open zip file if this is an EPUB or an office document; `inside` is true if the file is in a
    container.
    """

    name: str
    stream: io.BufferedReader
    head: bytes
    inside: bool = False
    book: zipfile.ZipFile | None = None

    def charge(self, size: int) -> None:
        """Count `size` bytes as unpacked, for what each row costs beside its bytes."""
        if isinstance(self.stream.raw, _Layer):
            self.stream.raw.count += size

    def whole(self, limit: int = HELD_FILE_BYTES) -> bytes:
        """All bytes of the file. Raises Bomb if there are more than `limit`."""
        data = self.stream.read(limit + 1)
        if len(data) > limit:
            raise Bomb(f"more than {limit:,} bytes")
        return data


class _Layer(io.RawIOBase):
    """A stream with its first bytes put back (and the error after them), measured against its source."""

    def __init__(
        self,
        stream: Any,
        head: bytes,
        fault: Exception | None,
        packed: Callable[[], int] | None,
        spend: Callable[[int], None],
    ) -> None:
        self._stream, self._head, self._fault = stream, head, fault
        self._packed, self._spend = packed, spend
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        if not piece and self._fault is not None:
            raise self._fault
        piece = piece or self._read(len(buffer))
        buffer[: len(piece)] = piece
        self.count += len(piece)
        self._spend(len(piece))
        if self._packed and self.count > max(UNPACK_RATIO_FREE_BYTES, UNPACK_RATIO * self._packed()):
            raise Bomb(f"unpacks to more than {UNPACK_RATIO}:1")
        return len(piece)

    def _read(self, size: int) -> bytes:
        try:
            return cast(bytes, self._stream.read1(size))
        except OSError as error:
            raise _exact(error) from error


def _head(stream: Any) -> tuple[bytes, Exception | None]:
    """The first bytes of a stream, and the error that it raised if it is damaged so early."""
    head = b""
    try:
        # One piece at a time: `read` would lose the bytes before the damage.
        while len(head) < HEAD and (piece := stream.read1(HEAD - len(head))):
            head += piece
    except DAMAGE as error:
        return head, _exact(error)
    return head, None


class Unpacker:
    """Opens compressed files and containers; `counts` has what was left out, as in DAMAGE_REASONS."""

    def __init__(self, counts: Counter[str]) -> None:
        self.counts = counts
        self._left = 0

    def files(self, file: BinaryIO, name: str) -> Iterator[StoredFile]:
        """The files in `file`, or `file` alone. Each must be read before the next one is requested.

        Reading a file may raise one of DAMAGE: pass the error to `damaged`, which counts it.
        """
        self._left = max(UNPACKED_BYTES, UNPACK_RATIO * os.fstat(file.fileno()).st_size)
        yield from self._open(file, name, CONTAINER_DEPTH, inside=False, packed=None)

    def damaged(self, error: BaseException) -> None:
        """Count an error that reading a file raised, as `damage_reason` names it."""
        self.counts[damage_reason(error)] += 1

    def _spend(self, size: int) -> None:
        """Charge `size` bytes to the limit per input file; members of a zip file may overlap."""
        self._left -= size
        if self._left < 0:
            raise Bomb(f"unpacks to more than {UNPACKED_BYTES:,} bytes and {UNPACK_RATIO}:1")

    def _open(
        self,
        raw: BinaryIO,
        name: str,
        depth: int,
        *,
        inside: bool,
        packed: Callable[[], int] | None,
        compressed: bool = False,
    ) -> Iterator[StoredFile]:
        """The files in a stream that is `depth` layers from the deepest one that is read.

        Compression around a tar file (.tar.gz) is no layer of its own.
        """
        try:
            head, fault = _head(raw)
            depth += compressed and is_tar(head)
            stream, layer = self._rewound(raw, head, fault, packed)
            opener = packing(head)
            if depth == 0 and (opener is not None or is_tar(head)):
                self.counts["nested_container"] += 1
            elif opener is not None:
                with opener(stream) as unpacked:
                    # Measured against the outermost file, because gz in gz multiplies the ratio.
                    outer = packed or layer
                    yield from self._open(
                        unpacked, name, depth - 1, inside=inside, packed=outer, compressed=True
                    )
            elif is_tar(head):
                yield from self._tar(stream, name, depth)
            elif head.startswith(b"PK\x03\x04"):
                yield from self._zip(stream, name, depth, head, inside=inside)
            else:
                yield StoredFile(name, stream, head, inside)
        except DAMAGE as error:
            self.damaged(error)

    def _rewound(
        self, raw: BinaryIO, head: bytes, fault: Exception | None, packed: Callable[[], int] | None
    ) -> tuple[io.BufferedReader, Callable[[], int]]:
        """The stream at its start, and a function that returns how far it has been read."""
        if isinstance(raw, io.BufferedReader) and isinstance(raw.raw, io.FileIO):
            raw.seek(0)
            return raw, raw.tell
        layer = _Layer(raw, head, fault, packed, self._spend)
        return io.BufferedReader(layer, HEAD), lambda: layer.count

    def _tar(self, stream: io.BufferedReader, name: str, depth: int) -> Iterator[StoredFile]:
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=BoundedMember) as container:
            for member in container:
                file = container.extractfile(member) if member.isreg() else None
                if file is not None:
                    inner = f"{name}/{one_line(member.name)}"
                    yield from self._open(cast(BinaryIO, file), inner, depth - 1, inside=True, packed=None)

    def _zip(
        self, stream: io.BufferedReader, name: str, depth: int, head: bytes, *, inside: bool
    ) -> Iterator[StoredFile]:
        seekable: BinaryIO = stream
        if not isinstance(stream.raw, io.FileIO):
            seekable = io.BytesIO(StoredFile(name, stream, head).whole())
        with zipfile.ZipFile(seekable) as container:
            _refuse_overlaps(container)
            names = set(container.namelist())
            if book_format(names):
                yield StoredFile(name, stream, head, inside, container)
            elif names.intersection(_OTHER):
                self.counts["unsupported_file"] += 1
            elif depth == 0:
                self.counts["nested_container"] += 1
            else:
                web = _WACZ in names and any(n.startswith("archive/") for n in names)
                for info in container.infolist():
                    if not info.is_dir() and (not web or info.filename.startswith("archive/")):
                        yield from self._member(container, info, name, depth)

    def _member(
        self, container: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, depth: int
    ) -> Iterator[StoredFile]:
        if info.flag_bits & 1:
            self.counts["encrypted"] += 1
            return
        try:
            with container.open(info) as file:
                inner = f"{name}/{one_line(info.filename)}"
                packed = info.compress_size
                yield from self._open(
                    cast(BinaryIO, file), inner, depth - 1, inside=True, packed=lambda: packed
                )
        except DAMAGE as error:
            self.damaged(error)


def _refuse_overlaps(container: zipfile.ZipFile) -> None:
    """Raise Bomb for a zip file whose members share bytes: a small file could unpack without end."""
    end = -1
    for info in sorted(container.infolist(), key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise Bomb("members of a zip file that share bytes")
        end = info.header_offset + info.compress_size


class BoundedMember(tarfile.TarInfo):
    """A tar member whose headers are complete and of limited size.

    tarfile takes a broken header for the end of the file; here it is an error, one of DAMAGE.
    """

    @classmethod
    def fromtarfile(cls, container: tarfile.TarFile) -> Self:
        """The next member. Raises tarfile.ReadError for a broken or truncated header."""
        try:
            return super().fromtarfile(container)
        except (tarfile.InvalidHeaderError, tarfile.TruncatedHeaderError) as error:  # type: ignore[attr-defined]
            raise tarfile.ReadError(f"a member's header: {error}") from error

    def _proc_member(self, container: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in _TAR_HEADERS and self.size > TAR_HEADER_BYTES:
            raise tarfile.ReadError(f"a header of {self.size:,} bytes")
        return super()._proc_member(container)  # type: ignore[misc, no-any-return]


def book_format(names: Collection[str]) -> str:
    """The format of a zip file with members of these names: epub, docx, xlsx, pptx or odf; "" if none."""
    if _EPUB in names:
        return "epub"
    if "META-INF/manifest.xml" in names and _OPEN_DOCUMENT.intersection(names):
        return "odf"
    found = [each for beginning, each in _OPEN_XML if any(name.startswith(beginning) for name in names)]
    return found[0] if found and "[Content_Types].xml" in names else ""


def packing(head: bytes) -> Callable[[BinaryIO], Any] | None:
    """The opener for the compression that a file's first bytes show; None if it is not compressed."""
    return next((opener for magic, opener in _OPENERS.items() if head.startswith(magic)), None)


def is_tar(head: bytes) -> bool:
    """Whether a file's first bytes are those of a tar file."""
    return head[257:262] == b"ustar"
