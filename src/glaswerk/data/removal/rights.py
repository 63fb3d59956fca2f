"""The rights of all content in a lab, counted from the documents."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.core.rights import ADOPTED_WEIGHTS, rights_faults
from glaswerk.data.removal.reach import files_of
from glaswerk.lab import Artifact, Lab


@dataclass(frozen=True, slots=True)
class RightsRow:
    """The documents of one source that share licence, origin, audience and reservation, with the number of
    different authors. `licence_files`: of adopted weights, the files with the terms that came with them."""

    source: str
    licence: str
    acquired: str
    audience: str
    tdm_opt_out: bool
    documents: int
    authors: int
    licence_files: tuple[str, ...] = ()

    @property
    def obstacle(self) -> str:
        """Why these documents cannot be released, in a few words; empty if they can."""
        return "; ".join(rights_faults(self.licence, self.acquired, self.audience, self.tdm_opt_out))


_QUERY = """
    SELECT licence, acquired, audience, tdm_opt_out, count(*), count(DISTINCT nullif(author, ''))
    FROM read_parquet(?) GROUP BY ALL ORDER BY 5 DESC, 1, 2, 3, 4
"""


def rights_table(lab: Lab) -> list[RightsRow]:
    """One row for each combination of rights in each source, and one for each adopted model.

    Sources are ordered by name, and the rows of a source by number of documents, largest first.
    """
    rows = []
    with duckdb.connect() as db:
        for source in sorted(lab.all("source"), key=lambda source: source.name):
            found = db.sql(_QUERY, params=[str(source.path / DOCUMENTS)]).fetchall()
            rows += [RightsRow(source.name, *row) for row in found]
    return rows + [_of_weights(made) for made in lab.all("model") if "licence" in made.config]


def _of_weights(model: Artifact) -> RightsRow:
    """Adopted weights: the number of documents they were trained on is unknown, so it is 0 here."""
    licence, files = str(model.config["licence"]), tuple(map(str, model.config.get("licence_files", ())))
    return RightsRow(model.name, licence, ADOPTED_WEIGHTS, "public", False, 0, 0, files)


def reserved_ids(lab: Lab) -> set[str]:
    """Ids of all documents whose owners reserved text and data mining, according to any source."""
    ids: set[str] = set()
    with duckdb.connect() as db:
        for source in lab.all("source"):
            query = "SELECT id FROM read_parquet(?, union_by_name = true) WHERE tdm_opt_out"
            ids.update(row[0] for row in db.sql(query, params=[files_of(source)]).fetchall())
    return ids
