"""`glaswerk add posts|docs|chats`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from glaswerk.cli.session import json_option, lab_option, show, writing

Function = TypeVar("Function", bound=Callable[..., Any])


@click.group("add")
def command() -> None:
    """Add posts, documents or chats to the lab. Nothing is trained on before `glaswerk curate`."""


def _common(function: Function) -> Function:
    for option in (
        json_option,
        lab_option,
        click.option("--name", default="", help="Name of the source.  [default: from the first file]"),
        click.option("--author", default="", help="Whose content it is, where the files do not say."),
        click.option("--licence", required=True, help="SPDX id or words, such as CC-BY-4.0 or own."),
    ):  # fmt: skip
        function = option(function)
    return function


_existing = click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
# Whether these exist is asked further in: a path may be a pattern, or - for standard input.
_meant = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))


def _acquired(default: str, note: str = "") -> Callable[[Function], Function]:
    words = "own, public, licensed, synthetic or unknown."
    return click.option("--acquired", default=default, show_default=bool(default), help=words + note)


@command.command("posts")
@_existing
@_common
@_acquired("", "  [default: own, for archives]")
@click.option("--tolerant", is_flag=True, help="Take what can be read from a broken archive.")
@click.option("--direct-messages", is_flag=True, help="Also take private messages.")
@click.option("--deleted", is_flag=True, help="Also take posts that were deleted.")
def posts(
    paths: tuple[Path, ...], lab_path: Path, as_json: bool, tolerant: bool, direct_messages: bool,
    deleted: bool, **rest: str,
) -> None:  # fmt: skip
    """X account archives (zip files or unpacked folders), or dumps of X's APIs and streams; or an export
    of Mastodon (its archive or outbox.json) or Bluesky (a .car file).

    Dumps are JSON of v1.1 or v2, a value a line or a file, plain, compressed or in tar and zip files. For
    them --acquired must be said: they hold other people's posts.

    \b
    glaswerk add posts twitter-2026-01-31.zip --licence own
    glaswerk add posts stream-2018-03.tar --licence "X terms" --acquired licensed
    glaswerk add posts archive-20260131.tar.gz --licence own
    glaswerk add posts repo.car --author ada.example.org --licence own
    """
    from glaswerk.data.source import add_posts

    with writing(lab_path) as lab:
        made = add_posts(
            lab, paths, tolerant=tolerant, include_direct_messages=direct_messages, include_deleted=deleted,
            **rest,
        )  # fmt: skip
    show(made, as_json, documents=made.stats["documents"])


@command.command("docs")
@_meant
@_common
@_acquired("own")
@click.option(
    "--kind",
    default="page",
    show_default=True,
    type=click.Choice(["page", "post", "book", "speech", "caption"]),
    help="Of documents that do not say.",
)
@click.option("--text-column", default="", help="Column that holds the text.  [default: text]")
@click.option("--encoding", default="", help="Of files that are neither UTF-8 nor say what they are.")
@click.option(
    "--robots",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A robots.txt or ai.txt: pages that it keeps from training crawlers are marked.",
)
@click.option("--site", default="", help="The site that --robots is of, such as https://example.org.")
def docs(paths: tuple[Path, ...], lab_path: Path, as_json: bool, robots: Path | None, **rest: str) -> None:
    """Text, markdown, JSON, tables, Parquet, HTML, WARC, EPUB, PDF or mail; folders are searched.

    What a file is, its content tells; it may be compressed (gz, bz2, zst, xz) or in a tar or zip file. A
    pattern in quotes is expanded here, and - is standard input. Mail comes in as private.

    \b
    glaswerk add docs minutes/ --licence CC-BY-4.0 --author "Town council"
    glaswerk add docs 'notes/**/*.md' book.epub report.pdf --licence own
    glaswerk add docs reviews.csv --text-column review --licence CC0-1.0
    glaswerk add docs crawl.warc.gz --licence unknown --acquired public
    zcat old.txt.gz | glaswerk add docs - --licence PD --encoding windows-1252
    """
    from glaswerk.data.source import add_docs

    with writing(lab_path) as lab:
        made = add_docs(lab, paths, robots=robots, **rest)
    show(made, as_json, documents=made.stats["documents"])


@command.command("chats")
@_existing
@_common
@_acquired("own")
@click.option("--tolerant", is_flag=True, help="Leave out and count dialogues that are broken.")
def chats(paths: tuple[Path, ...], lab_path: Path, as_json: bool, tolerant: bool, **rest: str) -> None:
    """Dialogues as jsonl, one {"messages": [{"role", "content"}, …]} a line, or as ShareGPT or Alpaca.

    \b
    glaswerk add chats chats.jsonl --licence own
    """
    from glaswerk.data.source import add_chats

    with writing(lab_path) as lab:
        made = add_chats(lab, paths, tolerant=tolerant, **rest)
    show(made, as_json, documents=made.stats["documents"])
