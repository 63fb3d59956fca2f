"""An X account archive as untrusted input: a zip or an unpacked folder, read in memory within limits.

Nothing is ever extracted, so no name inside an archive can become a path on this machine.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any, Protocol

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_file, digest_files
from glaswerk.data.files.inputs import not_regular
from glaswerk.data.files.limits import (
    UNPACK_RATIO,
    UNPACK_RATIO_FREE_BYTES,
    UNPACKED_BYTES,
    X_ARCHIVE_MEMBER_BYTES,
)
from glaswerk.data.files.stored import DAMAGE
from glaswerk.data.posts.layout import GLOBS, is_member, root_of

_PIECE = 1 << 20
_AGAIN = "download the archive from X again (Settings, Your account), then add the new file"
_BLANKS = re.compile(rb"\s*")
_FOREIGN = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)")


class Archive(Protocol):
    """What a zip and a folder have in common. `label` is the path as the user gave it, for messages."""

    label: str

    def names(self) -> list[str]:
        """Names of the data files, relative to the archive's root, sorted."""

    def read(self, name: str) -> bytes:
        """The bytes of one data file, within the limits."""

    def close(self) -> None:
        """Release the files that are open."""


def open_archive(path: Path) -> Archive:
    """Open a zip or an unpacked folder.

    Raises GlaswerkError for a missing, truncated or foreign file, or one with names that point outside.
    """
    if path.is_dir():
        return FolderArchive(path)
    if not path.exists():
        raise GlaswerkError(f"expected an X archive, found nothing at {path}", hint="check the path")
    return ZipArchive(path)


def archive_digest(path: Path) -> str:
    """Content id of an archive: the zip's bytes, or the data files of a folder.

    Raises GlaswerkError for a file that is not regular: reading a named pipe would block for ever.
    """
    if not path.is_dir():
        return _digest_regular(path)
    folder = FolderArchive(path)
    return digest_files({name: _digest_regular(path / name) for name in folder.names()})


def _digest_regular(path: Path) -> str:
    if path.exists() and not path.is_file():
        raise not_regular(path)
    return digest_file(path)


class FolderArchive:
    """An archive that its owner unpacked."""

    def __init__(self, path: Path) -> None:
        self.label = str(path)
        self._root = path.resolve()

    def names(self) -> list[str]:
        """Names of the data files, relative to the folder, sorted."""
        found = (path for pattern in GLOBS for path in self._root.glob(pattern))
        return sorted(path.relative_to(self._root).as_posix() for path in found)

    def read(self, name: str) -> bytes:
        """The bytes of a data file. Raises GlaswerkError if it is missing, too large or foreign."""
        path = (self._root / name).resolve()
        if _FOREIGN.search(name) or not path.is_relative_to(self._root):
            raise _outside(self.label, name)
        try:
            size = path.stat().st_size
            if size > X_ARCHIVE_MEMBER_BYTES:
                raise _too_big(self.label, name, size, X_ARCHIVE_MEMBER_BYTES)
            return path.read_bytes()
        except OSError as error:
            raise missing_member(self.label, name) from error

    def close(self) -> None:
        """Nothing is open."""


