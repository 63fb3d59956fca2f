"""Rows of dialogues and preferences, from JSON lines, a JSON list or Parquet, plain or compressed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.fields import IngestCounts
from glaswerk.data.documents.formats import ReadOptions, format_of
from glaswerk.data.documents.wrong_command import is_left_out
from glaswerk.data.files import lines
from glaswerk.data.files.inputs import InputFile
from glaswerk.data.files.stored import DAMAGE, StoredFile, Unpacker
from glaswerk.data.files.utf8 import as_plain_utf8
from glaswerk.data.store.stored_rows import read_stored_rows

# Of a zip file, such as an assistant's export, only files of conversations and rows are read.
_MEMBERS = re.compile(r"(?:(?:^|/)conversations[^/]*\.json|\.jsonl|\.ndjson|\.parquet)$", re.I)
_PLAIN = (".jsonl", ".ndjson", ".json", ".parquet")
RECORD_SUFFIXES = tuple(name + packed for name in _PLAIN for packed in ("", ".gz", ".bz2", ".xz", ".zst"))
_HINT = "use JSON lines, a JSON list or Parquet; or skip broken rows with --tolerant"
Row = tuple[int, str, dict[str, Any]]


def read_records(file: InputFile, counts: IngestCounts, *, tolerant: bool) -> Iterator[Row]:
    """(number from 1, place as messages name it, fields) of every row.

    The format is detected from the content. Raises GlaswerkError for broken input and for a file in another
    format; with `tolerant`, broken lines are counted as broken_record, and the rest of an unreadable file as
    broken_file.
    """
    damage: Counter[str] = Counter()
    try:
        with file.path.open("rb") as raw:
            for stored in Unpacker(damage).files(raw, file.name):
                yield from _rows(file, stored, counts, tolerant=tolerant)
        if damage and not tolerant:
            raise lines.broken(file.label, ValueError(", ".join(damage)))
        counts.left_out.update(damage)
    except (GlaswerkError, *DAMAGE) as error:
        if not tolerant:
            raise error if isinstance(error, GlaswerkError) else lines.broken(file.label, error) from error
        counts.left_out["broken_file"] += 1


def _rows(file: InputFile, stored: StoredFile, counts: IngestCounts, *, tolerant: bool) -> Iterator[Row]:
    where = Path(file.label)
    if is_left_out(stored, where, named=file.named and not tolerant):
        counts.left_out["private_message"] += 1
        return
    if stored.inside and not _MEMBERS.search(stored.name):
        counts.left_out["unsupported_file"] += 1
        return
    file_format = format_of(stored, ReadOptions())
    broken = counts.left_out if tolerant else None
    if file_format == "parquet":
        for number, row in enumerate(read_stored_rows(stored, where), start=1):
            yield number, f"{where}, row {number:,}", row
    elif file_format == "list":
        for number, row in lines.read_list(as_plain_utf8(stored), where):
            yield number, f"{where}, value {number:,}", row
    elif stored.name.lower().endswith(RECORD_SUFFIXES) and file_format != "":
        for number, row in lines.read_objects(as_plain_utf8(stored), where, broken=broken):
            yield number, f"{where}, line {number:,}", row
    else:
        raise GlaswerkError(f"expected rows in {where}, found {stored.head[:8]!r}…", hint=_HINT)
