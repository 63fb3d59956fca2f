"""Reading marks from a file: ids, addresses and handles, or the deletion events of X's streams."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.references import HOST, X_PREFIX, document_id
from glaswerk.lab.tombstones import Tombstone

LINE_LIMIT = 1 << 20
_PROFILE = re.compile(HOST + r"/[@＠]?(\w+)/?(?:[?#].*)?", re.ASCII | re.I)
_PAGE = re.compile(HOST + r"/[@＠]?(\w+)(?:[/?#].*)?", re.ASCII | re.I)
# Ids of the lab: a post of X ("x:1850"), or the source's name before the rest ("gazette:week-1.md").
_ID = re.compile(r"\w[\w.-]*:(?!//).+")


def read_marks(path: Path, why: str = "") -> Iterator[Tombstone]:
    """One mark for each line that is neither blank nor a comment (#).

    A line is an id of the lab, the number of a post on X, the address of a post or profile, an @handle, or
    an event {"delete": {"status": {"id_str": "…"}}}. Raises GlaswerkError, naming the line, for anything
    else: skipping a line would mean that a deletion is not carried out.
    """
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(LINE_LIMIT):
            number += 1
            line = _text(raw, number)
            if line is None:
                raise _unknown(path, number, raw)
            if line and not line.startswith("#"):
                found = _deleted(line) if line.startswith("{") else _named(line)
                if found is None:
                    raise _unknown(path, number, raw)
                yield Tombstone(*found, why=why)


def handle_of(author: str) -> str:
    """The handle in the address of a profile or of one of its pages; any other name without surrounding
    spaces and invisible characters."""
    name = "".join(letter for letter in author if unicodedata.category(letter) != "Cf").strip()
    found = _PAGE.fullmatch(name)
    return found[1] if found else name


def _text(raw: bytes, number: int) -> str | None:
    try:
        return raw.decode("utf-8-sig" if number == 1 else "utf-8").strip() if len(raw) < LINE_LIMIT else None
    except UnicodeDecodeError:
        return None


def _named(line: str) -> tuple[Any, str] | None:
    if _PROFILE.fullmatch(line) or re.fullmatch(r"[@＠]\w+", line):
        return "author", handle_of(line)
    try:
        identifier = document_id(line)
    except GlaswerkError:
        return None
    if identifier.startswith(X_PREFIX):
        return ("id", identifier) if _is_number(identifier.removeprefix(X_PREFIX)) else None
    return ("id", identifier) if _ID.fullmatch(identifier) else None


def _deleted(line: str) -> tuple[Any, str] | None:
    """The post of a deletion event in the streams of X's first API, which has `id` as well as `id_str`."""
    try:
        event = json.loads(line)
        status = event["delete"]["status"]
        identifier = status.get("id_str", status.get("id"))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    if isinstance(identifier, bool) or not isinstance(identifier, int | str):
        return None
    return ("id", X_PREFIX + str(identifier)) if _is_number(str(identifier)) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 20


def _unknown(path: Path, number: int, raw: bytes) -> GlaswerkError:
    return GlaswerkError(
        f"expected an id, address, @handle or deletion event in {path}, line {number:,}, found {raw[:60]!r}",
        hint="write x:1850, SOURCE:ID, https://x.com/name/status/1850, @name or "
        '{"delete": {"status": {"id_str": "1850"}}}; a comment begins with #',
    )
