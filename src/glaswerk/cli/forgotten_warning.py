"""A warning before a model answers that has learned content forgotten since."""

from __future__ import annotations

from glaswerk.cli.echo import echo
from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.exposure import exposures, models_without


def warn_of_forgotten(lab: Lab, model: Artifact) -> None:
    """Warn on standard error, and name the newest model of the same stage that did not learn it.

    The count is the last one of `glaswerk forget`, `rebuild` or `status`.
    """
    found = exposures(lab).get(model.id)
    if found is None or not found.documents:
        return
    without = models_without(lab, model)
    way = (
        f"--model {without[-1].name} was not" if without else "glaswerk what-if says what removing them takes"
    )
    echo(f"warning: {model.name} was trained on {found.documents:,} forgotten documents; {way}", err=True)
