"""Carrying a deletion through to a model: check what was named, rebuild the data, retrain the model."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab
from glaswerk.rerun.rebuild import ReportRemoved, rebuild

if TYPE_CHECKING:
    from glaswerk.lab.tombstones import Tombstone

_NEAREST = """
    SELECT author FROM read_parquet(?, union_by_name = true) WHERE author <> '' GROUP BY author
    ORDER BY jaro_winkler_similarity(lower(author), lower(?)) DESC, author LIMIT 3
"""


def model_named(lab: Lab, name: str, *, hint: str) -> Artifact:
    """The newest checkpoint of a model. Raises GlaswerkError, listing all models, if there is none."""
    found = lab.latest("model", name)
    if found is None:
        raise GlaswerkError(
            f"the lab has no model named {name!r} (models: {', '.join(model_names(lab)) or 'none'})",
            hint=hint,
        )
    return found


def model_names(lab: Lab) -> list[str]:
    """The names of all models in the lab."""
    return [made.name for made in lab.all("model")]


def check_known(lab: Lab, marks: Sequence[Tombstone], documents: Collection[str]) -> None:
    """Raises GlaswerkError, suggesting names that exist, if `marks` reach no document of the lab."""
    if documents:
        return
    first, others = marks[0], len(marks) - 1
    there = f" (sources: {', '.join(source.name for source in lab.all('source')) or 'none'})"
    if first.kind == "author" and (near := nearest_authors(lab, first.value)):
        there = f" (the most similar names: {', '.join(near)})"
    wanted = f"{first.kind} {first.value!r}" + (f", nor of {others:,} more" if others else "")
    raise GlaswerkError(
        f"the lab holds no document of {wanted}{there}",
        hint="glaswerk search PHRASE prints ids and authors of the documents that contain it",
    )


def nearest_authors(lab: Lab, name: str) -> list[str]:
    """Up to three authors of the sources with the names most similar to `name` (Jaro-Winkler), best first."""
    import duckdb

    from glaswerk.data.removal.reach import files_of

    files = [file for source in lab.all("source") for file in files_of(source)]
    return [row[0] for row in duckdb.execute(_NEAREST, [files, name]).fetchall()] if files else []


def check_forgotten(lab: Lab, documents: Collection[str], *, command: str) -> None:
    """Raises GlaswerkError, with the `command` that marks them, if some `documents` are not forgotten yet."""
    from glaswerk.data.removal.reach import forgotten_ids

    if missing := sorted(set(documents) - forgotten_ids(lab)):
        raise GlaswerkError(
            f"{len(missing):,} of these documents, those that go with them included, are not forgotten yet, "
            f"first {missing[0]}",
            hint=command,
        )


def rebuild_and_retrain(
    lab: Lab, model: Artifact, how: str, *, report_removed: ReportRemoved | None = None
) -> Artifact:
    """Rebuild the lab's data without what is forgotten, then retrain `model` on it. The old model stays.

    `how`: see `retrain`. The write lock of the lab must be held. Resumable.
    """
    from glaswerk.rerun.exposure import count_exposures
    from glaswerk.rerun.retrain import retrain

    rebuild(lab, report_removed=report_removed)
    made = retrain(lab, model, how)
    count_exposures(lab)
    return made
