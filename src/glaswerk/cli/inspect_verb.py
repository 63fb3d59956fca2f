"""`glaswerk inspect`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import open_lab, print_json

_STATES = {
    "trusted": "signed by this lab, unchanged since",
    "valid": "unchanged since it was signed, by a signer that this lab does not know",
    "invalid": "changed since it was signed, or forged",
    "none": "no Content Credentials: nothing follows, as most programs remove them",
}


@click.command("inspect")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@lab_option
@json_option
def command(file: Path, lab_path: Path, as_json: bool) -> None:
    """What the Content Credentials (C2PA) in a picture say, and whether it was changed since.

    \b
    glaswerk inspect picture.png
    glaswerk inspect picture.png --json

    Exit code 1 if the picture was changed or its signature is forged.
    """
    from glaswerk.release.marking.mark import Marker, read_file

    found = Marker.of(open_lab(lab_path).root).inspect(read_file(file))
    if as_json:
        fields = {"state": found.state, "signer": found.signer, "problems": list(found.problems)}
        print_json({**fields, "generation": dict(found.generation)})
    else:
        echo(f"{found.state}: {_STATES.get(found.state, found.state)}")
        if found.signer:
            echo(f"signer: {found.signer}")
        for key, value in found.generation.items():
            echo(f"{key}: {value}")
        for problem in found.problems:
            echo(f"problem: {problem}")
    if found.state == "invalid":
        sys.exit(1)
