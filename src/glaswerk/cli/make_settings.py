"""The table [serve.ground] that `glaswerk make` puts into lab.toml; what else is there stays."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glaswerk.core.artifact_files import LAB_SETTINGS
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import write_atomic

_TABLE = re.compile(r"^[ \t]*\[[ \t]*serve[ \t]*\.[ \t]*ground[ \t]*\][ \t]*(?:#[^\n]*)?\r?(?:\n|\Z)", re.M)
_NEXT_TABLE = re.compile(r"^[ \t]*\[", re.M)
_NOT_PRIVATE = re.compile(r"^([ \t]*private[ \t]*=[ \t]*)false\b", re.M)


def is_private(lab: Path) -> bool:
    """Whether the settings of the lab at this path say that private content is quoted."""
    file = lab / LAB_SETTINGS
    return file.exists() and _ground(_parsed(file, _text(file))).get("private") is True


def with_ground(lab: Path, *, private: bool) -> str:
    """The text of lab.toml with answers grounded, unless it says something of it, and `private` if asked.

    "" if there is no lab.toml. Raises GlaswerkError with the lines to add if they cannot be put in safely.
    """
    file = lab / LAB_SETTINGS
    if not file.exists():
        return ""
    text = _text(file)
    before = _parsed(file, text)
    table = dict(_ground(before)) or {"on": True}
    wanted = table | ({"private": True} if private else {})
    if wanted == _ground(before):
        return text
    edited = _edited(text, wanted) if not _ground(before) else _made_private(text)
    if not _gives(edited, before, wanted):
        lines = "; ".join(f"{key} = {str(value).lower()}" for key, value in wanted.items() if value is True)
        raise GlaswerkError(
            f"expected a table [serve.ground] in {file} that can be added to, found it in another form",
            hint=f"set there by hand, under [serve.ground]: {lines}; then the same command again",
        )
    return edited


def write_ground(lab: Path, *, private: bool) -> None:
    """Put it into lab.toml; the lab's write lock must be held. Raises GlaswerkError as `with_ground`."""
    if (text := with_ground(lab, private=private)) != _text(lab / LAB_SETTINGS):
        write_atomic(lab / LAB_SETTINGS, text)


def _text(file: Path) -> str:
    try:
        # Not read as text, which would change the ends of lines.
        return file.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise GlaswerkError(f"{file} is not valid TOML: {error}", hint="fix that line") from error


def _parsed(file: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise GlaswerkError(f"{file} is not valid TOML: {error}", hint="fix that line") from error


def _ground(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    serve = settings.get("serve", {})
    found = serve.get("ground", {}) if isinstance(serve, Mapping) else {}
    return found if isinstance(found, Mapping) else {"": found}


def _edited(text: str, wanted: Mapping[str, Any]) -> str:
    """With the lines of the table, in the empty one that is there or in a new one at the end."""
    lines = "".join(f"{key} = {str(value).lower()}\n" for key, value in wanted.items())
    if there := _TABLE.search(text):
        return f"{text[: there.end()].rstrip()}\n{lines}{text[there.end() :]}"
    return f"{text.rstrip()}\n\n[serve.ground]\n{lines}"


def _made_private(text: str) -> str:
    there = _TABLE.search(text)
    if there is None:
        return text
    after = _NEXT_TABLE.search(text, there.end())
    end = after.start() if after else len(text)
    table, count = _NOT_PRIVATE.subn(r"\1true", text[there.end() : end])
    added = "" if count else "private = true\n"
    return f"{text[: there.end()].rstrip()}\n{added}{table}{text[end:]}"


def _gives(text: str, before: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether the text is TOML that says what was said before, and `wanted`."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    expected: dict[str, Any] = copy.deepcopy(dict(before))
    serve = expected.setdefault("serve", {})
    if not isinstance(serve, dict):
        return False
    serve["ground"] = dict(wanted)
    return found == expected
