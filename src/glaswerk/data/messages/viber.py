"""Chats that Viber exports: tables without a header row, of date, time, name, number and text.

The account's own messages are by "Me". Older versions write no number.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from glaswerk.data.files.limits import ROW_BYTES, TEXT_FILE_BYTES
from glaswerk.data.files.stored import Bomb, StoredFile
from glaswerk.data.files.utf8 import as_plain_utf8, wide_encoding
from glaswerk.data.messages.day_order import Numbers, day_order
from glaswerk.data.messages.message import ExportedMessage, sender

_DATE = re.compile(r"\s*(\d{1,4})([./-])\s?(\d{1,2})[./-]\s?(\d{1,4})\.?\s*")
_TIME = re.compile(r"\s*(\d{1,2})[:.](\d\d)(?:[:.](\d\d))?[\s\u202f]*(?:([ap])\.?\s?m\.?)?\s*", re.IGNORECASE)
_NUMBER = re.compile(r"\s*(?:\+?[\d\s()./-]{5,24}|)\s*")
_DELIMITERS = (",", ";", "\t")
_NAME_CHARACTERS, _DIGITS = 120, 7
_OWN = ("Me", "You")
# Rows at the start that are looked at.
_LOOKED_AT = 20


def is_viber(head: bytes) -> bool:
    """Whether the first rows are those of a chat: a date, a time, a name, a number or none, and a text.

    One of them must have a number or the account's own name: a list of appointments has neither.
    """
    text = head[:16384].decode(wide_encoding(head) or "utf-8", "replace").removeprefix("\ufeff")
    first = text.partition("\n")[0]
    if not any(_DATE.match(first, place) for place in (0, 1)):
        return False
    lines = text.split("\n")
    # The last line of a part may be cut off.
    rows = _rows(
        io.StringIO("\n".join(lines[:-1] if len(lines) > 1 else lines), newline=""), _delimiter(first)
    )
    try:
        found = [cells for cells, _ in zip(rows, range(_LOOKED_AT), strict=False) if any(cells)]
    except csv.Error:
        return False
    return bool(found) and all(map(_is_message, found)) and any(map(_is_known, found))


def read_viber(stored: StoredFile, chat: str, left_out: Counter[str]) -> Iterator[ExportedMessage]:
    """The messages of a chat; rows of another form are counted as broken_row, those without words as
    system_message. Times have no zone and are taken as UTC."""
    data = as_plain_utf8(stored).read(TEXT_FILE_BYTES + 1)
    if len(data) > TEXT_FILE_BYTES:
        raise Bomb(f"more than {TEXT_FILE_BYTES:,} bytes")
    text = data.decode("utf-8", "replace").replace("\0", "")
    delimiter = _delimiter(text.partition("\n")[0])
    order = _order(text, delimiter)
    for number, cells in enumerate(_all(text, delimiter, left_out), start=1):
        if not _is_message(cells):
            left_out["broken_row"] += bool(any(cells))
            continue
        words = cells[-1].strip()
        if words:
            author = sender(cells[2]) or (cells[3].strip() if len(cells) > 4 else "")
            moment = _moment(cells, order)
            yield ExportedMessage(f"viber:{chat}/{number}", author, words, moment)
        else:
            left_out["system_message"] += 1


def _order(text: str, delimiter: str) -> Numbers:
    """Where year, month and day are in the dates."""
    found = [
        match for cells in _all(text, delimiter, Counter()) if cells and (match := _DATE.fullmatch(cells[0]))
    ]
    separator = found[0][2] if found else "/"
    return day_order([_numbers(match) for match in found], separator)


def _all(text: str, delimiter: str, left_out: Counter[str]) -> Iterator[list[str]]:
    """The rows up to one that `csv` refuses, which is counted."""
    before = csv.field_size_limit(ROW_BYTES)
    try:
        yield from _rows(io.StringIO(text, newline=""), delimiter)
    except csv.Error:
        left_out["cut_off"] += 1
    finally:
        csv.field_size_limit(before)


def _rows(text: io.StringIO, delimiter: str) -> Iterator[list[str]]:
    """The rows; a text with the delimiter in it, which older versions do not quote, is one cell."""
    for cells in csv.reader(text, delimiter=delimiter):
        place = 4 if len(cells) > 4 and _NUMBER.fullmatch(cells[3]) else 3
        yield [*cells[:place], delimiter.join(cells[place:])] if len(cells) > place else cells


def _is_message(cells: Sequence[str]) -> bool:
    """Whether a row has a date, a time, a name and a text, and a number if it has five cells."""
    if len(cells) < 4 or not (_DATE.fullmatch(cells[0]) and _TIME.fullmatch(cells[1])):
        return False
    name = cells[2].strip()
    return len(name) <= _NAME_CHARACTERS and bool(name or (len(cells) > 4 and cells[3].strip()))


def _is_known(cells: Sequence[str]) -> bool:
    """Whether a row names a telephone's number or the account itself."""
    digits = sum(map(str.isdecimal, cells[3])) if len(cells) > 4 else 0
    return digits >= _DIGITS or cells[2].strip() in _OWN


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _numbers(match: re.Match[str]) -> Numbers:
    return int(match[1]), int(match[3]), int(match[4])


def _moment(cells: Sequence[str], order: Numbers) -> datetime | None:
    date, time = _DATE.fullmatch(cells[0]), _TIME.fullmatch(cells[1])
    if date is None or time is None:
        return None
    numbers = _numbers(date)
    year, month, day = (numbers[place] for place in order)
    hour, half = int(time[1]), (time[4] or "").lower()
    hour += 12 if half == "p" and hour < 12 else -12 if half == "a" and hour == 12 else 0
    try:
        return datetime(
            year + (2000 if year < 100 else 0), month, day, hour, int(time[2]), int(time[3] or 0), tzinfo=UTC
        )
    except ValueError:
        return None
