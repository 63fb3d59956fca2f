"""`glaswerk find`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from glaswerk.cli.found import print_found
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import open_lab, print_json, writing
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab

if TYPE_CHECKING:
    from glaswerk.retrieve import Retriever


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
    print_found(found)


def _retriever(lab_path: Path, corpus: str) -> Retriever:
    from glaswerk.retrieve import Retriever, build, find_passages
    from glaswerk.serve.offers.ground_settings import GroundSettings

    lab = open_lab(lab_path)
    _corpus(lab, corpus)
    made = find_passages(lab, corpus)
    if made is None:
        with writing(lab_path) as held:
            made = build(held, _corpus(held, corpus), private=GroundSettings.of(held).private)
    return Retriever.open(lab, made)


def _corpus(lab: Lab, name: str) -> Artifact:
    return lab.need("corpus", name, hint="glaswerk curate")


def _check_day(name: str, day: str) -> None:
    from datetime import date

    try:
        if day and date.fromisoformat(day).isoformat() != day:
            raise ValueError("another spelling")
    except ValueError as error:
        message = f"expected {name} to be a day such as 2026-05-01, found {day!r}"
        raise GlaswerkError(message, hint=f"glaswerk find {name} 2026-05-01 …") from error
