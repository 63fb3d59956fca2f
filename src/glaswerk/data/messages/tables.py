"""Tables of messages and posts in exports: CSV rows by the names of their columns."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Any

from glaswerk.data.files.limits import ROW_BYTES, TEXT_FILE_BYTES
from glaswerk.data.files.stored import StoredFile


def table_rows(
    stored: StoredFile, left_out: Counter[str], delimiter: str = ","
) -> Iterator[tuple[int, dict[str, Any]]]:
    """(row number, cells by column name); rows with more cells than the header are counted."""
    data = stored.whole(TEXT_FILE_BYTES).decode("utf-8-sig", "replace")
    before = csv.field_size_limit(ROW_BYTES)
    try:
        rows = csv.DictReader(io.StringIO(data, newline=""), delimiter=delimiter)
        for number, row in enumerate(rows, start=1):
            if None in row:
                left_out["broken_row"] += 1
            else:
                yield number, row
    except csv.Error:
        left_out["cut_off"] += 1
    finally:
        csv.field_size_limit(before)
