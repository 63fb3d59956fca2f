"""Atomic writes: temporary name, fsync, rename."""

from __future__ import annotations

import json
import os
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

# The target and the process of a temporary file.
_TEMPORARY = re.compile(r"\.(.+)\.([1-9][0-9]*)\.tmp")
_STARTED = time.time()


def fsync_path(path: Path) -> None:
    """Flush a file or folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def create_private(path: Path) -> None:
    """Make an empty file that only its owner may read, if nothing is there.

    A file that is there is not even opened: closing it would drop every lock that this process holds on it
    (POSIX, fcntl), also those of an SQLite connection in another thread.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def temporary_of(path: Path) -> Path:
    """The name under which this process writes a file before it is renamed to `path`."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def sweep_temporaries(folder: Path, *, of: str = "") -> list[Path]:
    """Remove the temporary files that processes which were killed left below a folder; returns them.

    Those of running processes stay. With `of`, only those of the file of that name in `folder` itself.
    """
    found = []
    for place, folders, names in os.walk(folder):
        for name in names:
            match = _TEMPORARY.fullmatch(name)
            path = Path(place, name)
            if match and of in ("", match[1]) and _is_left(path, match[2]):
                path.unlink(missing_ok=True)
                found.append(path)
        if of:
            folders.clear()
    return found


def _is_left(path: Path, process: str) -> bool:
    """Whether the process that wrote a temporary file is gone."""
    try:
        os.kill(int(process), 0)
        # In containers the numbers of processes are the same at every start.
        return int(process) == os.getpid() and path.lstat().st_mtime < _STARTED
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:
        return False


def write_atomic(path: Path, data: str | bytes, mode: int = 0o666) -> None:
    """Replace the contents of `path` by `data`; a reader sees the old file or the new one, never a part.

    mode: permissions of the new file, reduced by the process's umask. Raises OSError, and leaves no
    temporary file.
    """
    temporary = temporary_of(path)
    try:
        with open(temporary, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    fsync_path(path.parent)


def write_json(path: Path, value: Any, mode: int = 0o666) -> None:
    """Write `value` as indented UTF-8 JSON, atomically; `mode` as in `write_atomic`."""
    write_atomic(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n", mode)
