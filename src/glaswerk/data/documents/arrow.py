"""Arrow IPC streams and files, such as the shards that Hugging Face's `datasets` saves.

Batches are validated before they are read, because offsets in them are addresses into memory. Compressed ones
are refused: `datasets` writes none, and a few bytes of them may state any size.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from glaswerk.data.documents.csv_rows import NoTextColumn
from glaswerk.data.documents.reading import Rows
from glaswerk.data.files.left_out import LeftOut
from glaswerk.data.files.limits import ARROW_BATCH_BYTES, DATA_SET_INFO_BYTES
from glaswerk.data.files.stored import StoredFile

_ROWS = 1000
_FILE_MARK = b"ARROW1\0\0"


def read_arrow(stored: StoredFile, where: Path, text_column: str = "") -> Rows:
    """(number, fields) of every row. Raises NoTextColumn, LeftOut for what is refused, and ArrowException.

    A `dataset_info.json` next to the file gives the licence of rows that state none.
    """
    if stored.head.startswith(_FILE_MARK):
        stored.stream.read(len(_FILE_MARK))  # a file is a stream between two marks
    wanted, number = text_column or "text", 0
    about = {} if stored.inside else _about(where.parent)
    for batch in _batches(stored.stream):
        if not _has_text(batch.schema, wanted):
            names = ", ".join(batch.schema.names)
            raise NoTextColumn(
                f"expected a column {wanted!r} of text in {where}, found {names[:500]}",
                hint="name the column that holds the text: --text-column NAME",
            )
        for start in range(0, batch.num_rows, _ROWS):
            for row in batch.slice(start, _ROWS).to_pylist():
                number += 1
                yield f"#{number}", {**about, **row, "text": row[wanted]}


def _has_text(schema: Any, wanted: str) -> bool:
    """Whether the column is text in the plain forms, which take bytes for each row: a row cannot be free."""
    if schema.names.count(wanted) != 1:
        return False
    kind = schema.field(wanted).type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _batches(stream: io.BufferedReader) -> Iterator[Any]:
    """The batches of a stream, each valid and within ARROW_BATCH_BYTES."""
    reader = pa.ipc.open_stream(_Messages(stream))
    while True:
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            return
        batch.validate(full=True)
        yield batch


class _Messages(io.RawIOBase):
    """A stream of messages that refuses one with compressed buffers or a body beyond the limit, before Arrow
    reads it."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._ready = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes: whole messages are checked as they come."""
        while not self._ended and len(self._ready) < size:
            self._ready += self._message()
        piece, self._ready = self._ready[:size], self._ready[size:]
        return piece

    def _message(self) -> bytes:
        start = self._stream.read(8)
        mark, length = struct.unpack("<Ii", start) if len(start) == 8 else (0, 0)
        if mark != 0xFFFFFFFF or length <= 0:
            self._ended = True  # the end of a stream, or of what can be one
            return start
        if length > ARROW_BATCH_BYTES:
            raise LeftOut("bomb", f"a message of {length:,} bytes")
        head = self._stream.read(length)
        body, packed = _described(head)
        if packed:
            raise LeftOut("unsupported_file", "compressed Arrow; write it with pyarrow without compression")
        if not 0 <= body <= ARROW_BATCH_BYTES:
            raise LeftOut("bomb", f"a batch of {body:,} bytes")
        return start + head + self._stream.read(body)


def _described(head: bytes) -> tuple[int, bool]:
    """The length of a message's body, and whether its buffers are compressed (Arrow's Message.fbs).

    Raises struct.error for what is no message.
    """
    root = struct.unpack_from("<I", head)[0]
    body_place, kind_place = _field(head, root, 3), _field(head, root, 1)
    body = struct.unpack_from("<q", head, body_place)[0] if body_place else 0
    kind, table = head[kind_place] if kind_place else 0, _table(head, root, 2)
    if kind == 2 and table:  # a dictionary's values are a record batch
        kind, table = 3, _table(head, table, 1)
    return body, kind == 3 and table != 0 and _field(head, table, 3) != 0


def _field(data: bytes, table: int, number: int) -> int:
    """The place of a field in a flatbuffers table; 0 if it is not there."""
    fields = table - struct.unpack_from("<i", data, table)[0]
    if fields < 0 or 4 + 2 * number >= struct.unpack_from("<H", data, fields)[0]:
        return 0
    offset = struct.unpack_from("<H", data, fields + 4 + 2 * number)[0]
    return table + offset if offset and table + offset < len(data) else 0


def _table(data: bytes, table: int, number: int) -> int:
    """The place of the table that a field refers to; 0 if there is none."""
    place = _field(data, table, number)
    return place + int(struct.unpack_from("<I", data, place)[0]) if place else 0


def _about(folder: Path) -> dict[str, str]:
    """The licence that the data set's description states, if it is next to the shard."""
    try:
        with (folder / "dataset_info.json").open("rb") as file:
            found = json.loads(file.read(DATA_SET_INFO_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    licence = found.get("license") if isinstance(found, dict) else ""
    return {"licence": licence[:200]} if isinstance(licence, str) and licence else {}
