"""The files that the user named: paths, folders, patterns such as 'notes/**/*.md', and `-` for stdin."""

from __future__ import annotations

import glob
import os
import shlex
import stat
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.terminal import one_line
from glaswerk.data.files.bad_files import BadFiles
from glaswerk.data.files.limits import STANDARD_INPUT_BYTES

STANDARD_INPUT = Path("-")
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class InputFile:
    """An input file and its name within the source; the ids of its documents start with that name.

    `named` is true if the user named the file itself, and false if it was found in a folder or by a pattern.
    Names have no control characters: ids are written one a line.
    """

    path: Path
    name: str
    named: bool = True

    @property
    def label(self) -> str:
        """The file as messages refer to it."""
        return self.name if self.path.name.startswith(_SPOOLED) else one_line(str(self.path))


_SPOOLED = "glaswerk-standard-input-"


def find_inputs(
    paths: Sequence[Path], left_out: Counter[str], bad: BadFiles | None = None
) -> list[InputFile]:
    """The files to read, each once, in the order of the paths. Hidden files in folders are skipped.

    Links that lead out of a folder are counted in `left_out`; what cannot be looked at is counted there as
    unreadable and named in `bad`. Raises GlaswerkError for a missing path, a pattern without a match, and
    anything named that is not a regular file.
    """
    folders = _Folders(left_out, BadFiles() if bad is None else bad)
    found = [file for path in paths for file in _meant(path, folders)]
    return list({file.path: file for file in found}.values())


def _meant(path: Path, folders: _Folders) -> Iterator[InputFile]:
    if os.path.isdir(path):
        yield from folders.inside(path, path)
    elif os.path.exists(path):
        if not os.path.isfile(path):
            raise not_regular(path)
        name = "standard-input" if path.name.startswith(_SPOOLED) else path.name
        yield InputFile(path, one_line(name))
    elif glob.has_magic(str(path)):
        yield from _matching(path, folders)
    else:
        raise GlaswerkError(f"expected a file or folder, found nothing at {path}", hint="check the path")


def _matching(pattern: Path, folders: _Folders) -> Iterator[InputFile]:
    """The files that match a pattern, named relative to the folder above its first wildcard."""
    matches = sorted(Path(match) for match in glob.glob(str(pattern), recursive=True))
    if not matches:
        raise GlaswerkError(
            f"expected files that match {pattern}, found none", hint=f"check the pattern: ls {pattern.parent}"
        )
    plain = next(i for i, part in enumerate(pattern.parts) if glob.has_magic(part))
    root = Path(*pattern.parts[:plain])
    for match in matches:
        if os.path.isdir(match):
            yield from folders.inside(match, root)
        elif os.path.isfile(match):
            yield InputFile(match, one_line(match.relative_to(root).as_posix()), named=len(matches) == 1)


class _Folders:
    """Looks into folders, and counts what is there but is not read."""

    def __init__(self, left_out: Counter[str], bad: BadFiles) -> None:
        self._left_out, self._bad = left_out, bad

    def inside(self, folder: Path, root: Path) -> Iterator[InputFile]:
        """Regular files below `folder`; links that lead out of it are counted, not followed."""
        home = os.path.realpath(folder)
        for directory, folders, names in os.walk(folder, onerror=self._unreadable, followlinks=False):
            for name in [n for n in folders if not n.startswith(".") and os.path.islink(f"{directory}/{n}")]:
                self._left_out["outside_link"] += _leads_out(Path(directory, name), home)
            folders[:] = sorted(n for n in folders if not n.startswith("."))
            for name in sorted(n for n in names if not n.startswith(".")):
                file = Path(directory, name)
                if os.path.islink(file) and _leads_out(file, home):
                    self._left_out["outside_link"] += 1
                elif self._is_regular(file):
                    yield InputFile(file, one_line(file.relative_to(root).as_posix()), named=False)

    def _is_regular(self, file: Path) -> bool:
        """Whether a path is a file; pipes, sockets, devices and dangling links are counted."""
        try:
            regular = stat.S_ISREG(os.stat(file).st_mode)
        except PermissionError as error:
            self._unreadable(error)
            return False
        except OSError:
            regular = False
        self._left_out["unsupported_file"] += not regular
        return regular

    def _unreadable(self, error: OSError) -> None:
        self._left_out["unreadable"] += 1
        self._bad.add(str(error.filename), "unreadable", error.strerror or error)


def _leads_out(link: Path, home: str) -> bool:
    """Whether a link leads out of the folder `home`; one that leads round in circles does not."""
    return not Path(os.path.realpath(link)).is_relative_to(home)


@contextmanager
def spooled(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """`paths`, with `-` replaced by a temporary copy of standard input that exists inside the block."""
    if STANDARD_INPUT not in paths:
        yield list(paths)
        return
    with tempfile.NamedTemporaryFile(prefix=_SPOOLED) as spool:
        _copy(sys.stdin.buffer, spool)  # type: ignore[arg-type]
        yield [Path(spool.name) if path == STANDARD_INPUT else path for path in paths]


def _copy(source: BinaryIO, spool: BinaryIO) -> None:
    left = STANDARD_INPUT_BYTES
    while piece := source.read(_PIECE):
        left -= len(piece)
        if left < 0:
            raise GlaswerkError(
                f"expected at most {STANDARD_INPUT_BYTES:,} bytes on standard input, found more",
                hint="write it to a file and add that file",
            )
        spool.write(piece)
    spool.flush()


def stamp(path: Path) -> tuple[int, int]:
    """Size and modification time, to notice a file that changes while it is read."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def unreadable(label: str, error: OSError) -> GlaswerkError:
    """The error for a file that the system does not let us read."""
    return GlaswerkError(
        f"expected a file that can be read, found {label}: {error.strerror or error}",
        hint=f"check its permissions: ls -l {shlex.quote(label)}",
    )


def changed(label: str) -> GlaswerkError:
    """The error for a file that was written to while it was read."""
    return GlaswerkError(
        f"expected files that do not change, found {label} changed while it was read",
        hint="run the command again when nothing writes to the file, or add a copy",
    )


def not_regular(path: Path) -> GlaswerkError:
    """The error for a named pipe, socket or device, which may never end or never start."""
    return GlaswerkError(
        f"expected a regular file, found {path}, which is a pipe, socket or device",
        hint="write its content to a file and add that file",
    )