class ZipArchive:
    """A zip as X provides it; a single top folder around everything is accepted."""

    def __init__(self, path: Path) -> None:
        self.label = str(path)
        self._left = UNPACKED_BYTES
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError, EOFError) as error:
            raise _broken_zip(self.label, error) from error
        try:
            self._prefix = self._find_prefix()
        except GlaswerkError:
            self._zip.close()
            raise

    def _find_prefix(self) -> str:
        names = self._zip.namelist()
        for name in names:
            # The stored name, because ZipInfo.filename ends at a NUL, which could hide a second name.
            if _FOREIGN.search(name) or name != self._zip.getinfo(name).orig_filename:
                raise _outside(self.label, self._zip.getinfo(name).orig_filename)
        prefix = root_of(names) or ""
        counts = Counter(n for n in names if n.startswith(prefix) and is_member(n.removeprefix(prefix)))
        twice = next((n for n, count in counts.items() if count > 1), None)
        if twice is not None:
            raise GlaswerkError(f"expected each file once in {self.label}, found {twice} twice", hint=_AGAIN)
        return prefix

    def names(self) -> list[str]:
        """Names of the data files, relative to the archive's root, sorted."""
        found = (n for n in self._zip.namelist() if n.startswith(self._prefix))
        return sorted(name for n in found if is_member(name := n.removeprefix(self._prefix)))

    def read(self, name: str) -> bytes:
        """The bytes of a data file. Raises GlaswerkError if it is missing, encrypted, broken or too large."""
        try:
            info = self._zip.getinfo(self._prefix + name)
        except KeyError as error:
            raise missing_member(self.label, name) from error
        self._check(info, name)
        pieces: list[bytes] = []
        try:
            with self._zip.open(info) as member:
                while piece := member.read(_PIECE):
                    pieces.append(piece)
                    self._left -= len(piece)
                    if self._left < 0:
                        raise _too_big(self.label, name, UNPACKED_BYTES - self._left, UNPACKED_BYTES)
        except DAMAGE as error:
            raise _broken_zip(f"{self.label} ({name})", error) from error
        return b"".join(pieces)

    def _check(self, info: zipfile.ZipInfo, name: str) -> None:
        if info.flag_bits & 1:
            raise GlaswerkError(
                f"expected an archive without a password, found {name} encrypted in {self.label}",
                hint="unpack it with its password and add the folder",
            )
        limit = min(X_ARCHIVE_MEMBER_BYTES, self._left)
        if info.file_size > limit:
            raise _too_big(self.label, name, info.file_size, limit)
        ratio = info.file_size / max(info.compress_size, 1)
        if info.file_size > UNPACK_RATIO_FREE_BYTES and ratio > UNPACK_RATIO:
            raise GlaswerkError(
                f"expected {name} in {self.label} to unpack at most {UNPACK_RATIO}:1, found "
                f"{ratio:,.0f}:1 to {info.file_size:,} bytes, as in a zip bomb",
                hint=_AGAIN,
            )

    def close(self) -> None:
        """Close the zip file."""
        self._zip.close()


def parse_assignment(data: bytes, where: str, *, tolerant: bool = False, target: str = "window.") -> str:
    """The JSON text after the first `=` of `window.… = …`, or of an assignment that starts with `target`.

    Raises GlaswerkError if the assignment is missing, or the bytes are not UTF-8 and `tolerant` is off.
    """
    end = data.find(b"=")
    head = data[: max(end, 0)]
    if not head.removeprefix(b"\xef\xbb\xbf").strip().startswith(target.encode()):
        raise GlaswerkError(f"expected {where} to begin with '{target}… =', found {data[:40]!r}", hint=_AGAIN)
    # Avoids a copy of a 100 MB part: `strip` returns the same string if there is nothing to strip.
    blanks = _BLANKS.match(data, end + 1)
    start = blanks.end() if blanks else end + 1
    body = parse_text(memoryview(data)[start:], where, tolerant=tolerant, offset=start)
    return body.strip().removesuffix(";")


def parse_text(data: bytes | memoryview, where: str, *, tolerant: bool = False, offset: int = 0) -> str:
    """`data`, which starts at `offset` of its file, as text.

    Raises GlaswerkError if it is not UTF-8; with `tolerant`, such bytes become U+FFFD.
    """
    try:
        return str(data, "utf-8")
    except UnicodeDecodeError as error:
        if not tolerant:
            raise GlaswerkError(
                f"expected UTF-8 in {where}, found byte 0x{data[error.start]:02x} "
                f"at offset {offset + error.start}",
                hint=f"{_AGAIN}; or read what is readable with --tolerant",
            ) from error
        return str(data, "utf-8", "replace")


def parse_json(text: str, where: str) -> Any:
    """`json.loads` with errors that name the file and the position."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise GlaswerkError(
            f"expected JSON in {where}, found an error at line {error.lineno} column {error.colno}: "
            f"{error.msg}",
            hint=f"{_AGAIN}; or read what is readable with --tolerant",
        ) from error
    except (RecursionError, ValueError) as error:
        raise GlaswerkError(f"expected JSON in {where}, found {error}", hint=_AGAIN) from error


def missing_member(label: str, name: str) -> GlaswerkError:
    """The error for a data file that the archive names but does not contain."""
    return GlaswerkError(f"expected {name} in {label}, found no such file in it", hint=_AGAIN)


def _broken_zip(label: str, error: Exception) -> GlaswerkError:
    return GlaswerkError(
        f"expected a complete zip file, found {label} broken or cut off: {error}", hint=_AGAIN
    )


def _outside(label: str, name: str) -> GlaswerkError:
    return GlaswerkError(
        f"expected names inside the archive {label}, found {name!r}, which points outside",
        hint=_AGAIN,
    )


def _too_big(label: str, name: str, size: int, limit: int) -> GlaswerkError:
    return GlaswerkError(
        f"expected at most {limit:,} bytes in {name} of {label}, found {size:,}", hint=_AGAIN
    )
