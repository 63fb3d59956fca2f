"""Edits text files and reports what the loader says about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.town.text import load_texts


def edit(folder: Path, name: str, old: str, new: str) -> int:
    """Replace the first `old` in a file that is in no comment by `new` and return the number of its line."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    at = text.index(old)
    while text[text.rfind("\n", 0, at) + 1] == "#":
        at = text.index(old, at + 1)
    path.write_text(text[:at] + new + text[at + len(old) :], encoding="utf-8")
    return text[:at].count("\n") + 1


def refusal(folder: Path) -> str:
    """The message of the error, which always has a hint."""
    with pytest.raises(GlaswerkError) as caught:
        load_texts(folder)
    assert caught.value.hint
    return caught.value.message
