"""An artifact that all ranks of a run make together: the first rank writes it, the others only compute."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.train.parallel.world import World

# Fills the folder and returns the figures for the manifest; without a folder, it only takes part.
Write = Callable[[Path | None], Mapping[str, Any]]


def make_collective_artifact(lab: Lab, spec: Spec, world: World, write: Write) -> Artifact:
    """The artifact of `spec`: found, or made by `write` on every rank. A collective operation.

    Returns on every rank only once the artifact exists.
    """
    ranks = world.ranks()
    found = lab.find(spec.kind, spec.name) if world.first else None
    there = ranks.of_first(found is not None and found.id == spec.id)
    if world.first:
        made = lab.make(spec, write)
    elif not there:
        write(None)
    ranks.of_first(None)  # no rank looks for it before it exists
    return made if world.first else lab.need(spec.kind, spec.name, hint="glaswerk status")
