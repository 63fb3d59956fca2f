"""`glaswerk trace`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option, shards_option
from glaswerk.cli.session import open_lab, print_json
from glaswerk.cli.tracing import facts, index_of, open_tracer


@click.command("trace")
@click.argument("text", required=False)
@click.option(
    "--context", default="", help="The conversation before the text: documents that fit it come first."
)
@click.option(
    "--min-words", type=click.IntRange(2), default=4, show_default=True, help="Shortest span shown, in words."
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
    """Where TEXT, or standard input, occurs verbatim in the training data, the rarest spans first.

    \b
    glaswerk trace "the stolen garden gnome came back"
    glaswerk trace --json < answer.txt
    """
    from glaswerk.trace.novelty import MIN_SPAN_WORDS, Baseline

    lab = open_lab(lab_path)
    tracer, text = open_tracer(lab, shards), text if text is not None else sys.stdin.read()
    found = tracer.trace(text, context=context, min_words=min_words, documents=documents)
    baseline = Baseline.of(lab, index_of(lab, shards), tracer)
    novelty = baseline.judge(tracer, text, found if min_words <= MIN_SPAN_WORDS else None)
    if as_json:
        print_json(found.to_json() | {"novelty": novelty.to_json()})
        return
    echo(novelty)
    if not found.spans:
        echo(f"no {found.label} of {min_words} words or more")
    for span in sorted(found.spans, key=lambda span: span.rank):
        figures = f"{span.words} words, {span.count:,} × {found.label}, rarity {span.rarity:.0f} nats"
        echo(f"“{' '.join(span.text.split())}”  {figures}")
        for match in span.documents:
            echo(f"    {facts(match)}", f"      {' '.join(match.text.split())[:300]}")
