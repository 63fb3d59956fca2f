"""`glaswerk init`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.lab import Lab


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@click.option("--name", default="", help="The lab's name.  [default: the folder's]")
def command(folder: Path, name: str) -> None:
    """Make a lab in FOLDER (by default this one). A lab that is there already stays as it is.

    \b
    glaswerk init my-lab
    """
    lab = Lab.init(folder, name)
    click.echo(f"lab {lab.settings.get('lab', {}).get('name', lab.root.name)} in {lab.root}")
    click.echo("next: glaswerk add posts ARCHIVE.zip --licence own", err=True)
