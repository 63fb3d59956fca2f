"""Carrying a deletion through to a model: check what was named, rebuild the data, retrain the model."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.tombstones import Forgotten, Kind, Tombstone, plain_handle
from glaswerk.lineage.exposure import exposures, models_without
from glaswerk.rerun.rebuild import ReportRemoved, rebuild

if TYPE_CHECKING:
    from glaswerk.data.removal.reach import Reach

# Names that contain what was typed come first: an id without its source, a name without its number.
_NEAREST = """
    SELECT {0} FROM read_parquet(?, union_by_name = true) WHERE {0} <> '' GROUP BY {0}
    ORDER BY contains(lower({0}), lower(?)) DESC, jaro_winkler_similarity(lower({0}), lower(?)) DESC, {0}
    LIMIT 3
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


def to_retrain(lab: Lab) -> list[Artifact]:
    """Models that learnt forgotten documents, or may have, and have no successor that did not; oldest first.

    By the latest counts (see `count_exposures`).
    """
    found = exposures(lab)
    learnt = [
        model
        for model in lab.all("model")
        if model.id in found and (found[model.id].documents or not found[model.id].certain)
    ]
    return [model for model in learnt if not models_without(lab, model)]


def check_known(lab: Lab, marks: Sequence[Tombstone], documents: Collection[str]) -> None:
    """Raises GlaswerkError, suggesting names that exist, if `marks` reach no document of the lab."""
    if not documents:
        raise _unknown(lab, marks, "glaswerk search PHRASE prints ids and authors of the documents with it")


def check_each_known(lab: Lab, marks: Sequence[Tombstone], command: str) -> None:
    """Raises GlaswerkError, suggesting names that exist, for marks that reach nothing and are new.

    `command` marks them all the same, for content that is added later: it is the hint.
    """
    from glaswerk.data.removal.reach import reach

    before = Forgotten.read(lab.root)
    new = [mark for mark in marks if before.with_more([mark]).tombstones != before.tombstones]
    if missing := [mark for mark in new if not _reaches(lab, mark, reach(lab, Forgotten((mark,))))]:
        raise _unknown(lab, missing, command)


def _reaches(lab: Lab, mark: Tombstone, touched: Reach) -> bool:
    there = mark.kind == "source" and lab.find("source", mark.value) is not None
    return there or bool(touched.documents or touched.related or touched.derived)


def _unknown(lab: Lab, marks: Sequence[Tombstone], hint: str) -> GlaswerkError:
    first, others = marks[0], len(marks) - 1
    typed = plain_handle(first.value) if first.kind == "author" else first.value
    near = nearest_names(lab, first.kind, typed)
    there = f" (the most similar names: {', '.join(near)})" if near else " (it holds none)"
    wanted = f"{first.kind} {first.value!r:.80}" + (f", nor of {others:,} more" if others else "")
    return GlaswerkError(f"the lab holds no document of {wanted}{there}", hint=hint)


def nearest_names(lab: Lab, kind: Kind, name: str) -> list[str]:
    """Up to three authors, ids or sources of the lab with the names most similar to `name`, best first.

    Names that contain it precede others; both are in the order of their Jaro-Winkler similarity.
    """
    import duckdb
    import pyarrow as pa

    from glaswerk.data.removal.reach import files_of

    if kind == "source":
        names = pa.table({"name": [source.name for source in lab.all("source")]})
        with duckdb.connect() as db:
            db.register("names", names)
            query = _NEAREST.format("name").replace("read_parquet(?, union_by_name = true)", "names")
            return [row[0] for row in db.execute(query, [name, name]).fetchall()] if len(names) else []
    files = [file for source in lab.all("source") for file in files_of(source)]
    query = _NEAREST.format(kind)
    return [row[0] for row in duckdb.execute(query, [files, name, name]).fetchall()] if files else []


def reach_of_marks(lab: Lab, model: Artifact, *, hint: str) -> Reach:
    """What all marks of the lab reach.

    Raises GlaswerkError, with `hint`, if there is no mark and `model` learnt nothing that its owner deleted.
    """
    from glaswerk.data.removal.reach import forgotten_ids, reach
    from glaswerk.rerun.exposure import learnt

    marks = Forgotten.read(lab.root)
    if not marks.tombstones and not learnt(lab, model, forgotten_ids(lab)).documents:
        raise GlaswerkError(f"expected forgotten documents in {model.name}, found none", hint=hint)
    return reach(lab, marks)


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
