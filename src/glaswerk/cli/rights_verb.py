"""`glaswerk rights`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from glaswerk.cli.options import json_option, lab_option
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab

_HEADS = ("source", "documents", "authors", "licence", "acquired", "audience", "")


@click.command("rights")
@lab_option
@json_option
def command(lab_path: Path, as_json: bool) -> None:
    """Licence, origin and audience of everything in the lab, and what stands in the way of a release.

    \b
    glaswerk rights
    glaswerk rights --json
    """
    from glaswerk.data.removal.rights import rights_table

    rows = rights_table(Lab.open(lab_path))
    if as_json:
        found = [{**asdict(row), "obstacle": row.obstacle} for row in rows]
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    if not rows:
        raise GlaswerkError("the lab has no source yet", hint="glaswerk add posts ARCHIVE.zip --licence own")
    lines = [
        (r.source, f"{r.documents:,}", f"{r.authors:,}", r.licence, r.acquired, r.audience, r.obstacle)
        for r in rows
    ]
    widths = [max(map(len, column)) for column in zip(_HEADS, *lines, strict=True)]
    for line in [_HEADS, *lines]:
        cells = [
            cell.rjust(width) if index in (1, 2) else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        click.echo("  ".join(cells).rstrip())
