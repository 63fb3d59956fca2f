"""The files that the user named: paths, folders, patterns such as 'notes/**/*.md', and `-` for stdin."""

from __future__ import annotations

import glob
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.files.limits import STANDARD_INPUT_BYTES

STANDARD_INPUT = Path("-")
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class InputFile:
    """An input file and its name within the source; the ids of its documents start with that name.

    `named` is true if the user named the file itself, and false if it was found in a folder.
    """

    path: Path
    name: str
    named: bool = True

    @property
    def label(self) -> str:
        """The file as messages refer to it."""
        return self.name if self.path.name.startswith(_SPOOLED) else str(self.path)


_SPOOLED = "glaswerk-standard-input-"


def find_inputs(paths: Sequence[Path], left_out: Counter[str]) -> list[InputFile]:
    """The files to read, each once, in the order of the paths. Hidden files in folders are skipped.

    Links that lead out of a folder are counted in `left_out`. Raises GlaswerkError for a missing path, a
    pattern without a match, and anything that is not a regular file.
    """
    found = [file for path in paths for file in _meant(path, left_out)]
    return list({file.path: file for file in found}.values())


def _meant(path: Path, left_out: Counter[str]) -> Iterator[InputFile]:
    if path.is_dir():
        yield from _inside(path, path, left_out)
    elif path.exists():
        if not path.is_file():
            raise not_regular(path)
        yield InputFile(path, "standard-input" if path.name.startswith(_SPOOLED) else path.name)
    elif glob.has_magic(str(path)):
        yield from _matching(path, left_out)
    else:
        raise GlaswerkError(f"expected a file or folder, found nothing at {path}", hint="check the path")


def _matching(pattern: Path, left_out: Counter[str]) -> Iterator[InputFile]:
    """The files that match a pattern, named relative to the folder above its first wildcard."""
    matches = sorted(Path(match) for match in glob.glob(str(pattern), recursive=True))
    if not matches:
        raise GlaswerkError(
            f"expected files that match {pattern}, found none", hint=f"check the pattern: ls {pattern.parent}"
        )
    plain = next(i for i, part in enumerate(pattern.parts) if glob.has_magic(part))
    root = Path(*pattern.parts[:plain])
    for match in matches:
        if match.is_dir():
            yield from _inside(match, root, left_out)
        elif match.is_file():
            yield InputFile(match, match.relative_to(root).as_posix())


def _inside(folder: Path, root: Path, left_out: Counter[str]) -> Iterator[InputFile]:
    """Regular files below `folder`; links that lead out of it are counted, not followed."""
    home = folder.resolve()
    for directory, folders, names in os.walk(folder, followlinks=False):
        for name in [n for n in folders if not n.startswith(".") and (Path(directory) / n).is_symlink()]:
            left_out["outside_link"] += not (Path(directory) / name).resolve().is_relative_to(home)
        folders[:] = sorted(n for n in folders if not n.startswith("."))
        for name in sorted(n for n in names if not n.startswith(".")):
            file = Path(directory) / name
            if file.is_symlink() and not file.resolve().is_relative_to(home):
                left_out["outside_link"] += 1
            elif file.is_file():
                yield InputFile(file, file.relative_to(root).as_posix(), named=False)
            else:
                left_out["unsupported_file"] += 1


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
