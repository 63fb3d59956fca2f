"""`glaswerk trace`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from glaswerk.cli.session import json_option, lab_option
from glaswerk.lab import Lab


@click.command("trace")
@click.argument("text", required=False)
@click.option("--min-words", default=4, show_default=True, help="Shortest span shown.")
@click.option("--documents", default=3, show_default=True, help="Documents shown for each span.")
@lab_option
@json_option
def command(text: str | None, min_words: int, documents: int, lab_path: Path, as_json: bool) -> None:
    """Where TEXT (or standard input) occurs verbatim in the training data.

    \b
    glaswerk trace "the stolen garden gnome came back"
    glaswerk trace --json < answer.txt
    """
    from glaswerk.trace import Tracer

    lab = Lab.open(lab_path)
    index = lab.need("trace", "main.main", hint="glaswerk index")
    found = Tracer.open(lab, index).trace(
        text if text is not None else sys.stdin.read(), min_words=min_words, documents=documents
    )
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=2, ensure_ascii=False))
        return
    if not found.spans:
        click.echo(f"no {found.label} of {min_words} words or more")
    for span in found.spans:
        click.echo(f"“{span.text.strip()}”  {span.words} words, {span.count:,} × {found.label}")
        for match in span.documents:
            facts = "  ".join(x for x in (match.author, match.created_at[:10], match.licence, match.url) if x)
            click.echo(f"    {facts}\n      {' '.join(match.text.split())[:300]}")
