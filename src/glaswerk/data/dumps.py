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
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.archive import not_regular

# A post is below 100 kB with all that hangs on it, a page of a hundred below 10 MB.
LINE_LIMIT = 64 << 20
# A file that is one value must be parsed as a whole.
VALUE_LIMIT = 256 << 20
# Zip needs its index, so one inside another container is held in memory.
_ZIP_LIMIT = 1 << 30
# tar of zip of gz is as deep as recordings go; deeper ones are made to exhaust the reader.
_DEPTH = 4
_HEAD = 262
_CUT_OFF = (EOFError, OSError, zlib.error, lzma.LZMAError, pa.ArrowInvalid, tarfile.TarError)


class Dumps:
    """Reads JSON values from files. `counts` has broken_record, cut_off, not_json; `bytes` were read."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.bytes = 0

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
            unpacked = _unpacked(stream, head)
            if unpacked is not None:
                with unpacked:
                    yield from self._open(unpacked, depth - 1)
            elif head[257:262] == b"ustar":
                yield from self._tar(stream, depth)
            elif head.startswith(b"PK\x03\x04"):
                yield from self._zip(stream, depth)
            else:
                yield from self._json(stream)
        except _CUT_OFF:
            self.counts["cut_off"] += 1

    def _tar(self, stream: io.BufferedReader, depth: int) -> Iterator[Any]:
        with tarfile.open(fileobj=stream, mode="r|") as container:
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
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
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
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError):  # RuntimeError: it has a password
            self.counts["cut_off"] += 1

    def _json(self, stream: io.BufferedReader) -> Iterator[Any]:
        """Values of plain bytes: one a line, or the whole as one (an answer of an API, indented or not)."""
        first = self._first_line(stream)
        if first is None:
            return
        try:
            value = _parse(first)
        except ValueError:
            yield from self._whole(first, stream)
            return
        yield value
        while line := self._line(stream):
            if line.strip():
                yield from self._one(line)

    def _first_line(self, stream: io.BufferedReader) -> bytes | None:
        while line := self._line(stream):
            if line.strip(b" \t\r\n\xef\xbb\xbf"):
                return line.removeprefix(b"\xef\xbb\xbf")
        return None

    def _line(self, stream: io.BufferedReader) -> bytes:
        line = stream.readline(LINE_LIMIT)
        self.bytes += len(line)
        if len(line) == LINE_LIMIT:
            while (rest := stream.readline(LINE_LIMIT)) and not rest.endswith(b"\n"):
                self.bytes += len(rest)
            return b'"'  # counted as one broken record, as no JSON begins and ends so
        return line

    def _whole(self, first: bytes, stream: io.BufferedReader) -> Iterator[Any]:
        """The first line was no value: the file is one value, or its first line is broken."""
        if first.lstrip()[:1] not in (b"{", b"["):
            self.counts["not_json"] += 1
            return
        rest = stream.read(VALUE_LIMIT)
        self.bytes += len(rest)
        try:
            yield _parse(first + rest)
        except ValueError:
            self.counts["broken_record"] += 1
            for line in rest.splitlines():
                if line.strip():
                    yield from self._one(line)

    def _one(self, line: bytes) -> Iterator[Any]:
        try:
            yield _parse(line)
        except ValueError:
            self.counts["broken_record"] += 1


def _unpacked(stream: BinaryIO, head: bytes) -> BinaryIO | None:
    """The stream behind one layer of compression, None where there is none."""
    if head.startswith(b"\x1f\x8b"):
        return cast(BinaryIO, gzip.GzipFile(fileobj=stream))
    if head.startswith(b"BZh"):
        return cast(BinaryIO, bz2.BZ2File(stream))
    if head.startswith(b"\xfd7zXZ\x00"):
        return cast(BinaryIO, lzma.LZMAFile(stream))
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        # Reads all frames and reports a truncated one; python-zstandard ends silently.
        return cast(BinaryIO, pa.input_stream(stream, compression="zstd"))
    return None


def _parse(data: bytes) -> Any:
    """A JSON value. Raises ValueError for anything else, also for bytes that are not UTF-8."""
    try:
        return json.loads(data)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
