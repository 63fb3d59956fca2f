"""Rows of a table whatever way its quotation marks are escaped: doubled (RFC 4180) or by a backslash.

Read by the other rule, a row has too many cells, or the wrong words, or it swallows the rows after it. So
each row is first read strictly by the rule that held for the rows before, and then by the other one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.files.limits import ROW_BYTES
from glaswerk.data.files.lines import decode, raw_lines

# For tables of one column: a character that no text has.
NO_DELIMITER = "\x1f"


class Unclosed(csv.Error):
    """A quoted cell that runs to the end of the file: `csv` would return the rest as one cell."""


class Lines:
    """Decoded lines of a table, kept for one row so that it can be read again. A row has up to ROW_BYTES."""

    def __init__(self, file: BinaryIO, path: Path, encoding: str) -> None:
        self._raw, self._path, self._encoding = raw_lines(file, path), path, encoding
        self._offset = self._since = 0
        self._held: list[str] = []
        self._again: list[str] = []
        self._after_utf8 = False
        # Lines read so far, and whether a row asked for more than there are.
        self.number = 0
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else self._read()
        self._held.append(line)
        self.number += 1
        return line

    def begin(self) -> None:
        """Start a row: the lines before it are forgotten."""
        self._held, self._since, self.ended = [], 0, False

    def rewind(self) -> None:
        """Go back to the start of the row."""
        self.number -= len(self._held)
        self._again += reversed(self._held)
        self._held, self.ended = [], False

    def held(self, character: str) -> bool:
        """Whether the row so far has this character."""
        return any(character in line for line in self._held)

    def _read(self) -> str:
        line = next(self._raw, b"")
        if not line:
            self.ended = True
            raise StopIteration
        text = decode(line, self._path, self._offset, self._encoding, after_utf8=self._after_utf8)
        self._after_utf8 = self._after_utf8 or not text.isascii()
        self._offset += len(line)
        self._since += len(line)
        if self._since > ROW_BYTES:
            raise GlaswerkError(
                f"expected rows below {ROW_BYTES:,} bytes in {self._path}, found a longer one that ends "
                f"after byte {self._offset:,}",
                hint='look for a quotation mark (") that is never closed',
            )
        return text


class Dialects:
    """Reads rows of `width` cells (0: not known) by the rule for quotation marks that fits."""

    def __init__(self, lines: Lines, delimiter: str, width: int) -> None:
        self._lines, self._width = lines, width
        # A backslash escapes a quotation mark, itself, a delimiter, and in dumps of databases a line end;
        # before anything else it is a character of the text, and is doubled for `csv`.
        self._escape = re.compile(rf'\\(?:[\\"\r\n]|{re.escape(delimiter)})|(\\)')
        escaped = map(self._protected, lines)
        self._first = csv.reader(lines, delimiter=delimiter, strict=True)
        self._other = csv.reader(escaped, delimiter=delimiter, strict=True, escapechar="\\")
        self._lenient = csv.reader(lines, delimiter=delimiter)

    def row(self) -> list[str] | None:
        """The next row; None at the end. Raises csv.Error, and Unclosed for a cell that never ends."""
        self._lines.begin()
        endless = False
        try:
            cells = next(self._first, None)
            if cells is None or self._fits(cells):
                return cells
        except csv.Error:
            cells, endless = [], self._lines.ended
        if self._lines.held("\\") and (better := self._by_the_other_rule()) is not None:
            return better
        if endless:
            raise Unclosed("a quoted cell never ends")
        self._lines.rewind()
        return next(self._first if cells else self._lenient)

    def _fits(self, cells: list[str]) -> bool:
        """Whether a row has no more cells than the header; spreadsheets end rows with empty ones."""
        return not self._width or len(cells) <= self._width or not any(cells[self._width :])

    def _by_the_other_rule(self) -> list[str] | None:
        """The row read by the rule that did not hold so far; if it fits, that rule holds from now on."""
        self._lines.rewind()
        try:
            cells = next(self._other)
        except (csv.Error, StopIteration):
            return None
        if not self._fits(cells):
            return None
        self._first, self._other = self._other, self._first
        return cells

    def _protected(self, line: str) -> str:
        return (
            self._escape.sub(lambda found: "\\\\" if found[1] else found[0], line) if "\\" in line else line
        )
