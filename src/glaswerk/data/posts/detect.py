"""Which files hold posts, and of which kind each is, told by its content: one source has one kind."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_file
from glaswerk.data.files.inputs import find_inputs, stamp
from glaswerk.data.files.stored import HEAD, is_tar, packing
from glaswerk.data.posts.add_exports import is_export
from glaswerk.data.posts.joins import DEFAULT_JOIN
from glaswerk.data.posts.layout import is_archive_folder, root_of

ARCHIVE, DUMP, EXPORT = "archive", "dump", "export"
_WORDS = {
    ARCHIVE: "an archive of X",
    DUMP: "a dump of X's APIs",
    EXPORT: "an export of Mastodon or Bluesky",
}
# Options of `add_posts` that would do nothing for a kind.
_UNUSED_OPTIONS = {
    ARCHIVE: (),
    DUMP: ("--tolerant", "--direct-messages", "--deleted", "--limited"),
    EXPORT: ("--tolerant", "--deleted", "--join"),
}
# Anywhere in the head: the first line may be the tail of a record, where someone cut a dump into files. A
# value goes on behind its bracket, unlike the link that a line of a README begins with.
_JSON_LINE = re.compile(rb"(?m)^(?:\xef\xbb\xbf)?[ \t]*[\[{]\s*[\[{\"\]}]")


def find_posts(paths: Sequence[Path], left_out: Counter[str]) -> tuple[str, list[Path]]:
    """The kind of what `paths` mean, and the archives or files; folders are searched.

    Files in folders that hold no posts are counted in `left_out`, links that lead out of them, too.
    Raises GlaswerkError for a missing path and for posts of several kinds.
    """
    found: dict[str, list[Path]] = {}
    for path in paths:
        if not path.exists():
            raise GlaswerkError(f"expected an X archive, found nothing at {path}", hint="check the path")
        for kind, item in _inside(path, left_out) if path.is_dir() else [(kind_of(path) or ARCHIVE, path)]:
            found.setdefault(kind, []).append(item)
    if len(found) > 1:
        (one, (first, *_)), (other, (second, *_)), *_ = found.items()
        raise GlaswerkError(
            f"expected posts of one kind, found both {_WORDS[one]} ({first}) and {_WORDS[other]} ({second})",
            hint="add them apart: whose posts they are differs",
        )
    if not found:
        raise GlaswerkError(
            "expected at least one X archive, found no path",
            hint="glaswerk add posts ARCHIVE.zip --licence CC-BY-4.0",
        )
    return next(iter(found.items()))


def find_archives(paths: Sequence[Path], left_out: Counter[str]) -> list[Path]:
    """`find_posts` where only archives of X will do."""
    kind, found = find_posts(paths, left_out)
    if kind != ARCHIVE:
        raise GlaswerkError(
            f"expected {_WORDS[ARCHIVE]}, found {_WORDS[kind]} ({found[0]})",
            hint="only archives of X tell what their account liked",
        )
    return found


def kind_of(path: Path) -> str:
    """ARCHIVE, DUMP, EXPORT, or "" for a file of another kind."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        head = file.read(HEAD)
    # By the beginning alone: a tar file that ends in a zip file looks like one from behind.
    if head.startswith(b"PK"):
        return _kind_of_zip(path)
    if is_export(path):
        return EXPORT
    # Beside an unpacked outbox.json stand actor.json, likes.json and bookmarks.json.
    is_json = bool(_JSON_LINE.search(head)) and not (b'"@context"' in head and b"activitystreams" in head)
    return DUMP if is_json or packing(head) is not None or is_tar(head) else ""


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as container:
            names = container.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return ARCHIVE  # whose reader says what is broken
    if not names or root_of(names) is not None:
        return ARCHIVE
    if is_export(path):
        return EXPORT
    return ARCHIVE if any(name.endswith(".js") for name in names) else DUMP


def _inside(folder: Path, left_out: Counter[str]) -> Iterator[tuple[str, Path]]:
    """(kind, file or unpacked archive) below a folder; itself where it holds neither: its reader says so."""
    if is_archive_folder(folder):
        yield ARCHIVE, folder
        return
    roots: dict[Path, Path | None] = {folder: None}
    found: dict[Path, str] = {}
    for file in find_inputs([folder], left_out):
        root = _archive_around(file.path.parent, roots)
        kind = ARCHIVE if root else kind_of(file.path)
        if kind:
            found[root or file.path] = kind
        else:
            left_out["unsupported_file"] += 1
    yield from ((kind, path) for path, kind in (found or {folder: ARCHIVE}).items())


def _archive_around(folder: Path, roots: dict[Path, Path | None]) -> Path | None:
    """The unpacked archive that a folder is or lies in; `roots` has the answers for those above."""
    if folder not in roots:
        above = _archive_around(folder.parent, roots)
        roots[folder] = above or (folder if is_archive_folder(folder) else None)
    return roots[folder]


def refuse_unused_options(kind: str, options: Mapping[str, bool], join: str) -> None:
    """Raises GlaswerkError for an option, by its name on the command line, that a kind has no use for."""
    # Exports are not joined: "posts" is what they give.
    asked = {**options, "--join": join not in (DEFAULT_JOIN, "posts")}
    idle = [name for name in _UNUSED_OPTIONS[kind] if asked.get(name)]
    if idle:
        raise GlaswerkError(
            f"expected no {', '.join(idle)} with {_WORDS[kind]}, for which that does nothing",
            hint=f"leave out {' '.join(idle)}",
        )


def by_digest(files: Sequence[Path]) -> tuple[list[str], dict[Path, tuple[int, int]]]:
    """Content ids in order, and the files in that order with stamps taken before they were first read.

    So what is read does not depend on how the paths were named or ordered.
    """
    stamps = {file: stamp(file) for file in files}
    digests = {file: digest_file(file) for file in stamps}
    ordered = sorted(stamps, key=lambda file: digests[file])
    return sorted(digests.values()), {file: stamps[file] for file in ordered}
