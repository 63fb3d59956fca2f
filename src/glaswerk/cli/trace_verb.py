"""`glaswerk trace`, and what `count` and `search` share with it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from glaswerk.cli.options import json_option, lab_option
from glaswerk.lab import Artifact, Lab

if TYPE_CHECKING:
    from glaswerk.trace import Match, Tracer

Function = TypeVar("Function", bound=Callable[..., Any])


def shards_option(function: Function) -> Function:
    """`--shards NAME`, whose index is searched."""
    return click.option("--shards", default="main.main", show_default=True, help="Shards to search.")(
        function
    )


def open_tracer(lab: Lab, shards: str) -> Tracer:
    """The open index of these shards. Raises GlaswerkError, with those there are, where it is missing."""
    from glaswerk.trace import Tracer

    return Tracer.open(lab, index_of(lab, shards))


def index_of(lab: Lab, shards: str) -> Artifact:
    hint = "glaswerk index" if shards == "main.main" else f"glaswerk index --shards {shards}"
    return lab.need("trace", shards, hint=hint)


def facts(match: Match) -> str:
    """Who, when, on what terms, where from, and in which part of the training data."""
    where = f"{match.split}, {match.side}" if match.side else match.split
    copies = f"{match.duplicates:,} duplicates left out" if match.duplicates else ""
    parts = (match.author, match.created_at[:10], match.licence, match.url, where, copies)
    return "  ".join(part for part in parts if part)


@click.command("trace")
@click.argument("text", required=False)
@click.option(
    "--context", default="", help="What was said before: of the earliest, those that fit it come first."
)
@click.option(
    "--min-words", type=click.IntRange(2), default=4, show_default=True, help="Shortest span shown."
)
@click.option(
    "--documents",
    type=click.IntRange(0, 1000),
    default=3,
    show_default=True,
    help="Documents shown for each span.",
)
@shards_option
@lab_option
@json_option
def command(
    text: str | None, context: str, min_words: int, documents: int, shards: str, lab_path: Path, as_json: bool
) -> None:
    """Where TEXT (or standard input) occurs verbatim in the training data, the rarest words first.

    \b
    glaswerk trace "the stolen garden gnome came back"
    glaswerk trace --json < answer.txt
    """
    from glaswerk.trace.novelty import MIN_SPAN_WORDS, Baseline

    lab = Lab.open(lab_path)
    tracer, text = open_tracer(lab, shards), text if text is not None else sys.stdin.read()
    found = tracer.trace(text, context=context, min_words=min_words, documents=documents)
    baseline = Baseline.of(lab, index_of(lab, shards), tracer)
    novelty = baseline.judge(tracer, text, found if min_words <= MIN_SPAN_WORDS else None)
    if as_json:
        whole = found.to_json() | {"novelty": novelty.to_json()}
        click.echo(json.dumps(whole, indent=2, ensure_ascii=False))
        return
    click.echo(novelty)
    if not found.spans:
        click.echo(f"no {found.label} of {min_words} words or more")
    for span in sorted(found.spans, key=lambda span: span.rank):
        figures = f"{span.words} words, {span.count:,} × {found.label}, rarity {span.rarity:.0f} nats"
        click.echo(f"“{span.text.strip()}”  {figures}")
        for match in span.documents:
            click.echo(f"    {facts(match)}\n      {' '.join(match.text.split())[:300]}")
