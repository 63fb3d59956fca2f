"""`glaswerk find`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import open_lab, print_json, writing
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab

if TYPE_CHECKING:
    from glaswerk.retrieve import Answer, Grounds, Hit, Retriever


@click.command("find")
@click.argument("question")
@click.option("--limit", type=click.IntRange(1, 50), default=5, show_default=True, help="Passages shown.")
@click.option("--author", default="", help="Only passages by this author.")
@click.option("--source", default="", help="Only passages from this source.")
@click.option("--lang", default="", help="Only passages in this language, such as de.")
@click.option("--since", default="", metavar="DATE", help="Only from this day on, such as 2026-05-01.")
@click.option("--until", default="", metavar="DATE", help="Only up to this day.")
@click.option("--corpus", default="main", show_default=True, help="Name of the corpus to search.")
@lab_option
@json_option
def command(
    question: str,
    limit: int,
    author: str,
    source: str,
    lang: str,
    since: str,
    until: str,
    corpus: str,
    lab_path: Path,
    as_json: bool,
) -> None:
    """What your documents say to a QUESTION: quotes, word for word, with author, date and address.

    Needs no model. If no document answers it, that is said, and the nearest passages follow. The first search
    after `curate` cuts the documents into passages.

    \b
    glaswerk find "Who built the old bridge?"
    glaswerk find --author hazel --since 2026-05-01 "new bakery"
    """
    from glaswerk.retrieve import Filters, ground

    for name, day in (("--since", since), ("--until", until)):
        _check_day(name, day)
    retriever = _retriever(lab_path, corpus)
    found = ground(retriever, question, (), Filters(author, source, lang, since, until), limit)
    if as_json:
        print_json(found.to_json())
        return
    _print(found)


def _print(found: Grounds) -> None:
    if found.filters.to_json():
        echo("only " + ", ".join(f"{name} {value}" for name, value in found.filters.to_json().items()), "")
    if found.count is not None:
        echo(f"{found.count.documents:,} documents say: {found.count.about or 'anything'}")
        echo(f"counted with: {found.count.sql}", "")
    elif found.verdict == "closest":
        echo("the closest passages; they may not answer this:", "")
    elif found.verdict == "declined" and found.near:
        echo("nothing in your content answers this; the nearest passages:", "")
    elif not found.near:
        echo("nothing in your content has these words")
    for quote in found.quotes:
        _show(quote.hit, quote)
    for hit in () if found.quotes else found.near:
        _show(hit)


def _retriever(lab_path: Path, corpus: str) -> Retriever:
    from glaswerk.retrieve import Retriever, build, find_passages

    lab = open_lab(lab_path)
    _corpus(lab, corpus)
    made = find_passages(lab, corpus)
    if made is None:
        with writing(lab_path) as held:
            made = build(held, _corpus(held, corpus))
    return Retriever.open(lab, made)


def _corpus(lab: Lab, name: str) -> Artifact:
    return lab.need("corpus", name, hint="glaswerk curate")


def _check_day(name: str, day: str) -> None:
    from datetime import date

    try:
        if day:
            date.fromisoformat(day)
    except ValueError as error:
        message = f"expected {name} to be a day such as 2026-05-01, found {day!r}"
        raise GlaswerkError(message, hint=f"glaswerk find {name} 2026-05-01 …") from error


def _show(hit: Hit, answer: Answer | None = None) -> None:
    copies = f"{hit.copies:,} passages say the same" if hit.copies else ""
    parts = (hit.document, hit.author, hit.created_at[:10], hit.source, hit.url, copies)
    echo("  ".join(part for part in parts if part))
    if answer is not None:
        echo(f"  » {' '.join(answer.text.split())}")
    echo(f"    {' '.join(hit.text.split())}", "")
