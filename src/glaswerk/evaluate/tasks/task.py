"""A task: which records of the installed evaluation sets to take, and how to measure with them.

A file `NAME.toml`:

    name = "arc-easy"
    title = "ARC easy: the right answer is likeliest"
    section = "knowledge"
    kind = "choice"
    fields = ["query", "choices", "gold"]
    where = { task = "arc_easy" }
    [choice]
    context = "Question: {query}\\nAnswer:"
    choices = "choices"
    gold = "gold"

`fields`: what a record has to have. `where`: values that fields must have. The table with the name of the
kind is read by the kind.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from glaswerk.core.errors import GlaswerkError

Section = Literal["truth", "politics", "knowledge", "social", "safety"]
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_TASK_BYTES = 64 << 10
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Task:
    """What a task file says. `settings` is the table of its kind; `note`: known flaws, shown beside it.

    `quick`: measured by `evaluate --quick`, too.
    """

    name: str
    title: str
    section: Section
    kind: str
    fields: tuple[str, ...]
    where: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    quick: bool = False

    def takes(self, record: Mapping[str, Any]) -> bool:
        """Whether a record has the task's fields and values."""
        return all(name in record for name in self.fields) and all(
            record.get(name) == value for name, value in self.where.items()
        )


def read_task(path: Path) -> Task:
    """Read a task file. Raises GlaswerkError naming file and field."""
    try:
        if path.stat().st_size > _TASK_BYTES:
            raise wrong(path, f"expected at most {_TASK_BYTES:,} bytes")
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise wrong(path, str(error)) from error
    return _task(path, data)


def _task(path: Path, data: Mapping[str, Any]) -> Task:
    kind = _text(path, data, "kind")
    known = {"name", "title", "section", "kind", "fields", "where", "note", "quick", kind}
    if unknown := sorted(set(data) - known):
        raise wrong(path, f"unknown field {unknown[0]!r}; known are {', '.join(sorted(known))}")
    name, section = _text(path, data, "name"), _text(path, data, "section")
    if not _NAME.fullmatch(name):
        raise wrong(path, f"name takes small letters, digits and - . _, found {name!r}")
    if section not in get_args(Section):
        raise wrong(path, f"section is one of {', '.join(get_args(Section))}, found {section!r}")
    return Task(
        name,
        _text(path, data, "title"),
        section,  # type: ignore[arg-type]  # checked in the line above
        kind,
        _texts(path, data.get("fields", [])),
        _table(path, data, "where"),
        _table(path, data, kind),
        str(data.get("note", "")),
        bool(data.get("quick", False)),
    )


def filled(template: str, record: Mapping[str, Any]) -> str:
    """The template with the values of fields for {field}. Braces in values stay as they are."""
    return _SLOT.sub(lambda found: str(record.get(found[1], found[0])), template)


def wrong(path: Path | str, problem: str) -> GlaswerkError:
    """The error for a wrong task file."""
    return GlaswerkError(
        f"the task file {path}: {problem}",
        hint="docs/how-to/evaluate.md shows a whole file",
    )


def _text(path: Path, data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value.strip():
        raise wrong(path, f"{name!r} takes a text, found {value!r}")
    return value


def _texts(path: Path, values: object) -> tuple[str, ...]:
    if (
        not isinstance(values, Sequence)
        or isinstance(values, str)
        or not all(isinstance(v, str) for v in values)
    ):
        raise wrong(path, f"'fields' takes a list of names, found {values!r}")
    return tuple(values)


def _table(path: Path, data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name, {})
    if not isinstance(value, Mapping):
        raise wrong(path, f"{name!r} takes a table, found {value!r}")
    return value
