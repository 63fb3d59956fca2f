"""Input files that could not be read to their end: named, so that one of them never stops a folder."""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.terminal import one_line
from glaswerk.data.files.limits import CONTAINER_DEPTH, HOLES_FREE_BYTES, UNPACK_RATIO

# A file for which one of these was counted was not read to its end.
DAMAGE_REASONS = (
    "broken_file",
    "cut_off",
    "bomb",
    "wide_window",
    "nested_container",
    "encrypted",
    "unreadable",
)
# So many are listed; the rest are counted.
LISTED = 100
_WORDS = 300
# Pieces of a file with holes that are looked at, before it counts as whole.
_PIECES = 10_000


@dataclass(frozen=True, slots=True)
class BadFile:
    """A file that was left out, wholly or in part: its name, the reason, and what was wrong with it."""

    name: str
    reason: str
    error: str = ""


@dataclass(slots=True)
class BadFiles:
    """The bad files of one source. `listed` has the first LISTED, and `count` is the number of all.

    With `strict`, the first one is an error.
    """

    listed: list[BadFile] = field(default_factory=list)
    count: int = 0
    strict: bool = False

    def add(self, name: str, reason: str, error: object = "") -> None:
        """Name one file. Raises GlaswerkError if `strict`: `error`, if it is one."""
        if self.strict:
            raise error if isinstance(error, GlaswerkError) else _refused(one_line(name), reason)
        self.count += 1
        if len(self.listed) < LISTED:
            message = getattr(error, "message", None) or str(error)
            self.listed.append(BadFile(one_line(name), reason, one_line(message)[:_WORDS]))

    def figures(self) -> dict[str, object]:
        """For the statistics of a source: `bad_files` and their number, or nothing if there are none."""
        if not self.count:
            return {}
        rows = [{"file": f.name, "reason": f.reason, "error": f.error} for f in self.listed]
        return {"bad_files": rows, "bad_file_count": self.count}


def refuse_bad(source: str, stats: Mapping[str, Any]) -> None:
    """Raises GlaswerkError if a source that was added without `strict` has bad files."""
    if bad := stats.get("bad_files"):
        error = _refused(bad[0]["file"], bad[0]["reason"])
        raise GlaswerkError(
            f"{error.message} in the source {source}, which was added without --strict", hint=error.hint
        )


def _refused(name: str, reason: str) -> GlaswerkError:
    return GlaswerkError(
        f"expected files that can be read to their end, found {name} ({reason})",
        hint=f"glaswerk explain {reason}",
    )


def unread(label: str, reason: str) -> GlaswerkError:
    """The error for a file of which a part was left out for one of DAMAGE_REASONS."""
    if reason == "nested_container":
        return GlaswerkError(
            f"expected archives at most {CONTAINER_DEPTH} deep, found an archive inside an archive below that"
            f" in {label}",
            hint="unpack the outer ones, and add the folder: glaswerk add docs FOLDER --licence …",
        )
    return GlaswerkError(
        f"expected a complete file, found {label} broken or cut off: {reason}",
        hint=f"glaswerk explain {reason}",
    )


def damage(before: Mapping[str, int], after: Counter[str]) -> str:
    """The first reason among DAMAGE_REASONS that was counted since `before`; "" if there is none."""
    return next((reason for reason in DAMAGE_REASONS if after[reason] > before.get(reason, 0)), "")


def is_hollow(path: Path) -> bool:
    """Whether a file is far larger than its data: a sparse file, which unpacks as a bomb does.

    Raises OSError if it cannot be opened. False where the system does not know of holes.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size <= HOLES_FREE_BYTES or not hasattr(os, "SEEK_DATA"):
            return False
        return _data(file.fileno(), size // UNPACK_RATIO) * UNPACK_RATIO < size


def _data(handle: int, enough: int) -> int:
    """The bytes of a file that are stored, counted until there are `enough`."""
    found = end = 0
    for _ in range(_PIECES):
        try:
            start = os.lseek(handle, end, os.SEEK_DATA)
        except OSError as error:
            # ENXIO: no data after `end`. Anything else: a file system that does not know.
            return found if error.errno == errno.ENXIO else enough + 1
        end = os.lseek(handle, start, os.SEEK_HOLE)
        found += end - start
        if found > enough:
            break
    return enough + 1
