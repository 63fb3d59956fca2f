"""`glaswerk add posts|docs|chats|preferences|images|evaluations`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import show, writing
from glaswerk.core.errors import GlaswerkError

Function = TypeVar("Function", bound=Callable[..., Any])


@click.group("add")
def command() -> None:
    """Add content to the lab. Nothing is trained on before `glaswerk curate`."""


def _common(function: Function) -> Function:
    for option in (
        json_option,
        lab_option,
        click.option("--name", default="", help="Name of the source.  [default: from the first file]"),
        click.option("--author", default="", help="Whose content it is; only where the files do not say."),
        click.option("--licence", required=True, help="SPDX id or words, such as CC-BY-4.0 or own."),
    ):
        function = option(function)
    return function


_existing = click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
# Whether these exist is asked further in: a path may be a pattern, or - for standard input.
_meant = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))


def _acquired(default: str, note: str = "") -> Callable[[Function], Function]:
    words = "own, public, licensed, synthetic or unknown."
    return click.option(
        "--acquired", "--rights", "acquired", default=default, show_default=bool(default), help=words + note
    )


@command.command("posts")
@_existing
@_common
@_acquired("", "  [default: own, for archives]")
@click.option("--tolerant", is_flag=True, help="Take what can be read from a broken archive.")
@click.option("--direct-messages", is_flag=True, help="Also take private messages.")
@click.option("--deleted", is_flag=True, help="Also take posts that were deleted.")
@click.option("--limited", is_flag=True, help="Also take posts to circles, communities and followers alone.")
@click.option(
    "--likes",
    is_flag=True,
    help="Instead of the account's own posts take those of others that it liked; --acquired must be said.",
)
@click.option(
    "--join",
    default="threads",
    show_default=True,
    type=click.Choice(["posts", "threads", "conversations"]),
    help="What makes a document: each post, an author's own replies to themselves, or all replies.",
)
def posts(
    paths: tuple[Path, ...],
    lab_path: Path,
    as_json: bool,
    likes: bool,
    direct_messages: bool,
    deleted: bool,
    limited: bool,
    join: str,
    author: str,
    **rest: Any,
) -> None:
    """X account archives of any year (zip files or unpacked folders), or dumps of X's APIs and streams; or an
    export of Mastodon (its archive or outbox.json) or Bluesky (a .car file).

    What was for few stays out unless asked for; folders are searched, and what is of two kinds is refused.
    Dumps are JSON of v1.1 or v2, a value a line or a file, plain, compressed or in tar and zip files. For
    them --acquired must be said: they hold other people's posts.

    \b
    glaswerk add posts twitter-2026-01-31.zip --licence own
    glaswerk add posts stream-2018-03.tar --licence "X terms" --acquired licensed
    glaswerk add posts stream-2018-03.tar --licence "X terms" --acquired licensed --join conversations
    glaswerk add posts archive-20260131.tar.gz --licence own
    glaswerk add posts repo.car --author ada.example.org --licence own
    """
    from glaswerk.data.source import add_likes, add_posts

    own: dict[str, Any] = {
        "include_direct_messages": direct_messages,
        "include_deleted": deleted,
        "include_limited": limited,
    }
    if likes and (any(own.values()) or join != "threads" or author):
        raise GlaswerkError(
            "expected --likes without --author, --direct-messages, --deleted, --limited and --join: "
            "the posts that an account liked are other people's, a source of their own",
            hint='glaswerk add posts ARCHIVE.zip --likes --licence "X terms" --acquired licensed',
        )
    with writing(lab_path) as lab:
        if likes:
            made = add_likes(lab, paths, **rest)
        else:
            made = add_posts(lab, paths, author=author, join=join, **own, **rest)
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
    """Dialogues as jsonl, json or parquet, one {"messages": [{"role", "content"}, …]} a row, or as
    ShareGPT or Alpaca.

    \b
    glaswerk add chats chats.jsonl --licence own
    """
    from glaswerk.data.source import add_chats

    with writing(lab_path) as lab:
        made = add_chats(lab, paths, tolerant=tolerant, **rest)
    show(made, as_json, documents=made.stats["documents"])


@command.command("preferences")
@_existing
@_common
@_acquired("own")
@click.option("--tolerant", is_flag=True, help="Leave out and count rows that are broken.")
def preferences(paths: tuple[Path, ...], lab_path: Path, as_json: bool, tolerant: bool, **rest: str) -> None:
    """Answers chosen and rejected: jsonl, json or parquet, one {"prompt", "chosen", "rejected"} a row.

    Also conversations that share their prompt (trl, hh-rlhf), scored completions (UltraFeedback) and trees of
    ranked replies (Open-Assistant). They go into splits of their own, for `glaswerk tune --method dpo`.

    \b
    glaswerk add preferences pairs.jsonl --licence MIT --acquired public
    glaswerk add preferences oasst_trees.jsonl.zst --licence Apache-2.0 --acquired public --tolerant
    """
    from glaswerk.data.source import add_preferences

    with writing(lab_path) as lab:
        made = add_preferences(lab, paths, tolerant=tolerant, **rest)
    show(made, as_json, documents=made.stats["documents"])


@command.command("images")
@_existing
@_common
@_acquired("own")
@click.option("--text-column", default="", help="Where captions stand.  [default: text, caption, …]")
@click.option("--tolerant", is_flag=True, help="Leave out and count rows and files that are broken.")
def images(
    paths: tuple[Path, ...], lab_path: Path, as_json: bool, text_column: str, tolerant: bool, **rest: str
) -> None:
    """Pictures with captions: JPEG, PNG, WebP or GIF, one document a caption.

    Folders with a metadata.jsonl of {"file_name", "text"}, or with a .txt beside each picture; webdataset
    tars (key.jpg, key.txt, …); Parquet with a column of pictures and one of captions.
    What cameras write beside a picture (places, names) is taken out; nothing trains on pictures so far.

    \b
    glaswerk add images town/images --licence CC0-1.0
    glaswerk add images emoji.parquet --licence Apache-2.0 --acquired public --text-column caption
    glaswerk add images shard-0000.tar shard-0001.tar.gz --licence CC-BY-4.0 --tolerant
    """
    from glaswerk.data.source import add_images

    with writing(lab_path) as lab:
        made = add_images(lab, paths, text_column=text_column, tolerant=tolerant, **rest)
    show(made, as_json, documents=made.stats["documents"], pictures=made.stats["pictures"])


@command.command("evaluations")
@_existing
@click.option("--name", default="", help="Name of the evaluation.  [default: from the first file]")
@lab_option
@json_option
def evaluations(paths: tuple[Path, ...], name: str, lab_path: Path, as_json: bool) -> None:
    """Evaluation sets, as files or folders of jsonl, json, csv or parquet: what no model may train on.

    From then on `glaswerk curate` leaves out every document that shares 13 words in a row with an item (or
    all of a shorter one) and writes which item was found where into leaks.parquet. Long texts lose the lines.

    \b
    glaswerk add evaluations truthfulqa.jsonl mmlu/
    """
    from glaswerk.data.dialogues.evaluation_sets import add_evaluations

    with writing(lab_path) as lab:
        made = add_evaluations(lab, paths, name=name)
    show(made, as_json, items=made.stats["items"])
