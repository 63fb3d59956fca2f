"""Dumps of JSON as untrusted input: plain or compressed, in tar or zip files, a value a line or a file.

Everything is read as a stream within limits; no name inside a container becomes a path on this machine.
What is broken or cut off is counted, and reading goes on behind it: a dump of a live stream that was
recorded for months has both.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.archive import not_regular

# A post is below 100 kB with all that hangs on it, a page of a hundred below 10 MB. JSON of empty lists takes
# 28 times its size once parsed, so these limits keep a hostile file below 1.5 GB.
LINE_LIMIT = 16 << 20
# A file that is one value must be parsed as a whole.
VALUE_LIMIT = 48 << 20
# Zip needs its index, so one inside another container is held in memory.
_ZIP_LIMIT = 1 << 29
# tar of zip of gz is as deep as recordings go; deeper ones are made to exhaust the reader.
_DEPTH = 4
_HEAD = 262
# Long names and attributes of a member of a tar file, which tarfile reads whole.
_TAR_HEADER_LIMIT = 1 << 20
_TAR_HEADERS = (
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)  # fmt: skip
# What the readers of compressed files and containers raise on damage.
DAMAGE = (
    EOFError, OSError, ValueError, LookupError, OverflowError, RuntimeError, struct.error, zlib.error,
    lzma.LZMAError, pa.ArrowException, tarfile.TarError, zipfile.BadZipFile,
)  # fmt: skip
_OPENERS: dict[bytes, Callable[[BinaryIO], Any]] = {
    b"\x1f\x8b": lambda stream: gzip.GzipFile(fileobj=stream),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
    # Reads all frames and reports a truncated one; python-zstandard ends silently.
    b"\x28\xb5\x2f\xfd": lambda stream: pa.input_stream(stream, compression="zstd"),
}
_NO_VALUE = object()
_BLANK = b" \t\r\n\x0b\x0c"


class Dumps:
    """Reads JSON values from files. `counts` has broken_record, cut_off and not_json."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def values(self, path: Path) -> Iterator[Any]:
        """Every JSON value of a file. Raises GlaswerkError for one that cannot be opened."""
        if path.exists() and not path.is_file():
            raise not_regular(path)
        try:
            with path.open("rb") as file:
                yield from self._open(file, _DEPTH)
        except OSError as error:
            raise GlaswerkError(f"expected a readable file, found {path}: {error.strerror}") from error

    def _open(self, raw: BinaryIO, depth: int) -> Iterator[Any]:
        """Values of a stream of any kind, which its first bytes tell."""
        stream = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, raw))
        if depth == 0:
            self.counts["not_json"] += 1
            return
        try:
            head = stream.peek(_HEAD)[:_HEAD]
            opener = packing(head)
            if opener is not None:
                with opener(stream) as unpacked:
                    yield from self._open(unpacked, depth - 1)
            elif is_tar(head):
                yield from self._tar(stream, depth)
            elif head.startswith(b"PK\x03\x04"):
                yield from self._zip(stream, depth)
            else:
                yield from self._json(stream)
        except DAMAGE:
            self.counts["cut_off"] += 1

    def _tar(self, stream: io.BufferedReader, depth: int) -> Iterator[Any]:
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=BoundedMember) as container:
            for member in container:
                file = container.extractfile(member) if member.isreg() else None
                if file is not None:
                    yield from self._open(cast(BinaryIO, file), depth - 1)

    def _zip(self, stream: io.BufferedReader, depth: int) -> Iterator[Any]:
        seekable: BinaryIO = stream
        if not isinstance(stream.raw, io.FileIO):
            seekable = io.BytesIO(stream.read(_ZIP_LIMIT))
        try:
            container = zipfile.ZipFile(seekable)
        except DAMAGE:
            self.counts["cut_off"] += 1
            return
        with container:
            for info in container.infolist():
                if not info.is_dir():
                    yield from self._member(container, info, depth)

    def _member(self, container: zipfile.ZipFile, info: zipfile.ZipInfo, depth: int) -> Iterator[Any]:
        try:
            with container.open(info) as file:
                yield from self._open(cast(BinaryIO, file), depth - 1)
        except DAMAGE:  # RuntimeError: it has a password
            self.counts["cut_off"] += 1

    def _json(self, stream: io.BufferedReader) -> Iterator[Any]:
        """Values of plain bytes: one a line, or the whole as one (an answer of an API, indented or not)."""
        good = broken = 0
        try:
            for value in self._attempts(stream):
                if value is _NO_VALUE:
                    broken += 1
                else:
                    good += 1
                    yield value
        finally:
            # Where nothing at all could be read, the file is something else: one picture, not many lines.
            self.counts["broken_record" if good else "not_json"] += broken if good else bool(broken)

    def _attempts(self, stream: io.BufferedReader) -> Iterator[Any]:
        """A value, or _NO_VALUE, for every line; for the first lines together where they are one value."""
        first = next(self._lines(b"", stream, VALUE_LIMIT), b"").removeprefix(b"\xef\xbb\xbf")
        if not first:
            return
        value, rest = _parse(first), b""
        if value is _NO_VALUE and first.lstrip()[:1] in (b"{", b"["):
            rest = stream.read(VALUE_LIMIT - len(first)) if len(first) < VALUE_LIMIT else b""
            value = _parse(first + rest) if rest else _NO_VALUE
            rest = rest if value is _NO_VALUE else b""
        yield value
        for line in self._lines(rest, stream, LINE_LIMIT):
            yield _parse(line)

    def _lines(self, head: bytes, stream: io.BufferedReader, limit: int) -> Iterator[bytes]:
        """The lines of `head` and then of the stream, but for blank ones."""
        buffer = io.BytesIO(head)
        while line := buffer.readline():
            if not line.endswith(b"\n"):
                line += self._line(stream, limit)
            if line.strip(_BLANK):
                yield line
        while line := self._line(stream, limit):
            if line.strip(_BLANK):
                yield line

    def _line(self, stream: io.BufferedReader, limit: int) -> bytes:
        line = stream.readline(limit)
        if len(line) < limit or line.endswith(b"\n"):
            return line
        while (rest := stream.readline(limit)) and not rest.endswith(b"\n"):
            pass
        return b'"'  # counted as one broken record, as no JSON begins and ends so


class BoundedMember(tarfile.TarInfo):
    """A member of a tar file whose headers are of bounded size."""

    def _proc_member(self, container: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in _TAR_HEADERS and self.size > _TAR_HEADER_LIMIT:
            raise tarfile.ReadError(f"a header of {self.size:,} bytes")
        return super()._proc_member(container)  # type: ignore[misc, no-any-return]


def packing(head: bytes) -> Callable[[BinaryIO], Any] | None:
    """What opens the compression that a file's first bytes tell; None where there is none."""
    return next((opener for magic, opener in _OPENERS.items() if head.startswith(magic)), None)


def is_tar(head: bytes) -> bool:
    """Whether a file's first bytes are those of a tar file."""
    return head[257:262] == b"ustar"


def _parse(data: bytes) -> Any:
    """A JSON value, or _NO_VALUE for anything else, also for bytes that are not UTF-8."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return _NO_VALUE
