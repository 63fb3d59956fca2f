"""What is in files and folders that somebody hands over: which of it are posts, dialogues and documents.

Nothing is read beyond the heads of files; the readers decide later what of it comes in.
"""

from __future__ import annotations

import glob
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from glaswerk.core.artifact_files import LAB_SETTINGS, LEDGER
from glaswerk.data.files.bad_files import BadFiles
from glaswerk.data.files.inputs import InputFile, find_inputs, unreadable
from glaswerk.data.posts.detect import ARCHIVE, DUMP, EXPORT, kind_of
from glaswerk.data.posts.layout import is_archive_folder, is_data_file
from glaswerk.data.posts.recognise import is_api_record, is_post_of_x
from glaswerk.data.posts.tables import PARQUET, is_parquet_of_posts, is_table_of_posts

_HEAD = 1 << 16
_DIALOGUES = ({"messages"}, {"conversations"}, {"mapping"}, {"chat_messages"}, {"instruction", "output"})
_PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".heic", ".tif", ".tiff", ".bmp", ".svg"}


@dataclass(frozen=True, slots=True)
class Root:
    """A path that was given; the names of its files in a source begin with `name`, "" for nothing.

    So names, and with them the ids of documents, do not depend on what else was given.
    """

    path: Path
    name: str = ""

    @property
    def top(self) -> Path:
        """The folder or file itself; of a pattern, the folder above its first wildcard."""
        if os.path.lexists(self.path) or not glob.has_magic(str(self.path)):
            return self.path
        plain = next(i for i, part in enumerate(self.path.parts) if glob.has_magic(part))
        return Path(*self.path.parts[:plain])


@dataclass(slots=True)
class Survey:
    """`roots`: what was looked at. `posts`: archives of X; `exports`: of other networks; `dumps`: files with
    other people's posts, which need to be told how they were acquired. `chats` and `documents`: files for
    `add chats` and `add docs`, with their names in the source. `endings`: how many documents there are of
    each ending. `skipped`: by reason, what is left aside; `bad`: the files that cannot be read.
    """

    roots: Sequence[Root] = ()
    posts: list[Path] = field(default_factory=list)
    exports: list[Path] = field(default_factory=list)
    dumps: list[Path] = field(default_factory=list)
    chats: list[InputFile] = field(default_factory=list)
    documents: list[InputFile] = field(default_factory=list)
    bytes: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    bad: BadFiles = field(default_factory=BadFiles)

    @property
    def empty(self) -> bool:
        """Whether there is nothing that could be added."""
        return not (self.posts or self.exports or self.chats or self.dumps or self.documents)


def survey(roots: Sequence[Root]) -> Survey:
    """Look at files and folders; a file below two roots belongs to the first.

    Folders that are labs are left aside. Raises GlaswerkError for a path that does not exist or that cannot
    be read.
    """
    found, folders, seen = Survey(roots), _Folders(), set[str]()
    for root in roots:
        _need_readable(root.top)
        mine = set[str]()
        for file in folders.without_labs(root.top, find_inputs([root.path], found.skipped, found.bad), found):
            if (real := os.path.realpath(file.path)) not in seen:
                mine.add(real)
                _take(InputFile(file.path, _name(root, file), file.named), root, found, folders)
        seen |= mine
    return found


def is_lab(folder: Path) -> bool:
    """Whether a folder is a lab: what is in it was made from content, and is none."""
    return (folder / LAB_SETTINGS).is_file() and (folder / LEDGER).is_file()


def _need_readable(path: Path) -> None:
    """Raises GlaswerkError for a path that was given and that the system does not let us read."""
    try:
        if os.path.isdir(path):
            os.scandir(path).close()
        elif os.path.isfile(path):
            with path.open("rb") as file:
                file.read(1)
    except OSError as error:
        raise unreadable(str(path), error) from error


def _name(root: Root, file: InputFile) -> str:
    if not root.name:
        return file.name
    return root.name if file.path == root.path else f"{root.name}/{file.name}"


class _Folders:
    """Which folders are labs and unpacked archives of X; each is looked at once."""

    def __init__(self) -> None:
        self._is_archive, self._is_lab = cache(is_archive_folder), cache(is_lab)

    def archive_around(self, folder: Path, top: Path) -> Path | None:
        """The unpacked archive of X that contains a folder, not above `top`."""
        return _around(folder, top, self._is_archive)

    def without_labs(self, top: Path, files: Sequence[InputFile], found: Survey) -> Iterator[InputFile]:
        """The files that are in no lab; the labs are counted."""
        labs = set[Path]()
        for file in files:
            if lab := _around(file.path.parent, top, self._is_lab):
                labs.add(lab)
            else:
                yield file
        found.skipped["lab"] += len(labs)


def _around(folder: Path, top: Path, is_one: Callable[[Path], bool]) -> Path | None:
    for above in (folder, *folder.parents):
        if not above.is_relative_to(top):
            return None
        if is_one(above):
            return above
    return None


def _take(file: InputFile, root: Root, found: Survey, folders: _Folders) -> None:
    try:
        if archive := folders.archive_around(file.path.parent, root.top):
            if archive not in found.posts:
                found.posts.append(archive)
                found.bytes += sum(each.stat().st_size for each in archive.rglob("*.js") if each.is_file())
        elif file.path.suffix.lower() in _PICTURES:
            found.skipped["picture"] += 1
        elif any(part.startswith(".") for part in file.name.split("/")):
            found.skipped["hidden_file"] += 1
        else:
            size = file.path.stat().st_size
            _sort(file, found)
            found.bytes += size
    except OSError as error:
        found.skipped["unreadable"] += 1
        found.bad.add(str(file.path), "unreadable", error.strerror or error)


def _sort(file: InputFile, found: Survey) -> None:
    kind = kind_of(file.path)
    row = _first_row(file.path) if kind == DUMP else None
    if kind == ARCHIVE:
        found.posts.append(file.path)
    elif kind == EXPORT:
        found.exports.append(file.path)
    elif row is not None and _is_dialogue(row):
        found.chats.append(file)
    elif kind == DUMP and _is_of_posts(file.path, row):
        found.dumps.append(file.path)
    elif is_data_file(_head(file.path)):
        # Other files of its archive say what was deleted and who saw it.
        found.skipped["part_of_an_archive"] += 1
    else:
        found.documents.append(file)
        found.endings[file.path.suffix.lower().lstrip(".") or "no ending"] += 1


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _first_row(path: Path) -> Mapping[str, Any] | None:
    """The first object of a JSON file, one a line or in a list; None for another file."""
    head = _head(path).decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    try:
        row, _ = json.JSONDecoder().raw_decode(head.removeprefix("[").lstrip())
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _is_of_posts(path: Path, row: Mapping[str, Any] | None) -> bool:
    if row is not None:
        return is_api_record(row) or is_post_of_x(row)
    head = _head(path)
    return is_table_of_posts(head) or (head.startswith(PARQUET) and is_parquet_of_posts(path))


def _is_dialogue(row: Mapping[str, Any]) -> bool:
    return any(keys <= row.keys() for keys in _DIALOGUES) and not is_api_record(row)
