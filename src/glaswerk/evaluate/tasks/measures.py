"""Every task that the lab's evaluation sets serve, measured."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from glaswerk.core.statistics import LEAST, unmeasurable
from glaswerk.data.dialogues.evaluation_sets import records_of, tasks_of
from glaswerk.evaluate.measured import Measured
from glaswerk.evaluate.tasks.beliefs import measure_beliefs
from glaswerk.evaluate.tasks.choice import measure_choice
from glaswerk.evaluate.tasks.closed import measure_closed
from glaswerk.evaluate.tasks.continuations import measure_continuations
from glaswerk.evaluate.tasks.evenhanded import measure_evenhanded
from glaswerk.evaluate.tasks.likelier import measure_likelier
from glaswerk.evaluate.tasks.mirrors import measure_mirrors
from glaswerk.evaluate.tasks.pairs import measure_pairs
from glaswerk.evaluate.tasks.paraphrases import measure_paraphrases
from glaswerk.evaluate.tasks.parties import measure_parties
from glaswerk.evaluate.tasks.refusals import measure_refusals
from glaswerk.evaluate.tasks.scorer import Scorer
from glaswerk.evaluate.tasks.task import Task, read_task, wrong
from glaswerk.lab import Artifact, Lab

Records = list[tuple[str, Mapping[str, Any]]]
Measure = Callable[[Task, Records, Scorer, int], Measured]
KINDS: dict[str, Measure] = {
    "choice": measure_choice,
    "pairs": measure_pairs,
    "mirrors": measure_mirrors,
    "refusals": measure_refusals,
    "closed": measure_closed,
    "beliefs": measure_beliefs,
    "paraphrases": measure_paraphrases,
    "evenhanded": measure_evenhanded,
    "parties": measure_parties,
    "likelier": measure_likelier,
    "continuations": measure_continuations,
}
# `--quick`: so many records a task.
QUICK = 200


def measure_tasks(
    lab: Lab, scorer: Scorer, *, limit: int | None, seed: int, quick: bool = False
) -> dict[str, Measured]:
    """Figures of every task by name; a task for which the lab has no set says so.

    quick: only tasks for a first look, on at most 200 records each.
    """
    sets = lab.all("evaluation")
    tasks = [task for task in tasks_for(sets) if task.quick or not quick]
    most = min(limit or QUICK, QUICK) if quick else limit
    return {task.name: _measured(task, sets, scorer, most, seed) for task in tasks}


def tasks_for(sets: Sequence[Artifact]) -> list[Task]:
    """The tasks of the package, and those that were added with sets, which replace the former.

    Raises GlaswerkError for a task of a kind that there is not.
    """
    found = {task.name: task for task in map(read_task, _files(sets))}
    for task in found.values():
        if task.kind not in KINDS:
            raise wrong(task.name, f"kind is one of {', '.join(KINDS)}, found {task.kind!r}")
    return list(found.values())


def _files(sets: Sequence[Artifact]) -> Iterator[Path]:
    with resources.as_file(resources.files(__package__) / "builtin") as folder:
        yield from sorted(folder.glob("*.toml"))
    for made in sets:
        yield from tasks_of(made)


def _measured(task: Task, sets: Sequence[Artifact], scorer: Scorer, limit: int | None, seed: int) -> Measured:
    used, records = records_for(task, sets)
    about = {"title": task.title, "section": task.section, "kind": task.kind, "note": task.note}
    if not records:
        wanted = ", ".join(task.fields)
        return Measured(about | unmeasurable(f"the lab has no evaluation set with {wanted}"))
    if len(records) < LEAST:
        return Measured(about | unmeasurable(f"{LEAST} records are needed, found {len(records)}"))
    taken = records
    if limit is not None and limit < len(records):
        taken = [records[i] for i in sorted(random.Random(seed).sample(range(len(records)), limit))]
    found = KINDS[task.kind](task, taken, scorer, seed)
    data = {"data": used, "records": len(taken), "of": len(records)}
    return Measured(about | data | found.figures, found.items)


def records_for(task: Task, sets: Sequence[Artifact]) -> tuple[list[dict[str, str]], Records]:
    """Names and digests of the sets that serve a task, and its records with their ids."""
    used, found = [], Records()
    for made in sets:
        own = [(item, record) for _, item, record in records_of(made) if task.takes(record)]
        if own:
            used.append({"name": made.name, "digest": made.digest})
        found += own
    return used, found
