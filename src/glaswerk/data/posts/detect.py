"""Which files contain posts, and of which kind, detected from their content: one source has one kind."""

from __future__ import annotations

import re
import shlex
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_file
from glaswerk.data.files.bad_files import BadFiles
from glaswerk.data.files.inputs import find_inputs, stamp
from glaswerk.data.files.stored import HEAD, is_tar, packing
from glaswerk.data.posts.add_exports import POSTS_OF_X, has_messages, is_export
from glaswerk.data.posts.joins import DEFAULT_JOIN
from glaswerk.data.posts.layout import is_archive_folder, is_data_file, root_of
from glaswerk.data.posts.tables import PARQUET, is_parquet_of_posts, is_table_of_posts

ARCHIVE, DUMP, EXPORT = "archive", "dump", "export"
_WORDS = {
    ARCHIVE: "an X archive",
    DUMP: "a dump of X's APIs",
    EXPORT: "an export of Mastodon, Bluesky or a messaging program",
}
# Options of `add_posts` that have no effect on a kind.
_UNUSED_OPTIONS = {
    ARCHIVE: (),
    DUMP: ("--tolerant", "--direct-messages", "--deleted", "--limited", "--grok"),
    EXPORT: ("--tolerant", "--deleted", "--join", "--grok"),
}
# Anywhere in the head: the first line may be the tail of a record, if someone split a dump into files. A
# JSON value continues after its bracket, unlike the link at the start of a line in a README.
_JSON_LINE = re.compile(rb"(?m)^(?:\xef\xbb\xbf)?[ \t]*[\[{]\s*[\[{\"\]}]")


def find_posts(
    paths: Sequence[Path], left_out: Counter[str], bad: BadFiles | None = None
) -> tuple[str, list[Path]]:
    """The kind of posts at `paths`, and the archives or files with them; folders are searched.

    Files in folders without posts are counted in `left_out`, and so are links that lead out of a folder.
    Broken zip files in folders are named in `bad`.
    Raises GlaswerkError for a missing path and for posts of several kinds.
    """
    found: dict[str, list[Path]] = {}
    bad = BadFiles() if bad is None else bad
    for path in paths:
        if not path.exists():
            raise GlaswerkError(f"expected an X archive, found nothing at {path}", hint="check the path")
        if path.is_file():
            _refuse_part(path)
        for kind, item in [(_kind_of_file(path), path)] if path.is_file() else _inside(path, left_out, bad):
            found.setdefault(kind, []).append(item)
    if len(found) > 1:
        (one, (first, *_)), (other, (second, *_)), *_ = found.items()
        raise GlaswerkError(
            f"expected posts of one kind, found both {_WORDS[one]} ({first}) and {_WORDS[other]} ({second})",
            hint="add them separately: they differ in whose posts they are",
        )
    if not found:
        raise GlaswerkError(
            "expected at least one X archive, found no path",
            hint="glaswerk add posts ARCHIVE.zip --licence CC-BY-4.0",
        )
    return next(iter(found.items()))


def _kind_of_file(path: Path) -> str:
    """Raises GlaswerkError for a file in no format of posts; a broken zip is left to its reader."""
    kind = kind_of(path) or (ARCHIVE if _is_zip(path) or path.suffix.lower() == ".zip" else "")
    if not kind and path.stat().st_size:
        raise GlaswerkError(
            f"expected posts (an archive, JSON, a table of posts), found {path} in another format",
            hint=f"glaswerk add docs {shlex.quote(str(path))} --kind post --licence …",
        )
    return kind or ARCHIVE


def _refuse_part(path: Path) -> None:
    """Raises GlaswerkError for one data file of an archive: others say what was deleted and who saw it."""
    with path.open("rb") as file:
        head = file.read(200)
    if is_data_file(head):
        raise GlaswerkError(
            f"expected a complete X archive, found {path}, one of its data files: other files say which "
            "posts were deleted and which were for few people",
            hint="add the archive: glaswerk add posts ARCHIVE.zip --licence …; if no other file is "
            "left, move it into a folder: glaswerk add posts FOLDER --tolerant --author NAME --licence …",
        )


