"""Add everything that a survey found, as few sources: documents, posts, exports and dialogues."""

from __future__ import annotations

import errno
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glaswerk.cli.echo import echo
from glaswerk.cli.left_out import say_bad_files
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.terminal import one_line
from glaswerk.lab import Artifact, Lab

if TYPE_CHECKING:
    from glaswerk.data.files.inputs import InputFile
    from glaswerk.data.survey import Root, Survey


@dataclass(frozen=True, slots=True)
class Rights:
    """What is said of all content at once."""

    licence: str
    acquired: str
    author: str


@dataclass(slots=True)
class Content:
    """The sources that were added, and by reason what was left out of them."""

    sources: list[Artifact] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)


def add_content(lab: Lab, found: Survey, rights: Rights) -> Content:
    """Add it. A kind that cannot be added is said on the screen and left out, unless it is all there is.

    Raises GlaswerkError if nothing could be added.
    """
    from glaswerk.data.source import add_chats, add_docs, add_posts

    said: dict[str, Any] = {"licence": rights.licence, "acquired": rights.acquired, "author": rights.author}
    content, counts, failed = Content(), Counter[str](_known(found)), list[GlaswerkError]()
    with _linked(lab, found) as (folder, own):
        documents, chats = [folder / "documents"], [folder / "chats"]
        adders: dict[str, Callable[[], Artifact]] = {
            "documents": lambda: _without_wrong(
                lambda: add_docs(lab, documents, name="documents", every_wrong=True, **said),
                *(documents[0], counts, own),
            ),
            "posts": lambda: add_posts(lab, found.posts, name="posts", **said),
            "exports": lambda: add_posts(lab, found.exports, name="exports", **said),
            "dumps": lambda: add_posts(lab, found.dumps, name="dumps", **said),
            "chats": lambda: add_chats(lab, chats, name="chats", **said),
        }
        for name in source_names(found, rights):
            try:
                made = adders[name]()
            except GlaswerkError as error:
                failed.append(GlaswerkError(own(error.message), hint=own(error.hint) if error.hint else None))
                _say_failed(failed[-1])
                continue
            content.sources.append(made)
            counts.update(made.stats.get("left_out", {}))
            say_bad_files(made, own)
    if not content.sources:
        nothing = "expected content that may be added; posts of others need to be told how you came by them"
        raise failed[0] if failed else GlaswerkError(nothing, hint="glaswerk make … --acquired licensed")
    content.left_out = dict(counts)
    return content


def _without_wrong(
    add: Callable[[], Artifact], folder: Path, counts: Counter[str], own: Callable[[str], str]
) -> Artifact:
    """Add; files that another command reads are said, taken out of the folder and counted, the rest goes on.

    Raises GlaswerkError if nothing else is there.
    """
    from glaswerk.data.documents.wrong_command import WrongCommand

    try:
        return add()
    except WrongCommand as error:
        for name, one in error.files:
            _say_failed(GlaswerkError(own(one.message), hint=own(one.hint) if one.hint else None))
            (folder / name).unlink()
        if not any(path.is_file() for path in folder.rglob("*")):
            raise
        counts["wrong_command"] += len(error.files)
        return add()


def source_names(found: Survey, rights: Rights) -> list[str]:
    """The names of the sources that this content gives."""
    there = {
        "documents": found.documents,
        "posts": found.posts,
        "exports": found.exports,
        # Other people's posts only if it was said how they were come by.
        "dumps": found.dumps if rights.acquired else [],
        "chats": found.chats,
    }
    return [name for name, files in there.items() if files]


def _known(found: Survey) -> dict[str, int]:
    """What the survey left out for reasons that `glaswerk explain` knows."""
    names = ("unreadable", "outside_link", "unsupported_file")
    return {name: found.skipped[name] for name in names if found.skipped[name]}


def _say_failed(error: GlaswerkError) -> None:
    echo(f"not added: {error.message}", err=True)
    if error.hint:
        echo(f"hint: {error.hint}", err=True)


@contextmanager
def _linked(lab: Lab, found: Survey) -> Iterator[tuple[Path, Callable[[str], str]]]:
    """A folder with the documents and dialogues under their names alone, so that nothing else comes in.

    Also gives a function that puts the user's paths into a message in place of those in the folder.
    """
    folder = lab.root / ".make"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir()
    except OSError as error:
        raise GlaswerkError(
            f"expected to make the folder {folder}, found {error.strerror}",
            hint=f"make room for it: something else is at {folder}",
        ) from error
    try:
        for kind, files in (("documents", found.documents), ("chats", found.chats)):
            for file in files:
                _link(file, folder / kind / file.name)
        yield folder, lambda text: _own(text, folder, found.roots)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _link(file: InputFile, place: Path) -> None:
    """Make the file appear at a place where nothing is: a second name of it, or else a copy."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            # Of what a link leads to: a link that leads out of the folder would not be read.
            os.link(os.path.realpath(file.path), place)
        except FileExistsError:
            raise
        except OSError:
            _copy(file.path, place)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise GlaswerkError(
                f"expected room for a copy of {file.label}, found {error.strerror}",
                hint="--lab FOLDER on the disk of the content needs no copies",
            ) from error
        echo(f"not added: {file.label}: {error.strerror or error}", err=True)


def _copy(path: Path, place: Path) -> None:
    """Copy to a new file; what is there is never written to."""
    with path.open("rb") as source, place.open("xb") as copy:
        shutil.copyfileobj(source, copy)


def _own(text: str, folder: Path, roots: Sequence[Root]) -> str:
    # The longest first: one name may begin another.
    for root in sorted(roots, key=lambda root: -len(root.name)):
        for kind in ("documents", "chats"):
            text = text.replace(one_line(str(folder / kind / root.name)), one_line(str(root.top)))
    for kind in ("documents", "chats"):
        text = text.replace(one_line(str(folder / kind)), ", ".join(one_line(str(r.top)) for r in roots))
    return text
