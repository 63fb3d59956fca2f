"""`glaswerk add posts|docs|chats|preferences|images|evaluations|pairs`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from glaswerk.cli.adding import add_to
from glaswerk.cli.groups import Words
from glaswerk.cli.options import json_option, lab_option, licence_option
from glaswerk.cli.session import show, writing
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab

Function = TypeVar("Function", bound=Callable[..., Any])


@click.group("add", cls=Words)
def command() -> None:
    """Add content to the lab as a source. Nothing is trained on before `glaswerk curate`.

    \b
    glaswerk add posts archive.zip --licence own
    glaswerk add docs notes/ --licence CC-BY-4.0

    Exit codes: 0 all was read, 1 nothing was added, 3 added without the bad files that are named.
    """


def _common(function: Function) -> Function:
    """Options of every kind of content but evaluations."""
    for option in (
        json_option,
        lab_option,
        click.option("--dry-run", is_flag=True, help="Show ten documents as they would come in, and counts."),
        click.option("--name", default="", help="Name of the source.  [default: from the first file]"),
        click.option("--author", default="", help="Author, used only if the files do not name one."),
        licence_option(required=True, help="SPDX id or words, such as CC-BY-4.0 or own."),
    ):
        function = option(function)
    return function


_strict = click.option(
    "--strict", is_flag=True, help="Stop at the first file that cannot be read to its end."
)
_existing = click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
# Not checked here: a path may be a pattern, or - for standard input.
_patterns = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))


def _acquired(default: str, note: str = "") -> Callable[[Function], Function]:
    words = "How you came by it: own, public, licensed, synthetic or unknown."
    return click.option(
        "--acquired", "--rights", "acquired", default=default, show_default=bool(default), help=words + note
    )


_OWN = "  [default: own; needed for content of several authors and for posts of X]"


@command.command("posts")
@_existing
@_common
@_acquired("", "  [default: own, for archives]")
@click.option("--tolerant", is_flag=True, help="Read what can be read of a broken archive.")
@_strict
@click.option(
    "--direct-messages",
    is_flag=True,
    help="Also add private messages: the account's own, and all of a messaging program's export.",
)
@click.option("--deleted", is_flag=True, help="Also add posts that were deleted.")
@click.option(
    "--limited", is_flag=True, help="Also add posts to circles, communities and protected followers."
)
@click.option("--grok", is_flag=True, help="Also add the account's conversations with Grok, as private.")
@click.option(
    "--likes",
    is_flag=True,
    help="Add the posts of others that the account liked instead of its own; needs --acquired.",
)
@click.option(
    "--join",
    default="threads",
    show_default=True,
    type=click.Choice(["posts", "threads", "conversations"]),
    help="What becomes one document: a post, an author's replies to themselves, or all replies.",
)
def posts(
    paths: tuple[Path, ...],
    lab_path: Path,
    as_json: bool,
    dry_run: bool,
    likes: bool,
    direct_messages: bool,
    deleted: bool,
    limited: bool,
    grok: bool,
    join: str,
    author: str,
    **rest: Any,
) -> None:
    """Posts: archives of X, Mastodon or Bluesky, and dumps of X's APIs and streams.

    \b
    glaswerk add posts twitter-2026-01-31.zip --licence own
    glaswerk add posts stream-2018-03.tar --licence "X terms" --acquired licensed
    glaswerk add posts repo.car --author ada.example.org --licence own

    Reads X account archives of any year (zip files or unpacked folders), Mastodon archives or outbox.json,
    Bluesky .car files, exports of messaging programs, JSON of X's APIs or of scrapers (one value per line or
    file) and tables of posts (CSV, Parquet); plain, compressed or in tar and zip files. Folders are searched;
    one call takes one kind. Posts with a limited audience stay out
    unless you add an option for them. Dumps hold other people's posts and therefore need --acquired.
    """
    from glaswerk.data.source import add_likes, add_posts

    own: dict[str, Any] = {
        "include_direct_messages": direct_messages,
        "include_deleted": deleted,
        "include_limited": limited,
        "include_grok": grok,
    }
    if likes and (any(own.values()) or join != "threads" or author):
        raise GlaswerkError(
            "expected --likes without --author, --direct-messages, --deleted, --limited, --grok and --join: "
            "the posts that an account liked are other people's and become a separate source",
            hint='glaswerk add posts ARCHIVE.zip --likes --licence "X terms" --acquired licensed',
        )

    def make(lab: Lab) -> Artifact:
        if likes:
            return add_likes(lab, paths, **rest)
        return add_posts(lab, paths, author=author, join=join, **own, **rest)

    add_to(lab_path, make, "documents", as_json=as_json, dry_run=dry_run)


@command.command("docs")
@_patterns
@_common
@_acquired("", _OWN)
@click.option(
    "--kind",
    default="page",
    show_default=True,
    type=click.Choice(["page", "post", "book", "speech", "caption"]),
    help="Kind of documents that do not name theirs.",
)
@click.option("--text-column", default="", help="Column with the text.  [default: text]")
@click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="FIELD=NAME,…",
    help="What fields of rows are called: text=body,author=speaker; kind= takes none (repeatable).",
)
@click.option("--encoding", default="", help="Encoding of files that are not UTF-8 and do not name theirs.")
@click.option(
    "--robots",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A robots.txt or ai.txt: pages it closes to training crawlers are marked as reserved.",
)
@_strict
@click.option("--site", default="", help="The site of --robots, such as https://example.org.")
def docs(
    paths: tuple[Path, ...], lab_path: Path, as_json: bool, dry_run: bool, robots: Path | None, **rest: Any
) -> None:
    """Documents: text, JSON, tables, web pages and archives, books, PDF, mail and more.

    \b
    glaswerk add docs minutes/ --licence CC-BY-4.0 --author "Town council"
    glaswerk add docs 'notes/**/*.md' book.epub report.pdf --licence own
    glaswerk add docs reviews.csv --map text=review,author=customer --licence CC0-1.0 --dry-run
    zcat old.txt.gz | glaswerk add docs - --licence PD --encoding windows-1252

    Text, markdown, JSON, tables, Parquet, HTML, WARC, EPUB, PDF, mail, office documents, RTF, LaTeX,
    notebooks, subtitles, feeds, exports of WordPress, dumps of MediaWiki,
    SQLite and Arrow.
    Folders are searched. The type of a file is detected from its content; it may be compressed (gz, bz2,
    zst, xz) or in a tar or zip file. Patterns in quotes are expanded; - is standard input. Mail is added
    as private.
    """
    from glaswerk.data.source import add_docs

    add_to(
        lab_path,
        lambda lab: add_docs(lab, paths, robots=robots, **rest),
        "documents",
        as_json=as_json,
        dry_run=dry_run,
    )


@command.command("chats")
@_existing
@_common
@_acquired("", _OWN)
@click.option("--tolerant", is_flag=True, help="Leave out broken dialogues, and count them.")
@_strict
def chats(paths: tuple[Path, ...], lab_path: Path, as_json: bool, dry_run: bool, **rest: Any) -> None:
    """Dialogues, for `glaswerk tune`.

    \b
    glaswerk add chats chats.jsonl --licence own
    glaswerk add chats alpaca.json.gz --licence CC-BY-4.0 --acquired public

    Files are jsonl, json or parquet with {"messages": [{"role", "content"}, …]} in each row; ShareGPT,
    Alpaca, and the exports of ChatGPT and Claude (conversations.json or the zip) are read as well. Those
    exports come in as private.
    """
    from glaswerk.data.source import add_chats

    add_to(
        lab_path,
        lambda lab: add_chats(lab, paths, **rest),
        "documents",
        as_json=as_json,
        dry_run=dry_run,
    )


@command.command("preferences")
@_existing
@_common
@_acquired("", _OWN)
@click.option("--tolerant", is_flag=True, help="Leave out broken rows, and count them.")
@_strict
def preferences(paths: tuple[Path, ...], lab_path: Path, as_json: bool, dry_run: bool, **rest: Any) -> None:
    """Pairs of a chosen and a rejected answer, for `glaswerk tune --method dpo`.

    \b
    glaswerk add preferences pairs.jsonl --licence MIT --acquired public
    glaswerk add preferences oasst_trees.jsonl.zst --licence Apache-2.0 --acquired public --tolerant

    Files are jsonl, json or parquet with {"prompt", "chosen", "rejected"} in each row. Conversations with a
    shared prompt (trl, hh-rlhf), scored completions (UltraFeedback) and trees of ranked replies
    (Open-Assistant) are read as well. Pairs go into separate splits of the corpus.
    """
    from glaswerk.data.source import add_preferences

    add_to(
        lab_path,
        lambda lab: add_preferences(lab, paths, **rest),
        "documents",
        as_json=as_json,
        dry_run=dry_run,
    )


@command.command("images")
@_existing
@_common
@_acquired("", _OWN)
@click.option("--text-column", default="", help="Column with the captions.  [default: text, caption, …]")
@click.option("--tolerant", is_flag=True, help="Leave out broken rows and files, and count them.")
@_strict
def images(
    paths: tuple[Path, ...],
    lab_path: Path,
    as_json: bool,
    dry_run: bool,
    **rest: Any,
) -> None:
    """Pictures with captions; each caption becomes a document.

    \b
    glaswerk add images town/images --licence CC0-1.0
    glaswerk add images emoji.parquet --licence Apache-2.0 --acquired public --text-column caption
    glaswerk add images shard-0000.tar shard-0001.tar.gz --licence CC-BY-4.0 --tolerant

    Pictures are JPEG, PNG, WebP or GIF: in folders with a metadata.jsonl of {"file_name", "text"} or a .txt
    next to each picture, in webdataset tars (key.jpg, key.txt, …), or in Parquet. Camera metadata (places,
    names) is removed. No model trains on pictures yet.
    """
    from glaswerk.data.source import add_images

    add_to(
        lab_path,
        lambda lab: add_images(lab, paths, **rest),
        "documents",
        "pictures",
        as_json=as_json,
        dry_run=dry_run,
    )


@command.command("evaluations")
@_existing
@click.option("--name", default="", help="Name of the evaluation.  [default: from the first file]")
@click.option(
    "--task",
    "tasks",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File that says how to measure with them (TOML; repeatable).",
)
@lab_option
@json_option
def evaluations(
    paths: tuple[Path, ...], name: str, tasks: tuple[Path, ...], lab_path: Path, as_json: bool
) -> None:
    """Evaluation sets: what `glaswerk evaluate` measures with, and items that no model may train on.

    \b
    glaswerk add evaluations truthfulqa.jsonl
    glaswerk add evaluations mmlu/ --name mmlu

    Files or folders of jsonl, json, csv or parquet. From then on `glaswerk curate` drops every document that
    shares 13 consecutive words with an item (or all words of a shorter one), removes such lines from long
    texts, and lists each finding in leaks.parquet.
    """
    from glaswerk.data.dialogues.evaluation_sets import add_evaluations
    from glaswerk.evaluate.tasks.task import read_task

    for task in tasks:
        read_task(task)
    with writing(lab_path) as lab:
        made = add_evaluations(lab, paths, name=name, tasks=tasks)
    show(made, as_json, items=made.stats["items"])


@command.command("pairs")
@click.option("--corpus", default="main", show_default=True, help="Name of the corpus.")
@click.option(
    "--most", default=2000, show_default=True, type=click.IntRange(min=1), help="So many pairs at most."
)
@click.option("--name", default="pairs", show_default=True, help="Name of the source.")
@lab_option
@json_option
def pairs(corpus: str, most: int, name: str, lab_path: Path, as_json: bool) -> None:
    """Tuning pairs made from a corpus: a question, a passage, and a sentence of it as the answer.

    \b
    glaswerk add pairs && glaswerk curate && glaswerk tune
    glaswerk add pairs --most 500

    By rules, without a model; marked as synthetic with their generator. Held-out documents give none, nor do
    private ones and those with unclear rights. A pair is deleted with its document.
    """
    from glaswerk.cli.left_out import show_added
    from glaswerk.retrieve.pairs import add_pairs

    with writing(lab_path) as lab:
        made = add_pairs(lab, lab.need("corpus", corpus, hint="glaswerk curate"), most=most, name=name)
    show_added(made, as_json, documents=made.stats["documents"])
