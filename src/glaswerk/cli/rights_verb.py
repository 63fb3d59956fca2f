"""`glaswerk rights`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import open_lab, print_json
from glaswerk.cli.tables import columns
from glaswerk.core.errors import GlaswerkError

_HEADS = ("source", "documents", "authors", "licence", "acquired", "audience", "")


@click.command("rights")
@lab_option
@json_option
def command(lab_path: Path, as_json: bool) -> None:
    """Licence, origin and audience of everything in the lab, and the obstacles to a release.

    \b
    glaswerk rights
    glaswerk rights --json
    """
    from glaswerk.data.removal.rights import rights_table

    rows = rights_table(open_lab(lab_path))
    if as_json:
        found = [{**asdict(row), "obstacle": row.obstacle} for row in rows]
        print_json(found)
        return
    if not rows:
        raise GlaswerkError("the lab has no source yet", hint="glaswerk add posts ARCHIVE.zip --licence own")
    lines = [
        (r.source, f"{r.documents:,}", f"{r.authors:,}", r.licence, r.acquired, r.audience, r.obstacle)
        for r in rows
    ]
    for line in columns(_HEADS, lines, right={1, 2}):
        echo(line)
    for row in rows:
        if row.licence_files:
            echo(f"terms of {row.source}: {', '.join(row.licence_files)}")
