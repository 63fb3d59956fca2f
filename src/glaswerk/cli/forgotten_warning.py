"""A warning before a model answers that learnt what was forgotten since."""

from __future__ import annotations

import click

from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.exposure import exposures


def warn_of_forgotten(lab: Lab, model: Artifact) -> None:
    """Say so on standard error, with the newest model of the same stage that did not learn it.

    As last counted, by `glaswerk forget`, `rebuild` or `status`.
    """
    known = exposures(lab)
    found = known.get(model.id)
    if found is None or not found.documents:
        return
    without = [
        made.name
        for made in lab.all("model")
        if made.config.get("stage") == model.config.get("stage")
        and made.id in known
        and known[made.id].certain
        and not known[made.id].documents
    ]
    way = f"--model {without[-1]} was not" if without else "glaswerk what-if says what it takes to be without"
    click.echo(
        f"warning: {model.name} was trained on {found.documents:,} forgotten documents; {way}", err=True
    )
