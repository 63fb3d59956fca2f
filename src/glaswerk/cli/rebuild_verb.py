"""`glaswerk rebuild`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import show_all, writing
from glaswerk.core.errors import GlaswerkError
from glaswerk.rerun.rebuild import rebuild


@click.command("rebuild")
@click.option(
    "--purge",
    "purging",
    is_flag=True,
    help="First take what is forgotten out of the sources, too. It cannot be undone.",
)
@lab_option
@json_option
def command(purging: bool, lab_path: Path, as_json: bool) -> None:
    """Make corpora, shards and index anew from what the lab holds now, with the settings that they had.

    The tokenizer stays, so that models can go on from it. Models stay, too, and `glaswerk status` shows
    which of them are stale: they still know what they were trained on.

    \b
    glaswerk rebuild
    glaswerk forget --author hazel_hogben && glaswerk rebuild --purge
    """
    from glaswerk.data.removal.purge import purge
    from glaswerk.rerun.exposure import count_exposures

    with writing(lab_path) as lab:
        made = purge(lab) if purging else []
        made += rebuild(lab)
        if not purging and not lab.all("corpus"):
            raise GlaswerkError("the lab has no corpus to rebuild", hint="glaswerk curate")
        count_exposures(lab)
    show_all([(artifact, {"bytes": artifact.bytes}) for artifact in made], as_json)
    if purging and not made and not as_json:
        click.echo("nothing to purge: no source holds what marks cover or owners deleted", err=True)
    ids = {"", *(shards.id for shards in lab.all("shards"))}
    stale = [model.name for model in lab.all("model") if model.inputs.get("shards", "") not in ids]
    if stale and not as_json:
        click.echo(f"next: train anew, these models know the old corpus: {', '.join(stale)}", err=True)
