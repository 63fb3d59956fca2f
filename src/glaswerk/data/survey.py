"""What is in files and folders that somebody hands over: which of it are posts, dialogues and documents.

Nothing is read beyond the heads of files; the readers decide later what of it comes in.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glaswerk.data.files.bad_files import BadFiles
from glaswerk.data.files.inputs import InputFile, find_inputs
from glaswerk.data.posts.detect import ARCHIVE, DUMP, EXPORT, kind_of
from glaswerk.data.posts.layout import is_archive_folder
from glaswerk.data.posts.recognise import is_api_record, is_post_of_x
from glaswerk.data.posts.tables import PARQUET, is_parquet_of_posts, is_table_of_posts

_HEAD = 1 << 16
_DIALOGUES = ({"messages"}, {"conversations"}, {"mapping"}, {"chat_messages"}, {"instruction", "output"})
_PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".heic", ".tif", ".tiff", ".bmp", ".svg"}


@dataclass(slots=True)
class Survey:
    """`paths`: what was looked at. `posts`: archives of X; `exports`: of other networks; `dumps`: files with
    other people's posts, which need to be told how they were acquired. `documents`: files for `add docs`,
    with their names in the source. `endings`: how many documents there are of each ending. `skipped`: by
    reason, what is left aside.
    """

    paths: Sequence[Path] = ()
    posts: list[Path] = field(default_factory=list)
    exports: list[Path] = field(default_factory=list)
    dumps: list[Path] = field(default_factory=list)
    chats: list[Path] = field(default_factory=list)
    documents: list[InputFile] = field(default_factory=list)
    bytes: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def empty(self) -> bool:
        """Whether there is nothing that could be added."""
        return not (self.posts or self.exports or self.chats or self.dumps or self.documents)


def survey(paths: Sequence[Path]) -> Survey:
    """Look at files and folders. Raises GlaswerkError for a path that does not exist."""
    found, roots = Survey(paths), dict[Path, bool]()
    for file in find_inputs(paths, found.skipped, BadFiles()):
        root = _archive_around(file.path.parent, roots)
        if root is not None:
            if root not in found.posts:
                found.posts.append(root)
                found.bytes += sum(each.stat().st_size for each in root.rglob("*.js"))
            continue
        if file.path.suffix.lower() in _PICTURES:
            found.skipped["picture"] += 1
            continue
        found.bytes += file.path.stat().st_size
        _sort(file, found)
    return found


def _sort(file: InputFile, found: Survey) -> None:
    kind = kind_of(file.path)
    row = _first_row(file.path) if kind == DUMP else None
    if kind == ARCHIVE:
        found.posts.append(file.path)
    elif kind == EXPORT:
        found.exports.append(file.path)
    elif row is not None and _is_dialogue(row):
        found.chats.append(file.path)
    elif kind == DUMP and _is_of_posts(file.path, row):
        found.dumps.append(file.path)
    else:
        found.documents.append(file)
        found.endings[file.path.suffix.lower().lstrip(".") or "no ending"] += 1


def _archive_around(folder: Path, roots: dict[Path, bool]) -> Path | None:
    """The unpacked archive of X that contains a folder."""
    for above in (folder, *folder.parents):
        if above not in roots:
            roots[above] = is_archive_folder(above)
        if roots[above]:
            return above
    return None


def _first_row(path: Path) -> Mapping[str, Any] | None:
    """The first object of a JSON file, one a line or in a list; None for another file."""
    with path.open("rb") as file:
        head = file.read(_HEAD).decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    try:
        row, _ = json.JSONDecoder().raw_decode(head.removeprefix("[").lstrip())
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _is_of_posts(path: Path, row: Mapping[str, Any] | None) -> bool:
    if row is not None:
        return is_api_record(row) or is_post_of_x(row)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return is_table_of_posts(head) or (head.startswith(PARQUET) and is_parquet_of_posts(path))


def _is_dialogue(row: Mapping[str, Any]) -> bool:
    return any(keys <= row.keys() for keys in _DIALOGUES) and not is_api_record(row)
