"""How much each model learnt from content that is now forgotten or reserved, as counted in the ledger."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from glaswerk.core.ids import digest_json
from glaswerk.lab.artifact import Artifact
from glaswerk.lab.folder import Lab
from glaswerk.lab.tombstones import Forgotten
from glaswerk.lineage.stages import stage_of


@dataclass(frozen=True, slots=True)
class Exposure:
    """Training documents of a model and its bases that were forgotten, or deleted by their owners.

    `tokens` are theirs, `seen` is tokens times epochs. `reserved` counts training documents whose owners
    reserved text and data mining since. `certain` is False if the spans of some shards are lost: there may
    then be more. `basis` identifies what it was counted from (see `exposure_basis`).
    """

    documents: int
    tokens: int
    seen: int
    certain: bool
    reserved: int
    basis: str


def exposure_basis(lab: Lab) -> str:
    """An id of the marks and sources that the counts depend on; counts of another basis are out of date."""
    marks = Forgotten.read(lab.root).digest
    # The version of the rule: 2 counts documents that owners deleted, 3 texts that tuning replays, 4 texts
    # that runs replay next to the sources that come last, 5 what the runs saw exactly.
    return digest_json([5, marks, sorted(source.id for source in lab.all("source"))])


def exposures(lab: Lab) -> dict[str, Exposure]:
    """The latest counts, by the id of the model."""
    query = "SELECT model, documents, tokens, seen, certain, reserved, basis FROM exposure"
    return {
        model: Exposure(documents, tokens, seen, bool(certain), reserved, basis)
        for model, documents, tokens, seen, certain, reserved, basis in lab.ledger.rows(query)
    }


def models_without(lab: Lab, model: Artifact) -> list[Artifact]:
    """Models of the stage of `model` that learnt nothing forgotten, by the latest counts; oldest first."""
    clean = {name for name, found in exposures(lab).items() if found.certain and not found.documents}
    stage = stage_of(model.config)
    return [made for made in lab.all("model") if made.id in clean and stage_of(made.config) == stage]


def record_exposure(lab: Lab, model: str, found: Exposure) -> None:
    """Record the exposure of a model, replacing the previous count."""
    query = (
        "INSERT OR REPLACE INTO exposure (model, documents, tokens, seen, certain, reserved, basis) "
        "VALUES (?,?,?,?,?,?,?)"
    )
    with lab.ledger.transaction() as db:
        db.execute(query, (model, *astuple(found)))
