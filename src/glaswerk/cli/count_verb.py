"""`glaswerk count`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option, shards_option
from glaswerk.cli.session import open_lab, print_json
from glaswerk.cli.tracing import open_tracer


@click.command("count")
@click.argument("phrase")
@shards_option
@lab_option
@json_option
def command(phrase: str, shards: str, lab_path: Path, as_json: bool) -> None:
    """How often PHRASE occurs in the training data, exactly, at word boundaries.

    \b
    glaswerk count "the old mill"
    glaswerk count --json "the old mill"

    Letters, spaces and punctuation inside the phrase must match; punctuation before its first word and after
    its last is ignored. Documents that are marked to be forgotten are not counted.
    """
    found = open_tracer(open_lab(lab_path), shards).count(phrase)
    if as_json:
        print_json(found.to_json())
        return
    echo(f"“{found.text}”  {found.count:,} × in {found.documents:,} documents")
    for split, count in found.counts.items():
        echo(f"    {split}  {count:,} × in {found.documents_by_split[split]:,} documents")
