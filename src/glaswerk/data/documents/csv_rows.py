"""Tables as text: cells separated by comma, semicolon, tab or bar; a header row; quoting as in RFC 4180."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.files.limits import ROW_BYTES
from glaswerk.data.files.lines import decode, raw_lines

# Usual names of the column that holds the text.
TEXT_COLUMNS = ("text", "content", "body", "full_text", "tweet", "message")
_DELIMITERS = (",", "\t", ";", "|")
_NAME_LIMIT = 64


class NoTextColumn(GlaswerkError):
    """A table in which no column, by its name or by the user's choice, holds the text."""


def header(line: str) -> tuple[str, list[str]]:
    """The delimiter and the column names of a header row: the delimiter that gives the most names.

    One name if the line has no delimiter.
    """
    found = [(delimiter, next(csv.reader([line], delimiter=delimiter), [])) for delimiter in _DELIMITERS]
    delimiter, names = max(found, key=lambda pair: len(pair[1]))
    return delimiter, [name.strip().lower() for name in names]


def is_table(line: str, text_column: str) -> bool:
    """Whether a first line is certainly a header row: short, distinct names, one of them for the text."""
    try:
        _, names = header(line)
    except csv.Error:
        return False
    short = all(0 < len(name) <= _NAME_LIMIT for name in names)
    wanted = {text_column.lower()} if text_column else set(TEXT_COLUMNS)
    return len(names) > 1 and short and len(set(names)) == len(names) and bool(wanted.intersection(names))


def text_column_of(names: Sequence[str], chosen: str, path: Path) -> str:
    """The column of the text: `chosen`, else `text`, else the only column with another usual name.

    Raises NoTextColumn if there is none, or more than one.
    """
    if chosen.lower() in names:
        return chosen.lower()
    usual = [name for name in TEXT_COLUMNS if name in names]
    if not chosen and usual and (usual[0] == "text" or len(usual) == 1):
        return usual[0]
    wanted = repr(chosen) if chosen else " or ".join(map(repr, usual)) if usual else "'text'"
    raise NoTextColumn(
        f"expected a column {wanted} in {path}, found {', '.join(name[:_NAME_LIMIT] for name in names[:50])}",
        hint="name the column that holds the text: --text-column NAME",
    )


def read_table(
    file: BinaryIO, path: Path, counts: Counter[str], text_column: str = "", encoding: str = ""
) -> Iterator[tuple[int, dict[str, str]]]:
    """(row number, fields by column name in lower case, with the text as `text`); the header is row 0.

    Rows with more cells than the header are counted as broken_row: a delimiter in them was not quoted. Raises
    GlaswerkError for a row larger than ROW_BYTES, and NoTextColumn if no column holds the text.
    """
    with cell_limit(ROW_BYTES):
        yield from _read_table(file, path, counts, text_column, encoding)


@contextmanager
def cell_limit(characters: int) -> Iterator[None]:
    """Set the longest cell that `csv` accepts inside the block; `csv` has one limit for the whole process."""
    before = csv.field_size_limit(characters)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _read_table(
    file: BinaryIO, path: Path, counts: Counter[str], text_column: str, encoding: str
) -> Iterator[tuple[int, dict[str, str]]]:
    lines = _Lines(file, path, encoding)
    number = 0
    try:
        first = next(lines, "")
        delimiter, _ = header(first)
        rows = csv.reader(lines.after(first), delimiter=delimiter)
        names = [name.strip().lower() for name in next(rows, [])]
        column, line = text_column_of(names, text_column, path), rows.line_num
        for number, cells in enumerate(rows, start=1):
            begun, line = line + 1, rows.line_num
            lines.since = 0
            if lines.ended:
                raise _unclosed(path, number, begun)
            if len(cells) > len(names):
                counts["broken_row"] += 1
            elif cells:
                row = dict(zip(names, cells, strict=False))
                yield number, {**row, "text": row.get(column, "")}
    except csv.Error as error:
        raise GlaswerkError(
            f"expected a table in {path}, found an error after row {number:,}: {error}",
            hint="quote cells that contain delimiters or line breaks, and end lines with a line feed",
        ) from error


def _unclosed(path: Path, number: int, line: int) -> GlaswerkError:
    """The error for a row that runs to the end of the file: `csv` would return the rest as one cell."""
    return GlaswerkError(
        f"expected quoted cells to end in {path}, found row {number:,} open from line {line:,} to the end",
        hint='close the quotation mark ("), or double it if it belongs to the text',
    )


class _Lines:
    """Decoded lines of a table. One row may span many lines, up to ROW_BYTES."""

    def __init__(self, file: BinaryIO, path: Path, encoding: str) -> None:
        self._raw, self._path, self._encoding = raw_lines(file, path), path, encoding
        self._offset = 0
        self.since = 0
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._raw, b"")
        if not line:
            self.ended = True
            raise StopIteration
        text = decode(line, self._path, self._offset, self._encoding)
        self._offset += len(line)
        self.since += len(line)
        if self.since > ROW_BYTES:
            raise GlaswerkError(
                f"expected rows below {ROW_BYTES:,} bytes in {self._path}, found a longer one that ends "
                f"after byte {self._offset:,}",
                hint='look for a quotation mark (") that is never closed',
            )
        return text

    def after(self, first: str) -> Iterator[str]:
        """`first`, then the lines that have not been read yet."""
        yield first
        yield from self
