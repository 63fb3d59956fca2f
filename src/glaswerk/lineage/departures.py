"""Copies of models that left the lab as releases or exports: what a deletion cannot reach any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from glaswerk.lab.artifact import Artifact
from glaswerk.lab.folder import Lab
from glaswerk.lineage.walk import base_chain

Way = Literal["release", "export"]


@dataclass(frozen=True, slots=True)
class Departure:
    """A copy of a model that was written outside the lab, to `place`. `at`: ISO 8601 in UTC.

    `model` and `digest` identify what was copied; the lab may no longer hold it.
    """

    model: str
    name: str
    digest: str
    way: Way
    place: str
    at: str


def record_departure(lab: Lab, model: Artifact, way: Way, place: Path) -> None:
    """Record that a copy of `model` was written to `place`; each copy is kept, also of the same model."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    values = (model.id, model.name, model.digest, way, str(place.absolute()), now)
    with lab.ledger.transaction() as db:
        db.execute("INSERT INTO departure (model, name, digest, way, place, at) VALUES (?,?,?,?,?,?)", values)


def departures(lab: Lab) -> list[Departure]:
    """Every copy that left the lab, the oldest first."""
    query = "SELECT model, name, digest, way, place, at FROM departure ORDER BY at, rowid"
    return [Departure(*row) for row in lab.ledger.rows(query)]


def departed_models(lab: Lab) -> list[Artifact]:
    """The models of which copies left, once each: as the lab holds them, else as the ledger records them."""
    there = {made.id: made for made in lab.all("model")}
    wanted = dict.fromkeys(one.model for one in departures(lab))
    found = (there.get(identifier) or _recorded(lab, identifier) for identifier in wanted)
    return [made for made in found if made is not None]


def departed_shards(lab: Lab) -> set[str]:
    """Ids of the shards that these models, and the models they were tuned from, were trained on."""

    chains = (base_chain(one.model, lambda child: _inputs(lab, child)) for one in departures(lab))
    return {_inputs(lab, made).get("shards", "") for chain in chains for made in chain} - {""}


def _inputs(lab: Lab, child: str) -> dict[str, str]:
    rows = lab.ledger.rows("SELECT role, parent FROM edge WHERE child = ?", child)
    return {row["role"]: row["parent"] for row in rows}


def _recorded(lab: Lab, identifier: str) -> Artifact | None:
    rows = lab.ledger.rows("SELECT * FROM artifact WHERE id = ? AND kind = 'model'", identifier)
    if not rows:
        return None
    row = rows[0]
    return Artifact(
        id=row["id"],
        kind="model",
        name=row["name"],
        path=lab.root / row["path"],
        digest=row["digest"],
        inputs=_inputs(lab, identifier),
        config=lab.ledger.parsed(row["config"]),
        stats=lab.ledger.parsed(row["stats"]),
        finished_at=row["finished_at"],
        seconds=row["seconds"],
        cpu_seconds=row["cpu_seconds"],
        bytes=row["bytes"],
    )
