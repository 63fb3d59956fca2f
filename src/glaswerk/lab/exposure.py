"""What models learnt from content that was to be forgotten later, as the ledger has it."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from glaswerk.core.ids import digest_json
from glaswerk.lab.folder import Lab
from glaswerk.lab.tombstones import Forgotten


@dataclass(frozen=True, slots=True)
class Exposure:
    """Forgotten documents that a model or one it grew from was trained on, and their tokens.

    `seen` are tokens times epochs. Not `certain` where the spans of some of its shards are lost, so that
    there may be more. `basis` is what it was counted from (see `exposure_basis`).
    """

    documents: int
    tokens: int
    seen: int
    certain: bool
    basis: str = ""


def exposure_basis(lab: Lab) -> str:
    """Changes with the marks and the sources, on which counts depend; empty in a lab without marks."""
    forgotten = Forgotten.read(lab.root)
    if not forgotten.tombstones:
        return ""
    return digest_json([forgotten.digest, sorted(source.id for source in lab.all("source"))])


def exposures(lab: Lab) -> dict[str, Exposure]:
    """What was counted last, by the model's id."""
    query = "SELECT model, documents, tokens, seen, certain, basis FROM exposure"
    return {
        model: Exposure(documents, tokens, seen, bool(certain), basis)
        for model, documents, tokens, seen, certain, basis in lab.ledger.rows(query)
    }


def record_exposure(lab: Lab, model: str, found: Exposure) -> None:
    """Enter a model's exposure in the place of the one counted before."""
    with lab.ledger.transaction() as db:
        query = (
            "INSERT OR REPLACE INTO exposure (model, documents, tokens, seen, certain, basis) "
            "VALUES (?,?,?,?,?,?)"
        )
        db.execute(query, (model, *astuple(found)))
