"""The words of an office document from its XML, in the order in which they are read.

Paragraphs are separated by a blank line, rows of a table by a line break and its cells by a tab; notes are
below the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from glaswerk.data.files.xml_events import Event

_MOST_SPACES = 100


@dataclass(frozen=True, slots=True)
class Dialect:
    """The names of elements in one family of formats.

    `hidden` is not read at all; `texts` contain the words (all elements if it is empty); `marks` are
    characters written as elements; `notes` are moved below the text. `hidden_classes` are frames, and kinds
    of placeholders on slides, that repeat what stands around the text.
    """

    hidden: frozenset[str]
    paragraphs: frozenset[str]
    cells: frozenset[str]
    row: str
    marks: Mapping[str, str]
    texts: frozenset[str] = frozenset()
    notes: frozenset[str] = frozenset()
    hidden_classes: frozenset[str] = frozenset()


@dataclass(slots=True)
class _State:
    hidden: int = 0
    cells: int = 0
    notes: int = 0
    open_texts: int = 0
    # Hidden by a property of a run; inside a placeholder that repeats what stands around the text.
    vanished: bool = False
    silent: bool = False
    body: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        (self.below if self.notes else self.body).append(text)


def words(events: Iterable[Event], dialect: Dialect) -> str:
    """The words of one part."""
    state = _State()
    for name, what in events:
        if isinstance(what, dict):
            _start(name, what, state, dialect)
        elif what is None:
            _end(name, state, dialect)
        elif (
            not state.hidden
            and not state.vanished
            and not state.silent
            and (state.open_texts or not dialect.texts)
        ):
            state.add(what if dialect.texts else re.sub(r"\s+", " ", what))
    text = "".join([*state.body, "\f", *state.below]).replace("\f", "\n\n")
    lines = (re.sub(r" +\t", "\t", line).strip(" \t") for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _start(name: str, attributes: Mapping[str, str], state: _State, dialect: Dialect) -> None:
    if state.hidden or name in dialect.hidden or attributes.get("class") in dialect.hidden_classes:
        state.hidden += 1
    elif name in dialect.texts:
        state.open_texts += 1
    elif name in dialect.cells:
        state.cells += 1
    elif name in dialect.notes:
        state.notes += 1
    elif name in dialect.marks and not state.vanished and not state.silent:
        count = attributes.get("c", "1")
        state.add(dialect.marks[name] * min(int(count) if count.isdecimal() else 1, _MOST_SPACES))
    elif name == "ph":
        # A placeholder, named before its words.
        state.silent = attributes.get("type") in dialect.hidden_classes
    elif name == "vanish":
        # Word's hidden text: a property of a run, before its words.
        state.vanished = attributes.get("val", "1").lower() not in ("0", "false", "off")


def _end(name: str, state: _State, dialect: Dialect) -> None:
    if state.hidden:
        state.hidden -= 1
    elif name in dialect.texts:
        state.open_texts -= 1
    elif name in dialect.paragraphs:
        state.add(" " if state.cells and not state.notes else "\f")
    elif name in dialect.cells:
        state.cells -= 1
        state.add("\t")
    elif name == dialect.row:
        state.add("\n" if not state.cells else " ")
    elif name == "table" or name == "tbl":
        state.add("\f" if not state.cells else " ")
    elif name in dialect.notes:
        state.notes -= 1
    elif name == "r":
        state.vanished = False
    elif name == "sp":
        state.silent = False
