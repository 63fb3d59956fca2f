"""Dumps of JSON as untrusted input: plain or compressed, in tar or zip files, one value per line or file.

Everything is read as a stream within limits; no name inside a container becomes a path on this machine.
Broken or truncated parts are counted, and reading continues after them: a dump of a live stream recorded for
months has both.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.files.inputs import not_regular
from glaswerk.data.files.limits import DUMP_LINE_BYTES, DUMP_VALUE_BYTES
from glaswerk.data.files.lines import read_list
from glaswerk.data.files.stored import DAMAGE, StoredFile, Unpacker
from glaswerk.data.posts.tables import PARQUET, is_table_of_posts, parquet_rows, table_rows

_NO_VALUE = object()
_BLANK = b" \t\r\n\x0b\x0c"


class Dumps:
    """Reads JSON values from files. `counts` has broken_record, not_json and what `Unpacker` counts."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def values(self, path: Path) -> Iterator[Any]:
        """Every JSON value of a file. Raises GlaswerkError if it cannot be opened."""
        if path.exists() and not path.is_file():
            raise not_regular(path)
        try:
            with path.open("rb") as file:
                unpacker = Unpacker(self.counts)
                for stored in unpacker.files(file, path.name):
                    try:
                        yield from self._values(stored)
                    except DAMAGE as error:
                        unpacker.damaged(error)
        except OSError as error:
            raise GlaswerkError(f"expected a readable file, found {path}: {error.strerror}") from error

    def _values(self, stored: StoredFile) -> Iterator[Any]:
        """The values of a JSON file, or the rows of a table of posts."""
        if stored.head.startswith(PARQUET):
            yield from parquet_rows(stored)
        elif is_table_of_posts(stored.head):
            yield from table_rows(stored, self.counts)
        else:
            yield from self._json(stored.stream)

    def _json(self, stream: io.BufferedReader) -> Iterator[Any]:
        """Values of plain bytes: one per line, or the file as one value (an API answer, indented or not)."""
        good = broken = 0
        try:
            for value in self._attempts(stream):
                if value is _NO_VALUE:
                    broken += 1
                else:
                    good += 1
                    yield value
        finally:
            # If nothing could be read, the file is something else, such as a picture, and counts once.
            self.counts["broken_record" if good else "not_json"] += broken if good else bool(broken)

    def _attempts(self, stream: io.BufferedReader) -> Iterator[Any]:
        """A value or _NO_VALUE for every line; for the first lines together if they are one value."""
        first = self._first(stream)
        unended = len(first) == DUMP_VALUE_BYTES and not first.endswith(b"\n")
        first = first.removeprefix(b"\xef\xbb\xbf")
        if not first:
            return
        value, rest = _parse(first), b""
        if value is _NO_VALUE and first.lstrip()[:1] in (b"{", b"["):
            rest = b"" if unended else stream.read(DUMP_VALUE_BYTES - len(first))
            value = _parse(first + rest) if rest else _NO_VALUE
            rest = rest if value is _NO_VALUE else b""
        whole = value is not _NO_VALUE or len(first) + len(rest) < DUMP_VALUE_BYTES
        if (unended or not whole) and _is_list(first, rest):
            yield from self._list(first + rest, stream)
            return
        if unended:
            self._skip_line(stream, DUMP_LINE_BYTES)
        yield value
        for line in self._lines(rest, stream, DUMP_LINE_BYTES):
            yield _parse(line)

    def _first(self, stream: io.BufferedReader) -> bytes:
        """The first line that is not blank, or as much of it as one value may have."""
        while line := stream.readline(DUMP_VALUE_BYTES):
            if line.strip(_BLANK):
                return line
        return b""

    def _list(self, head: bytes, stream: io.BufferedReader) -> Iterator[Any]:
        """The values of one list of any length, one in memory at a time."""
        try:
            # The name appears only in messages, which nobody sees: broken lists are counted.
            for _, value in read_list(cast(BinaryIO, _Chained(head, stream)), Path("list")):
                yield value
        except GlaswerkError:
            self.counts["cut_off"] += 1

    def _lines(self, head: bytes, stream: io.BufferedReader, limit: int) -> Iterator[bytes]:
        """The lines of `head` and then of the stream, without blank ones."""
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
        self._skip_line(stream, limit)
        return b'"'  # not valid JSON, so it counts as one broken record

    def _skip_line(self, stream: io.BufferedReader, limit: int) -> None:
        while (rest := stream.readline(limit)) and not rest.endswith(b"\n"):
            pass


class _Chained:
    """Bytes that were read ahead, then the stream that they came from."""

    def __init__(self, head: bytes, stream: io.BufferedReader) -> None:
        self._head, self._stream = io.BytesIO(head), stream

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes."""
        return self._head.read(size) or self._stream.read(size)


def _is_list(first: bytes, rest: bytes) -> bool:
    """Whether this starts one long list, and not lines of which the first is broken."""
    following = rest.lstrip(_BLANK).partition(b"\n")[0]
    return first.lstrip(_BLANK)[:1] == b"[" and (not following or _parse(following) is _NO_VALUE)


def _parse(data: bytes) -> Any:
    """A JSON value; _NO_VALUE for anything else, including bytes that are not UTF-8."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return _NO_VALUE
