"""`glaswerk rebuild`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import next_step, show_all, writing
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab


@click.command("rebuild")
@click.option(
    "--purge",
    "purging",
    is_flag=True,
    help="First remove what is forgotten from the sources, too. This cannot be undone.",
)
@lab_option
@json_option
def command(purging: bool, lab_path: Path, as_json: bool) -> None:
    """Rebuild corpora, shards and index without what was forgotten, with the settings that they had.

    \b
    glaswerk forget --author hazel_hogben && glaswerk rebuild
    glaswerk rebuild --purge

    The tokenizer loses the entries that only this content needed; all others keep their ids, so that models
    can be trained further with it. With --purge, the tokenizer files of models lose them as well. Models
    stay: they still know what they were trained on, and `glaswerk status` shows which of them are stale.
    """
    from glaswerk.cli.deletion import print_removed
    from glaswerk.data.removal.purge import purge
    from glaswerk.rerun.exposure import count_exposures
    from glaswerk.rerun.rebuild import models_of_old_shards, rebuild
    from glaswerk.rerun.tokenizers import purge_models

    with writing(lab_path) as lab:
        made = purge(lab) if purging else []
        made += rebuild(lab, report_removed=print_removed)
        made += purge_models(lab) if purging else []
        if not purging and not lab.all("corpus"):
            raise GlaswerkError("the lab has no corpus to rebuild", hint="glaswerk curate")
        count_exposures(lab)
    show_all([(artifact, {"bytes": artifact.bytes}) for artifact in made], as_json)
    if as_json:
        return
    if purging and not made:
        echo("nothing to purge: no source contains forgotten or deleted documents", err=True)
    elif not made:
        echo("nothing to rebuild: corpora, tokenizers, shards and index are up to date", err=True)
    _say_models(lab, models_of_old_shards(lab))


def _say_models(lab: Lab, stale: list[Artifact]) -> None:
    """Which models know the old corpus, and what to do about those that learnt what is forgotten."""
    from glaswerk.rerun.removal import to_retrain

    waiting = to_retrain(lab)
    if waiting:
        names = ", ".join(model.name for model in waiting)
        last = waiting[-1].name.partition("/")[0]
        next_step(f"glaswerk retrain {last}; these models know what is forgotten: {names}")
    others = ", ".join(model.name for model in stale if model not in waiting)
    if others:
        echo(f"trained on an older corpus: {others}", err=True)
