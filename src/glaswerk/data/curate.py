"""From all sources of a lab to one corpus, with a decision and its reason for every document.

Three steps: tasks judge the shards of the sources, each by itself (`shard_task`); what takes a comparison
of documents is decided from their keys (`resolve`); the corpus is written (`publish`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.decisions import KEPT
from glaswerk.data.forget import Gone, holding, with_derived
from glaswerk.data.order import in_order
from glaswerk.data.parquet import DOCUMENTS, SCHEMA, TOMBSTONES
from glaswerk.data.pool import run_tasks
from glaswerk.data.publish import publish
from glaswerk.data.reasons import explain
from glaswerk.data.resolve import resolve
from glaswerk.data.settings import CurateConfig, read_settings
from glaswerk.data.shard_task import REFUSED, Refused, plan, run_task
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.lab.status import FORGOTTEN
from glaswerk.lab.tombstones import Forgotten

_HINT = "glaswerk add posts ARCHIVE.zip --licence CC-BY-4.0"


def curate(
    lab: Lab,
    *,
    name: str = "main",
    languages: Sequence[str] | None = None,
    validation_share: float | None = None,
    audiences: Sequence[str] | None = None,
    config: CurateConfig | None = None,
    on: str = "local",
    jobs: int = 0,
) -> Artifact:
    """The corpus of all sources in the lab, in the order (source, id).

    Settings come from the table [curate] of lab.toml, with those given here in their place, or from
    `config` alone. Writes documents.parquet (with `split`), decisions.parquet, report.json and report.html.
    Memory stays below 1.5 GB for ten million documents; an interrupted run goes on where it was. `on` and
    `jobs` (see `pool.run_tasks`) change nothing in the result. Raises GlaswerkError for settings out of
    range, and where the lab has no source or nothing is kept.
    """
    table = lab.settings.get("curate", {})
    if config is None:
        config = read_settings(
            table, languages=languages, validation_share=validation_share, audiences=audiences
        )
    sources = sorted(lab.all("source"), key=lambda source: source.name)
    if not sources:
        raise GlaswerkError(f"expected sources in the lab {lab.root}, found none", hint=_HINT)
    forgotten = Forgotten.read(lab.root)
    decided = {"sources": "all", **asdict(config)}
    if forgotten.digest:
        decided[FORGOTTEN] = forgotten.digest
    inputs = {f"source:{source.name}": source.id for source in sources}
    spec = Spec("corpus", name, "curate/2", inputs, decided)
    with lab.scratch(spec) as scratch:
        job = _Job(sources, config, forgotten, scratch, on, jobs)
        return lab.make(spec, job.write)


@dataclass(frozen=True, slots=True)
class _Job:
    """Writes the files of a corpus."""

    sources: Sequence[Artifact]
    config: CurateConfig
    forgotten: Forgotten
    scratch: Path
    on: str
    jobs: int

    def write(self, folder: Path) -> Mapping[str, Any]:
        files = [
            (source.name, in_order(source.path / DOCUMENTS, SCHEMA, self.scratch)) for source in self.sources
        ]
        tasks = plan(files, self.scratch, self.config)
        Refused(_deleted(self.sources), Gone.of(self.sources, self.forgotten)).write(self.scratch / REFUSED)
        run_tasks(tasks, run_task, "judging documents", on=self.on, jobs=self.jobs)
        outcome = resolve(tasks, self.config.near_duplicate, self.scratch)
        stats = publish(folder, tasks, outcome, self.config)
        _need_some(stats["decisions"])
        return {key: stats[key] for key in _STATS}


_STATS = ("documents", "kept", "bytes", "decisions", "masked", "languages", "splits", "kinds")


def _deleted(sources: Sequence[Artifact]) -> frozenset[str]:
    """Ids of documents that hold a post which some archive lists as deleted, in whichever order added, and of
    what was derived from such posts."""
    tombstones: set[str] = set()
    for source in sources:
        if (source.path / TOMBSTONES).exists():
            tombstones.update(pq.read_table(source.path / TOMBSTONES)["id"].to_pylist())
    return with_derived(sources, Gone(frozenset(holding(sources, tombstones)))).ids


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
