"""Rows of dialogues and preferences, from JSON lines, a JSON list or Parquet, plain or compressed."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.fields import Tally
from glaswerk.data.documents.formats import Reading, kind_of, plain_utf8
from glaswerk.data.files import lines
from glaswerk.data.files.inputs import Found
from glaswerk.data.files.stored import DAMAGE, Stored, Unpacker
from glaswerk.data.store.parquet import read_rows

_PLAIN = (".jsonl", ".ndjson", ".json", ".parquet")
RECORD_SUFFIXES = tuple(name + packed for name in _PLAIN for packed in ("", ".gz", ".bz2", ".xz", ".zst"))
_HINT = "give JSON lines, a JSON list or Parquet; or leave out what is broken with --tolerant"
Row = tuple[int, str, dict[str, Any]]


def read_records(file: Found, tally: Tally, *, tolerant: bool) -> Iterator[Row]:
    """(number from 1, the place as messages call it, fields) of every row.

    What the file is, its content tells. Raises GlaswerkError for what is broken and for a file of another
    kind; `tolerant` counts broken lines as broken_record, and a file that cannot be read on as broken_file.
    """
    counts: Counter[str] = Counter()
    try:
        with file.path.open("rb") as raw:
            for stored in Unpacker(counts).files(raw, file.name):
                yield from _rows(file, stored, tally, tolerant=tolerant)
        if counts and not tolerant:
            raise lines.broken(file.label, ValueError(", ".join(counts)))
        tally.left_out.update(counts)
    except (GlaswerkError, *DAMAGE) as error:
        if not tolerant:
            raise error if isinstance(error, GlaswerkError) else lines.broken(file.label, error) from error
        tally.left_out["broken_file"] += 1


def _rows(file: Found, stored: Stored, tally: Tally, *, tolerant: bool) -> Iterator[Row]:
    where = Path(file.label)
    kind = kind_of(stored, Reading())
    broken = tally.left_out if tolerant else None
    if kind == "parquet":
        in_place = isinstance(stored.stream.raw, io.FileIO)
        found = read_rows(where, file=stored.stream if in_place else io.BytesIO(stored.whole()))
        for number, row in enumerate(found, start=1):
            yield number, f"{where}, row {number:,}", row
    elif kind == "list":
        for number, row in lines.read_list(plain_utf8(stored), where):
            yield number, f"{where}, value {number:,}", row
    elif stored.name.lower().endswith(RECORD_SUFFIXES) and kind != "":
        for number, row in lines.read_objects(plain_utf8(stored), where, broken=broken):
            yield number, f"{where}, line {number:,}", row
    else:
        raise GlaswerkError(f"expected rows in {where}, found {stored.head[:8]!r}…", hint=_HINT)
