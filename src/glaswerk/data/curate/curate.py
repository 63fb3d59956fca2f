"""From all sources of a lab to one corpus, with a decision and its reason for every document.

There are three steps. Tasks judge the shards of the sources independently (`shard_task`). Decisions that
compare documents are made from their keys (`resolve`). Then the corpus is written (`write_corpus`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.pool import TaskFunction, run_tasks
from glaswerk.data.curate.resolve import resolve
from glaswerk.data.curate.settings import CurateConfig, checked, read_settings
from glaswerk.data.curate.shard_task import (
    BOILERPLATE,
    EVALUATIONS,
    EXCLUSIONS,
    ExclusionList,
    ShardTask,
    count_lines,
    plan_tasks,
    run_task,
)
from glaswerk.data.curate.write import write_corpus
from glaswerk.data.dialogues.evaluation_sets import items_of
from glaswerk.data.filters.boilerplate import common_lines
from glaswerk.data.filters.decontaminate import EvalIndex
from glaswerk.data.removal.reach import Removed, deleted_ids, held_back, limited_ids
from glaswerk.data.store.decisions import KEPT
from glaswerk.data.store.order import in_order
from glaswerk.data.store.parquet import SCHEMA
from glaswerk.data.store.reasons import explain
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.lab.status import FORGOTTEN
from glaswerk.lab.tombstones import Forgotten, Tombstone

_HINT = "glaswerk add posts ARCHIVE.zip --licence CC-BY-4.0"


def curate(
    lab: Lab,
    *,
    name: str = "main",
    languages: Sequence[str] | None = None,
    validation_share: float | None = None,
    audiences: Sequence[str] | None = None,
    web: Sequence[str] | None = None,
    config: CurateConfig | None = None,
    on: str = "local",
    jobs: int = 0,
) -> Artifact:
    """Make the corpus of all sources in the lab, in the order (source, id).

    Settings come from the table [curate] of lab.toml, overridden by those given here, or from `config`
    alone. Writes documents.parquet (with `split`), decisions.parquet, report.json and report.html. Five
    million posts take 0.94 GB of memory (bench/near_duplicates.py). An interrupted run resumes. `on` and
    `jobs` (see `pool.run_tasks`) do not affect the result. Raises GlaswerkError for settings out of range,
    and if the lab has no source or no document is kept.
    """
    table = lab.settings.get("curate", {})
    if not isinstance(table, Mapping):
        raise GlaswerkError(
            f"expected a table [curate] in lab.toml, found curate = {table!r:.60}", hint="correct that line"
        )
    if config is None:
        config = read_settings(
            table, languages=languages, validation_share=validation_share, audiences=audiences
        )
        if web is not None:
            config = checked(replace(config, web=replace(config.web, families=tuple(web))))
    sources = sorted(lab.all("source"), key=lambda source: source.name)
    if not sources:
        raise GlaswerkError(f"expected sources in the lab {lab.root}, found none", hint=_HINT)
    config.mixture.check_sources([source.name for source in sources])
    forgotten = _without_copies_of_deleted(lab, name, sources)
    decided = {"sources": "all", **asdict(config)}
    if forgotten.digest:
        decided[FORGOTTEN] = forgotten.digest
    evaluations = sorted(lab.all("evaluation"), key=lambda made: made.name)
    inputs = {f"{made.kind}:{made.name}": made.id for made in (*sources, *evaluations)}
    spec = Spec("corpus", name, "curate/5", inputs, decided)
    with lab.scratch(spec) as scratch:
        job = _Job(sources, evaluations, config, forgotten, scratch, on, jobs)
        return lab.make(spec, job.write)


def _without_copies_of_deleted(lab: Lab, name: str, sources: Sequence[Artifact]) -> Forgotten:
    """The marks of the lab, after marking what the corpus left out as copies of posts deleted since.

    A copy by someone else must not take the place of what its owner deleted (see `Tombstone`).
    """
    marks, before = Forgotten.read(lab.root), lab.find("corpus", name)
    deleted = deleted_ids(sources) - marks.ids if before else frozenset()
    found = [Tombstone("copy", copy, of=original) for copy, original in held_back(lab, deleted)]
    if found:
        marks = marks.with_more(found)
        marks.write(lab.root)
    return marks


@dataclass(frozen=True, slots=True)
class _Job:
    """One run of curation: its inputs, settings and scratch folder."""

    sources: Sequence[Artifact]
    evaluations: Sequence[Artifact]
    config: CurateConfig
    forgotten: Forgotten
    scratch: Path
    on: str
    jobs: int

    def write(self, folder: Path) -> Mapping[str, Any]:
        """Write the corpus into `folder`; returns the figures for its manifest."""
        files = [
            (source.name, in_order(source.path / DOCUMENTS, SCHEMA, self.scratch)) for source in self.sources
        ]
        tasks = plan_tasks(files, self.scratch, self.config)
        if not tasks:
            _need_some({})
        removed = Removed.of(self.sources, self.forgotten)
        excluded = ExclusionList(deleted_ids(self.sources), removed, limited_ids(self.sources))
        excluded.write(self.scratch / EXCLUSIONS)
        self._find_boilerplate(tasks)
        self._index_evaluations()
        self._run(tasks, run_task, "judging documents", lambda task: task.is_done)
        outcome = resolve(tasks, self.config, self.scratch)
        stats = write_corpus(folder, tasks, outcome, self.config)
        _need_some(stats["decisions"])
        return {key: stats[key] for key in _STATS}

    def _run(
        self,
        tasks: Sequence[ShardTask],
        function: TaskFunction,
        label: str,
        is_done: Callable[[ShardTask], bool],
    ) -> None:
        run_tasks(tasks, function, label, on=self.on, jobs=self.jobs, is_done=is_done)

    def _find_boilerplate(self, tasks: Sequence[ShardTask]) -> None:
        """Count the lines of all pages, unless an interrupted run has done so."""
        out = self.scratch / BOILERPLATE
        if out.exists():
            return
        with_pages = {source.name for source in self.sources if "page" in source.stats.get("kinds", ["page"])}
        asked = [task for task in tasks if task.source in with_pages and self.config.boilerplate.enabled]
        self._run(asked, count_lines, "counting lines", lambda task: task.lines.exists())
        found = common_lines([task.lines for task in asked], self.scratch / "spill", self.config.boilerplate)
        partial = out.with_suffix(".part")
        with partial.open("wb") as file:
            np.save(file, found)
        os.replace(partial, out)

    def _index_evaluations(self) -> None:
        """Build one index of the items of all evaluation sets in the lab."""
        out, partial = self.scratch / EVALUATIONS, self.scratch / f"{EVALUATIONS}.part"
        if self.evaluations and not out.exists():
            shutil.rmtree(partial, ignore_errors=True)
            EvalIndex.build(item for made in self.evaluations for item in items_of(made)).save(partial)
            os.replace(partial, out)


_STATS = ("documents", "kept", "bytes", "decisions", "leaks", "masked", "languages", "splits", "kinds")


def _need_some(counts: Mapping[str, int]) -> None:
    if counts.get(KEPT):
        return
    most = max(counts, key=lambda reason: counts[reason], default="empty")
    listed = ", ".join(f"{reason} {count:,}" for reason, count in counts.items())
    raise GlaswerkError(
        f"expected documents to keep, found none ({listed or 'the sources are empty'}). "
        f"{most}: {explain(most)}",
        hint=f"add other content: {_HINT}; or see: glaswerk explain {most}",
    )
