"""Rows of a Parquet file from outside: as much as such a file may honestly hold, and no more."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from glaswerk.data.files.limits import ROW_COST_BYTES, UNPACK_RATIO, UNPACK_RATIO_FREE_BYTES
from glaswerk.data.files.stored import Bomb, StoredFile
from glaswerk.data.store.parquet import read_rows


def read_stored_rows(stored: StoredFile, where: Path) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file by column name. Raises what `read_rows` raises, and Bomb."""
    # Read in place where possible: reading it into memory would cost its size.
    in_place = isinstance(stored.stream.raw, io.FileIO)
    file = stored.stream if in_place else io.BytesIO(stored.whole())
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return within_ratio(read_rows(where, file=file), size)


def within_ratio(rows: Iterable[dict[str, Any]], size: int) -> Iterator[dict[str, Any]]:
    """The rows, as long as they give at most UNPACK_RATIO times the `size` of their file.

    A value that repeats takes no space in Parquet: 1 kB gave 200,000 texts of 1 MB. Raises Bomb.
    """
    left = max(UNPACK_RATIO_FREE_BYTES, UNPACK_RATIO * size)
    for row in rows:
        left -= ROW_COST_BYTES + sum(map(_size, row.values()))
        if left < 0:
            raise Bomb(f"rows that give more than {UNPACK_RATIO} times their file")
        yield row


def _size(value: Any) -> int:
    """About the bytes of a value."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, Mapping):
        return sum(map(_size, value.values()))
    if isinstance(value, list) and value:
        return (
            sum(map(_size, value)) if isinstance(value[0], str | bytes | list | Mapping) else 8 * len(value)
        )
    return 8