def find_archives(paths: Sequence[Path], left_out: Counter[str], bad: BadFiles | None = None) -> list[Path]:
    """Like `find_posts`, but only X archives are accepted. Raises GlaswerkError for other kinds."""
    kind, found = find_posts(paths, left_out, bad)
    if kind != ARCHIVE:
        raise GlaswerkError(
            f"expected {_WORDS[ARCHIVE]}, found {_WORDS[kind]} ({found[0]})",
            hint="only X archives record what their account liked",
        )
    return found


def kind_of(path: Path) -> str:
    """ARCHIVE, DUMP, EXPORT, or "" for a file of another kind."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        head = file.read(HEAD)
    # Only by the first bytes: a tar file that ends in a zip file looks like a zip from its end.
    if head.startswith(b"PK"):
        return _kind_of_zip(path)
    if is_export(path):
        return EXPORT
    # An unpacked export also has actor.json, likes.json and bookmarks.json, which are not posts.
    is_json = bool(_JSON_LINE.search(head)) and not (b'"@context"' in head and b"activitystreams" in head)
    is_table = is_table_of_posts(head) or (head.startswith(PARQUET) and is_parquet_of_posts(path))
    return DUMP if is_json or is_table or packing(head) is not None or is_tar(head) else ""


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as container:
            names = container.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return ""  # named alone, it goes to the reader of archives, which reports what is broken
    if not names or root_of(names) is not None:
        return ARCHIVE
    if is_export(path) or has_messages(path):
        return EXPORT
    return ARCHIVE if any(name.endswith(".js") for name in names) else DUMP


def _inside(folder: Path, left_out: Counter[str], bad: BadFiles) -> Iterator[tuple[str, Path]]:
    """(kind, file or unpacked archive) below a folder; the folder itself if it has neither, for the error."""
    if is_archive_folder(folder):
        yield ARCHIVE, folder
        return
    roots: dict[Path, Path | None] = {folder: None}
    found: dict[Path, str] = {}
    for file in find_inputs([folder], left_out, bad):
        root = _archive_around(file.path.parent, roots)
        kind = ARCHIVE if root else kind_of(file.path)
        if kind:
            found[root or file.path] = kind
        elif _is_zip(file.path):
            left_out["broken_file"] += 1
            bad.add(file.name, "broken_file", "a zip file without its directory, such as half a download")
        else:
            left_out["unsupported_file"] += 1
    # Beside messages, JSON without posts belongs to their export: members, channels, settings.
    exported = EXPORT in found.values()
    for path, kind in (found or {folder: ARCHIVE}).items():
        yield (EXPORT if exported and kind == DUMP and not _has_posts(path) else kind), path


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _has_posts(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(HEAD)
    return not _JSON_LINE.search(head) or bool(POSTS_OF_X.search(head))


def _archive_around(folder: Path, roots: dict[Path, Path | None]) -> Path | None:
    """The unpacked archive that contains a folder; `roots` caches the answers for folders above."""
    if folder not in roots:
        above = _archive_around(folder.parent, roots)
        roots[folder] = above or (folder if is_archive_folder(folder) else None)
    return roots[folder]


def refuse_unused_options(kind: str, options: Mapping[str, bool], join: str) -> None:
    """Raises GlaswerkError for command line options that have no effect on this kind of posts."""
    # Exports are never joined, so "posts" is what they give anyway.
    asked = {**options, "--join": join not in (DEFAULT_JOIN, "posts")}
    idle = [name for name in _UNUSED_OPTIONS[kind] if asked.get(name)]
    if idle:
        raise GlaswerkError(
            f"expected no {', '.join(idle)} with {_WORDS[kind]}, where it does nothing",
            hint=f"omit {' '.join(idle)}",
        )


def by_digest(files: Sequence[Path]) -> tuple[list[str], dict[Path, tuple[int, int]]]:
    """Content ids in order, and the files in that order with stamps taken before the first read.

    So the result does not depend on how the paths were named or ordered.
    """
    stamps = {file: stamp(file) for file in files}
    digests = {file: digest_file(file) for file in stamps}
    ordered = sorted(stamps, key=lambda file: digests[file])
    return sorted(digests.values()), {file: stamps[file] for file in ordered}
