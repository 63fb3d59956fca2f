"""Sheets of OpenDocument workbooks (ODS) as rows of cells, with repeated rows and cells within limits.

A cell with a date gives it in ISO 8601, any other the words that the sheet shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from glaswerk.data.files.limits import SHEET_CELLS, SHEET_REPEATED_CHARACTERS
from glaswerk.data.files.stored import Bomb
from glaswerk.data.files.xml_events import Event

_CELLS = ("table-cell", "covered-table-cell")
_HIDDEN = frozenset(
    ("annotation", "tracked-changes", "forms", "title", "desc", "binary-data", "scripts", "font-face-decls")
)
_MARKS = {"tab": "\t", "line-break": "\n", "s": " "}
_MOST_SPACES = 100
_DIGITS, _COLUMNS = 9, 16384
_BLANKS = re.compile(r"\s+")


@dataclass(slots=True)
class Sheet:
    """One sheet: (number, cells) of each row with words, and texts next to its cells, such as boxes."""

    name: str
    hidden: bool = False
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)

    def fields(self) -> dict[str, Any]:
        """As `sheets.sheet_rows` takes it; a text beside the cells is a row of its own at the end."""
        last = self.rows[-1][0] if self.rows else 0
        more = [(last + place, [text]) for place, text in enumerate(self.beside, start=1)]
        return {"name": self.name, "hidden": self.hidden, "rows": [*self.rows, *more]}


def open_sheets(events: Iterable[Event]) -> list[Sheet]:
    """The sheets of a workbook's content.xml, in their order. Raises Bomb beyond the limits."""
    reader = _Reader()
    for name, what in events:
        if isinstance(what, dict):
            reader.start(name, what)
        elif what is None:
            reader.end(name)
        else:
            reader.text(what)
    return reader.sheets


class _Reader:
    """The sheet, row and cell that are being read. Tables inside cells belong to the cell."""

    def __init__(self) -> None:
        self.sheets: list[Sheet] = []
        self._closed: set[str] = set()
        self._style = ""
        self._hidden = self._tables = self._cells = 0
        self._row: list[str] = []
        self._number = self._gap = 0
        self._repeats = self._times = 1
        self._words: list[str] = []
        self._value = ""
        self._left, self._characters = SHEET_CELLS, SHEET_REPEATED_CHARACTERS

    def start(self, name: str, said: Mapping[str, str]) -> None:
        """An element that begins."""
        if self._hidden or name in _HIDDEN:
            self._hidden += 1
        elif name == "style":
            self._style = said.get("name", "")
        elif name == "table-properties" and said.get("display") == "false":
            self._closed.add(self._style)
        elif name == "table":
            self._tables += 1
            if self._tables == 1:
                hidden = said.get("style-name", "") in self._closed or said.get("display") == "false"
                self.sheets.append(Sheet(said.get("name", ""), hidden))
                self._number = 0
        elif name == "table-row" and self._tables == 1 and not self._cells:
            self._row, self._gap, self._repeats = [], 0, _times(said, "number-rows-repeated")
        elif name in _CELLS:
            self._cells += 1
            if self._cells == 1:
                self._times = _times(said, "number-columns-repeated")
                self._value, self._words = said.get("date-value", ""), []
        elif name in ("p", "h") and not self._cells:
            self._words = []
        elif name in _MARKS:
            count = said.get("c", "1")
            self._words.append(_MARKS[name] * min(int(count) if count.isdecimal() else 1, _MOST_SPACES))

    def end(self, name: str) -> None:
        """An element that ends."""
        if self._hidden:
            self._hidden -= 1
        elif name in ("p", "h"):
            self._words.append("\n")
            self._beside()
        elif name in _CELLS:
            self._cells -= 1
            if not self._cells:
                self._cell()
        elif name == "table-row" and self._tables == 1 and not self._cells:
            self._keep()
        elif name == "table":
            self._tables -= 1

    def text(self, text: str) -> None:
        """Characters. Line breaks of the file mean nothing."""
        if not self._hidden:
            self._words.append(_BLANKS.sub(" ", text))

    def _cell(self) -> None:
        words = self._value or "".join(self._words).strip()
        self._words = []
        if not words:
            self._gap = min(self._gap + self._times, _COLUMNS)  # mostly to the end of the row
            return
        self._spend(self._gap + self._times, len(words) * (self._times - 1))
        self._row += [""] * self._gap + [words] * self._times
        self._gap = 0

    def _keep(self) -> None:
        cells = self._row
        if cells:
            size = sum(map(len, cells)) + len(cells)
            self._spend(len(cells) * (self._repeats - 1), size * (self._repeats - 1))
            first = self._number + 1
            self.sheets[-1].rows += [(first + place, cells) for place in range(self._repeats)]
        self._number += self._repeats

    def _beside(self) -> None:
        """Keep a paragraph that is in no cell."""
        if self._cells or not self.sheets:
            return
        words, self._words = "".join(self._words).strip(), []
        if words:
            self.sheets[-1].beside.append(words)

    def _spend(self, cells: int, characters: int) -> None:
        self._left -= cells
        self._characters -= characters
        if self._left < 0 or self._characters < 0:
            raise Bomb("cells that are repeated more often than in any sheet")


def _times(said: Mapping[str, str], name: str) -> int:
    """How often a row or a cell is repeated."""
    value = said.get(name, "1")
    return int(value) if value.isdecimal() and len(value) <= _DIGITS else 1
