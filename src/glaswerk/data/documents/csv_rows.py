"""Tables as text: cells separated by comma, semicolon, tab or bar; a header row; quotes as `csv_dialects`."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.csv_dialects import NO_DELIMITER, Dialects, Lines, Unclosed
from glaswerk.data.files.limits import ROW_BYTES

# Usual names of the column that holds the text.
TEXT_COLUMNS = ("text", "content", "body", "full_text", "tweet", "message")
_DELIMITERS = (",", "\t", ";", "|")
_NAME_LIMIT = 64
_SEPARATOR = re.compile(r"""\ufeff?"?sep=(?P<mark>[^\w"'\r\n])"?[,;\t ]*\r?\n?""", re.I)


class NoTextColumn(GlaswerkError):
    """A table in which no column, by its name or by the user's choice, holds the text."""


def header(line: str) -> tuple[str, list[str]]:
    """The delimiter and the column names of a header row: the delimiter that gives the most names.

    One name if the line has no delimiter.
    """
    found = [(delimiter, next(csv.reader([line], delimiter=delimiter), [])) for delimiter in _DELIMITERS]
    delimiter, names = max(found, key=lambda pair: len(pair[1]))
    return delimiter, [name.strip().lower() for name in names]


def separator(line: str) -> str:
    """The delimiter that Excel's line `sep=;` before a table states; "" for any other line."""
    found = _SEPARATOR.fullmatch(line)
    return found["mark"] if found else ""


def is_table(line: str, text_column: str) -> bool:
    """Whether a first line is certainly a header row: short, distinct names, one of them for the text."""
    if separator(line):
        return True
    try:
        _, names = header(line)
    except csv.Error:
        return False
    short = all(0 < len(name) <= _NAME_LIMIT for name in names)
    wanted = {text_column.lower()} if text_column else set(TEXT_COLUMNS)
    return len(names) > 1 and short and len(set(names)) == len(names) and bool(wanted.intersection(names))


def is_tabbed(head: bytes) -> bool:
    """Whether the first two lines have the same tabs, as spreadsheets save a sheet "as text"."""
    lines = head.decode("utf-8", "replace").splitlines()
    first, second = [*lines, "", ""][:2]
    cut_off = len(lines) == 2 and not head.endswith((b"\n", b"\r"))
    tabs, more = first.count("\t"), second.count("\t")
    # A cell in quotes may go on in the next line.
    return tabs > 0 and (tabs == more or (0 < more < tabs and (cut_off or second.count('"') % 2 == 1)))


def text_column_of(names: Sequence[str], chosen: str, path: Path) -> str:
    """The column of the text: `chosen`, else `text`, else the only column with another usual name.

    Raises NoTextColumn if there is none, or more than one.
    """
    usual = [name for name in TEXT_COLUMNS if name in names]
    found = chosen.lower() if chosen.lower() in names else ""
    if not chosen and usual and (usual[0] == "text" or len(usual) == 1):
        found = usual[0]
    if found and names.count(found) > 1:
        raise NoTextColumn(
            f"expected one column {found!r} in {path}, found {names.count(found)}",
            hint=f"give each column of {path.name} a name of its own in the first row",
        )
    if found:
        return found
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
    lines = Lines(file, path, encoding)
    number, begun = 0, 1
    try:
        delimiter, names = _header_row(lines)
        column, table = text_column_of(names, text_column, path), Dialects(lines, delimiter, len(names))
        begun = lines.number + 1
        while (cells := table.row()) is not None:
            number += 1
            if any(cells[len(names) :]):
                counts["broken_row"] += 1
            elif cells:
                # Of several columns with one name, the first one counts.
                row = dict(reversed(list(zip(names, cells, strict=False))))
                yield number, {**row, "text": row.get(column, "")}
            begun = lines.number + 1
    except Unclosed as error:
        raise GlaswerkError(
            f"expected quoted cells to end in {path}, found row {number + 1:,} open from line {begun:,} to "
            "the end",
            hint='close the quotation mark ("), or double it if it belongs to the text',
        ) from error
    except csv.Error as error:
        raise GlaswerkError(
            f"expected a table in {path}, found an error after row {number:,}: {error}",
            hint="quote cells that contain delimiters or line breaks, and end lines with a line feed",
        ) from error


def _header_row(lines: Lines) -> tuple[str, list[str]]:
    """The delimiter and the column names, from the first row and Excel's line `sep=;` before it."""
    first = next(lines, "")
    stated = separator(first)
    if not stated:
        lines.rewind()
        delimiter, found = header(first)
        # A table of one column has no delimiter: a comma in it belongs to the text.
        delimiter = delimiter if len(found) > 1 else NO_DELIMITER
    lines.begin()
    cells = Dialects(lines, stated or delimiter, 0).row() or []
    return stated or delimiter, [name.strip().lower() for name in cells]
