"""What models learnt from content that may not be learnt from any more, as the ledger has it."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from glaswerk.core.ids import digest_json
from glaswerk.lab.folder import Lab
from glaswerk.lab.tombstones import Forgotten


@dataclass(frozen=True, slots=True)
class Exposure:
    """Documents, forgotten or deleted by their owners, that a model or one it grew from was trained on, and
    their tokens.

    `seen` are tokens times epochs. `reserved` counts documents whose owners reserved text and data mining
    since. Not `certain` where the spans of some of its shards are lost, so that there may be more of either.
    `basis` is what it was counted from (see `exposure_basis`).
    """

    documents: int
    tokens: int
    seen: int
    certain: bool
    reserved: int
    basis: str


def exposure_basis(lab: Lab) -> str:
    """Changes with the marks and the sources, on which counts depend."""
    marks = Forgotten.read(lab.root).digest
    # The number is that of the rule: 2 counts what owners deleted, 3 what tuning replays, 4 what
    # runs replay beside the sources that come last.
    return digest_json([4, marks, sorted(source.id for source in lab.all("source"))])


def exposures(lab: Lab) -> dict[str, Exposure]:
    """What was counted last, by the model's id."""
    query = "SELECT model, documents, tokens, seen, certain, reserved, basis FROM exposure"
    return {
        model: Exposure(documents, tokens, seen, bool(certain), reserved, basis)
        for model, documents, tokens, seen, certain, reserved, basis in lab.ledger.rows(query)
    }


def record_exposure(lab: Lab, model: str, found: Exposure) -> None:
    """Enter a model's exposure in the place of the one counted before."""
    query = (
        "INSERT OR REPLACE INTO exposure (model, documents, tokens, seen, certain, reserved, basis) "
        "VALUES (?,?,?,?,?,?,?)"
    )
    with lab.ledger.transaction() as db:
        db.execute(query, (model, *astuple(found)))
