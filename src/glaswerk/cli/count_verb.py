"""`glaswerk count`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.trace_verb import open_tracer, shards_option
from glaswerk.lab import Lab


@click.command("count")
@click.argument("phrase")
@shards_option
@lab_option
@json_option
def command(phrase: str, shards: str, lab_path: Path, as_json: bool) -> None:
    """How often PHRASE stands in the training data, exactly, at word borders.

    Letters, spaces and signs inside the phrase are compared as they are; what stands before its first word
    and behind its last is left out. Without documents that are marked to be forgotten.

    \b
    glaswerk count "the old mill"
    glaswerk count --json "the old mill"
    """
    found = open_tracer(Lab.open(lab_path), shards).count(phrase)
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=2, ensure_ascii=False))
        return
    click.echo(f"“{found.text}”  {found.count:,} × in {found.documents:,} documents")
    for split, count in found.counts.items():
        click.echo(f"    {split}  {count:,} × in {found.documents_by_split[split]:,} documents")
