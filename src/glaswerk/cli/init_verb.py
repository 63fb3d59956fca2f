"""`glaswerk init`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.session import next_step
from glaswerk.lab import Lab


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@click.option("--name", default="", help="The lab's name.  [default: the folder's name]")
def command(folder: Path, name: str) -> None:
    """Make a lab in FOLDER, by default this one. An existing lab is left unchanged.

    \b
    glaswerk init my-lab
    glaswerk init --name "Letters of my grandmother"
    """
    lab = Lab.init(folder, name)
    echo(f"lab {lab.settings.get('lab', {}).get('name', lab.root.name)} in {lab.root}")
    next_step("glaswerk add posts ARCHIVE.zip --licence own")
