"""Add everything that a survey found, as few sources: documents, posts, exports and dialogues."""

from __future__ import annotations

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
from glaswerk.lab import Artifact, Lab

if TYPE_CHECKING:
    from glaswerk.data.files.inputs import InputFile
    from glaswerk.data.survey import Survey


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
    dumps = found.dumps if rights.acquired else []
    content, counts, failed = Content(), Counter[str](), list[GlaswerkError]()
    # Documents alone are read where they are: what is wrong with one is then said with its own path.
    alone = not (found.posts or found.exports or found.chats or found.dumps)
    with _linked(lab, [] if alone else found.documents) as folder:
        places = found.paths if alone else [folder]
        steps: tuple[tuple[Sequence[Any], Callable[[], Artifact]], ...] = (
            (found.documents, lambda: add_docs(lab, places, name="documents", **said)),
            (found.posts, lambda: add_posts(lab, found.posts, name="posts", **said)),
            (found.exports, lambda: add_posts(lab, found.exports, name="exports", **said)),
            # Other people's posts only if it was said how they were come by.
            (dumps, lambda: add_posts(lab, dumps, name="dumps", **said)),
            (found.chats, lambda: add_chats(lab, found.chats, name="chats", **said)),
        )
        for there, add in steps:
            if not there:
                continue
            try:
                made = add()
            except GlaswerkError as error:
                failed.append(error)
                hint = f"\nhint: {error.hint}" if error.hint else ""
                echo(f"not added: {error.message}{hint}", err=True)
                continue
            content.sources.append(made)
            counts.update(made.stats.get("left_out", {}))
            say_bad_files(made)
    if not content.sources:
        nothing = "expected content that may be added; posts of others need to be told how you came by them"
        raise failed[0] if failed else GlaswerkError(nothing, hint="glaswerk make … --acquired licensed")
    content.left_out = dict(counts)
    return content


@contextmanager
def _linked(lab: Lab, files: list[InputFile]) -> Iterator[Path]:
    """A folder with these files under their names alone, so that other files beside them stay out."""
    folder = lab.root / ".make"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        for number, file in enumerate(files):
            place = folder / file.name
            if place.exists():
                place = folder / f"{number}-{file.name}"
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(file.path, place)
            except OSError:
                shutil.copy2(file.path, place)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
