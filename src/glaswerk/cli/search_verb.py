"""`glaswerk search`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option, shards_option
from glaswerk.cli.session import open_lab, print_json
from glaswerk.cli.tracing import facts, open_tracer

if TYPE_CHECKING:
    from glaswerk.trace import Match

# Characters shown on each side of the phrase.
_AROUND = 120


@click.command("search")
@click.argument("phrase")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=10, show_default=True, help="Documents shown."
)
@shards_option
@lab_option
@json_option
def command(phrase: str, limit: int, shards: str, lab_path: Path, as_json: bool) -> None:
    """The documents of the training data that contain PHRASE, the earliest first, with the words around it.

    The phrase is compared as in `glaswerk count`.

    \b
    glaswerk search "the old mill"
    glaswerk search --limit 100 --json "the old mill" > found.json
    """
    found = open_tracer(open_lab(lab_path), shards).search(phrase, limit=limit)
    if as_json:
        print_json([match.to_json() for match in found])
        return
    if not found:
        echo("no document of the training data contains it")
    for match in found:
        echo(f"{match.id}  {facts(match)}", f"    {_around(match)}")


def _around(match: Match) -> str:
    start, end = max(0, match.match_start - _AROUND), match.match_end + _AROUND
    words = " ".join(match.text[start:end].split())
    return ("…" if start else "") + words + ("…" if end < len(match.text) else "")
