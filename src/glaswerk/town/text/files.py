"""Finds, reads and exports the text files of a town."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import write_atomic
from glaswerk.town.text.checks import check_texts
from glaswerk.town.text.parsers import (
    parse_accounts,
    parse_chats,
    parse_gazette,
    parse_issues,
    parse_names,
    parse_notices,
    parse_opinions,
    parse_outside,
    parse_places,
    parse_private,
    parse_rumours,
    parse_smalltalk,
    parse_stories,
    parse_values,
    parse_voices,
)
from glaswerk.town.text.records import Relation, Texts
from glaswerk.town.text.relation import SUBJECT_KINDS, parse_relation
from glaswerk.town.text.table import Table, TextFile, suggestion

SHIPPED = Path(__file__).parent
# The largest shipped file has 14 kB.
FILE_LIMIT = 1_000_000
EXPORT_HINT = "start from the shipped texts: glaswerk town NEW_FOLDER --export-text"

_PARSERS: dict[str, Callable[[Table], Any]] = {
    "names": parse_names,
    "values": parse_values,
    "places": parse_places,
    "accounts": parse_accounts,
    "voices": parse_voices,
    "issues": parse_issues,
    "opinions": parse_opinions,
    "rumours": parse_rumours,
    "smalltalk": parse_smalltalk,
    "stories": parse_stories,
    "notices": parse_notices,
    "gazette": parse_gazette,
    "chats": parse_chats,
    "outside": parse_outside,
    "private": parse_private,
}
FILE_NAMES = (*(f"{name}.toml" for name in _PARSERS), *(f"relations/{name}.toml" for name in SUBJECT_KINDS))


def load_texts(folder: Path | None = None) -> Texts:
    """The texts in `folder`, with the shipped file for each that is missing there; or the shipped texts.

    The result is cached by content, so an edited file is read again.

    Raises:
        GlaswerkError: if the folder or a file in it cannot be read or breaks a rule; the message names the
            file and the line.
    """
    own = {} if folder is None else _own_files(folder)
    named = {name: str(folder / name) if folder and name in own else name for name in FILE_NAMES}
    content = tuple(
        (name, named[name], own.get(name) or (SHIPPED / name).read_bytes()) for name in FILE_NAMES
    )
    return _parsed(content)


def export_texts(folder: Path) -> int:
    """Write the shipped text files into a new or empty folder and return how many there are.

    Raises:
        GlaswerkError: if the folder holds anything, so that no edited file is overwritten.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise GlaswerkError(
                f"expected a new or empty folder for the texts, found files in {folder}",
                hint="glaswerk town ANOTHER_FOLDER --export-text",
            )
        (folder / "relations").mkdir()
        for name in FILE_NAMES:
            write_atomic(folder / name, (SHIPPED / name).read_bytes())
    except OSError as error:
        raise GlaswerkError(
            f"expected a folder to write the texts to, found {folder}: {error.strerror}",
            hint="glaswerk town ANOTHER_FOLDER --export-text",
        ) from error
    return len(FILE_NAMES)


def _own_files(folder: Path) -> dict[str, bytes]:
    """The text files of a folder by name; other .toml files are refused, because they would be ignored."""
    try:
        found = [*folder.glob("*.toml"), *folder.glob("relations/*.toml")] if folder.is_dir() else None
    except OSError:
        found = None
    if not found:
        what = "a folder with text files" if found is None else "text files such as names.toml in the folder"
        raise GlaswerkError(f"expected {what}, found {folder}", hint=EXPORT_HINT)
    files = {}
    for path in sorted(found):
        name = path.relative_to(folder).as_posix()
        if name not in FILE_NAMES:
            raise GlaswerkError(
                f"expected only the text files of a town in {folder}, "
                f"found {name}{suggestion(name, FILE_NAMES)}",
                hint="rename it; all names: glaswerk town NEW_FOLDER --export-text",
            )
        files[name] = _read(path, folder)
    return files


def _read(path: Path, folder: Path) -> bytes:
    try:
        if not path.resolve(strict=True).is_relative_to(folder.resolve()):
            raise GlaswerkError(
                f"expected a file inside {folder}, found {path}, a link to {path.resolve()}",
                hint="copy the file into the folder",
            )
        if not path.is_file():
            raise GlaswerkError(f"expected a regular file, found {path}", hint="write its content to a file")
        with path.open("rb") as file:
            content = file.read(FILE_LIMIT + 1)
    except (OSError, RuntimeError) as error:
        raise GlaswerkError(
            f"expected a file that can be read, found {path}: {error}", hint=EXPORT_HINT
        ) from error
    if len(content) > FILE_LIMIT:
        raise GlaswerkError(
            f"expected a text file of at most {FILE_LIMIT:,} bytes, found {path} with more",
            hint="shorten its lists",
        )
    if not content.strip():
        raise GlaswerkError(f"expected TOML, found {path}, which is empty", hint=EXPORT_HINT)
    return content


@lru_cache(maxsize=4)
def _parsed(content: tuple[tuple[str, str, bytes], ...]) -> Texts:
    found: dict[str, Any] = {}
    relations = {}
    for name, shown, raw in content:
        stem = name.removesuffix(".toml")
        record = _record(stem, shown, raw)
        if isinstance(record, Relation):
            relations[record.name] = record
        else:
            found[stem] = record
    voices, institution = found.pop("voices")
    files = {name: raw for name, _, raw in content}
    texts = Texts(**found, voices=voices, institution=institution, relations=relations, files=files)
    check_texts(texts)
    return texts


@lru_cache(maxsize=64)
def _record(stem: str, shown: str, raw: bytes) -> Any:
    """The record of one file, cached: an edited folder mostly holds shipped files."""
    table = _table(shown, raw)
    if stem in _PARSERS:
        record = _PARSERS[stem](table)
    else:
        record = parse_relation(table, stem.removeprefix("relations/"))
    table.close()
    return record


def _table(shown: str, raw: bytes) -> Table:
    try:
        # Editors on Windows put a byte order mark in front, and TOML knows none.
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise GlaswerkError(
            f"{shown}, line {line}: expected UTF-8, found the byte 0x{raw[error.start]:02x}",
            hint="save the file as UTF-8",
        ) from error
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise GlaswerkError(
            f"{shown}: expected TOML, found an error: {error}",
            hint="a list of lines begins with three single quotes and ends with three",
        ) from error
    return Table(TextFile(shown, tuple(text.splitlines())), values)
