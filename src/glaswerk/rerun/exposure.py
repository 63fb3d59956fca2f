"""How much models learnt from given documents: the one count that every command shows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from glaswerk.data.removal.reach import forgotten_ids
from glaswerk.data.removal.rights import reserved_ids
from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.exposure import Exposure, exposure_basis, exposures, record_exposure
from glaswerk.rerun.span_counts import Learnt, learnt_from_spans

if TYPE_CHECKING:
    from glaswerk.rerun.chain import Chain


def count_exposures(lab: Lab) -> None:
    """Record in the ledger how much each model learnt from forgotten or reserved documents.

    Only models whose count may have changed are counted again.
    """
    basis, known = exposure_basis(lab), exposures(lab)
    models = [m for m in lab.all("model") if m.id not in known or known[m.id].basis != basis]
    if not models:
        return
    forgotten, reserved = forgotten_ids(lab), reserved_ids(lab)
    for model in models:
        found, since = learnt(lab, model, forgotten), learnt(lab, model, reserved)
        exposure = Exposure(found.documents, found.tokens, found.seen, found.certain, since.documents, basis)
        record_exposure(lab, model.id, exposure)


def learnt(lab: Lab, model: Artifact, ids: Collection[str], chain: Chain | None = None) -> Learnt:
    """How much of the documents `ids` a model and its bases were trained on.

    Exact if the order of all of their runs can be recomputed; else what their spans give on average. `chain`:
    what `retraining_chain` found for these documents, if that is known.
    """
    found = learnt_from_spans(lab, model, ids)
    if not found.documents:
        return found
    # Recomputing an order needs torch, which takes seconds to import.
    from glaswerk.rerun.chain import retraining_chain

    chain = chain or retraining_chain(lab, model, ids)
    touches = [touch for _, touch in chain or [] if touch is not None]
    if chain is None or len(touches) < len(chain):
        return found
    visited = frozenset[str]().union(*(touch.documents for touch in touches))
    return replace(learnt_from_spans(lab, model, visited), seen=sum(touch.total for touch in touches))
