"""`glaswerk detect`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import open_lab, print_json


@click.command("detect")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@lab_option
@json_option
def command(files: tuple[Path, ...], lab_path: Path, as_json: bool) -> None:
    """Whether pictures carry this lab's watermark, also without their metadata.

    \b
    glaswerk detect picture.png
    glaswerk detect *.jpg --json

    A score above the threshold means that a model of this lab drew the picture. One below says little: small
    pictures lose the mark when they are cropped or compressed strongly (docs/how-to/images.md has a table).
    """
    from glaswerk.release.marking.mark import Marker, read_file
    from glaswerk.release.marking.watermark import THRESHOLD

    marker = Marker.of(open_lab(lab_path).root)
    rows = []
    for file in files:
        score = marker.score(read_file(file))
        found = score > THRESHOLD
        rows.append({"file": str(file), "watermark": found, "score": round(score, 2), "threshold": THRESHOLD})
        if not as_json:
            words = "watermark found" if found else "no watermark found"
            echo(f"{file}: {words} (score {score:.1f}, threshold {THRESHOLD})")
    if as_json:
        print_json(rows)
