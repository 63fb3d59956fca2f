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
    from glaswerk.trace.novelty import Baseline

    lab = Lab.open(lab_path)
    index = lab.need("trace", "main.main", hint="glaswerk index")
    tracer, text = Tracer.open(lab, index), text if text is not None else sys.stdin.read()
    found = tracer.trace(text, min_words=min_words, documents=documents)
    novelty = Baseline.of(lab, index, tracer).judge(tracer, text)
    if as_json:
        whole = found.to_json() | {"novelty": novelty.to_json()}
        click.echo(json.dumps(whole, indent=2, ensure_ascii=False))
        return
    click.echo(novelty)
    if not found.spans:
        click.echo(f"no {found.label} of {min_words} words or more")
    for span in found.spans:
        click.echo(f"“{span.text.strip()}”  {span.words} words, {span.count:,} × {found.label}")
        for match in span.documents:
            facts = "  ".join(x for x in (match.author, match.created_at[:10], match.licence, match.url) if x)
            click.echo(f"    {facts}\n      {' '.join(match.text.split())[:300]}")
