"""Typed documents that a program of limited time and memory reads: RTF and LaTeX."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from glaswerk.data.documents import programs
from glaswerk.data.documents.reading import Rows
from glaswerk.data.files.limited_process import run_limited
from glaswerk.data.files.limits import MARKUP_BYTES
from glaswerk.data.files.stored import StoredFile

_PROGRAMS = Path(programs.__file__).parent


def reader(program: str) -> Callable[[StoredFile], Rows]:
    """A reader of files that are one document each, through the file `programs/PROGRAM.py`."""

    def rows(stored: StoredFile) -> Rows:
        yield "", run_limited(_PROGRAMS / f"{program}.py", stored.whole(MARKUP_BYTES))

    return rows
