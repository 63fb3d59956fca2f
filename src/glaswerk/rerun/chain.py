"""The models that must be retrained for one of them to be without some documents."""

from __future__ import annotations

from collections.abc import Collection

from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.stages import ADOPTED
from glaswerk.lineage.walk import base_chain
from glaswerk.rerun.order import stage_of
from glaswerk.rerun.steps_touched import TouchedSteps, touched_steps

# Models, each tuned from the one before, with the steps of their own runs that saw the documents; None if
# that is unknown.
Chain = list[tuple[Artifact, TouchedSteps | None]]


def retraining_chain(lab: Lab, model: Artifact, documents: Collection[str]) -> Chain | None:
    """The models that must be retrained for `model` to be without `documents`, in order.

    The first is the oldest that saw one of them; each of the others was tuned from the one before. A run
    whose order is unknown counts as having seen them; adopted weights count as not having seen them.
    None if one of the models is no longer in the lab.
    """
    there = {made.id: made for made in (*lab.all("model"), model)}
    chain: Chain = []
    for identifier in base_chain(model.id, lambda one: there[one].inputs if one in there else {}):
        made = there.get(identifier)
        if made is None:
            return None
        if chain and stage_of(made) == ADOPTED:
            break
        chain.insert(0, (made, touched_steps(lab, made, documents)))
    while len(chain) > 1 and chain[0][1] is not None and not chain[0][1].steps:
        chain.pop(0)
    return chain
