"""Writing a corpus: its documents with their splits, a decision for every document, and the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from glaswerk.core.artifact_files import DECISIONS, DOCUMENTS, LEAKS
from glaswerk.core.progress import Bar, progress_bar
from glaswerk.data.curate.resolve import Outcome, assign_splits
from glaswerk.data.curate.settings import CurateConfig
from glaswerk.data.curate.shard_task import LEAK_SCHEMA, ShardTask
from glaswerk.data.report import write as report
from glaswerk.data.store.decisions import CODES, DECISION_SCHEMA, KEPT, VERSIONS, ReasonSamples
from glaswerk.data.store.families import CORPUS_SPLITS
from glaswerk.data.store.parquet import SCHEMA

CORPUS_SCHEMA = pa.schema([*SCHEMA, ("toxicity", pa.float32()), ("split", pa.string())])
_REASONS = pa.array(CODES)
_VERSIONS = pa.array([VERSIONS[reason] for reason in CODES], pa.int32())
_SPLITS = pa.array(CORPUS_SPLITS)


def write_corpus(
    folder: Path, tasks: Sequence[ShardTask], outcome: Outcome, config: CurateConfig
) -> dict[str, Any]:
    """Write documents.parquet, decisions.parquet, leaks and the report into `folder`; returns the figures."""
    names = _names(tasks, outcome)
    writer = _Writer(folder, tasks, outcome, config, names)
    with progress_bar("writing the corpus", len(outcome.reasons)) as bar:
        writer.run(bar)
    counts = _counts(outcome.reasons)
    leaks = [leak for task in tasks for leak in task.leaks()]
    if leaks:
        pq.write_table(pa.Table.from_pylist(leaks, schema=LEAK_SCHEMA), folder / LEAKS, compression="zstd")
    stats = {
        "documents": len(outcome.reasons),
        "kept": counts.get(KEPT, 0),
        "decisions": counts,
        "leaks": _leaked(leaks),
        "masked": dict(sorted(writer.masked.items())),
        **writer.figures.totals(),
    }
    report.write(folder, stats, _by_source(tasks, outcome), writer.samples.listed())
    return stats


def _counts(reasons: NDArray[np.uint8]) -> dict[str, int]:
    """The number of documents by reason, in the order of the rules."""
    found = np.bincount(reasons, minlength=len(CODES)).tolist()
    return {reason: count for reason, count in zip(CODES, found, strict=True) if count}


def _leaked(leaks: Sequence[Mapping[str, str]]) -> dict[str, dict[str, int]]:
    """By evaluation set, the number of items found and of documents that contain one."""
    found: dict[str, dict[str, int]] = {}
    for name in sorted({leak["set"] for leak in leaks}):
        here = [leak for leak in leaks if leak["set"] == name]
        documents = {(leak["source"], leak["document"]) for leak in here}
        found[name] = {"items": len({leak["item"] for leak in here}), "documents": len(documents)}
    return found


def _by_source(tasks: Sequence[ShardTask], outcome: Outcome) -> dict[str, dict[str, int]]:
    """By source, the number of documents and of kept documents."""
    found: dict[str, dict[str, int]] = {}
    for task in tasks:
        counts = found.setdefault(task.source, {"documents": 0, "kept": 0})
        counts["documents"] += task.rows
        counts["kept"] += int(outcome.kept[task.first : task.first + task.rows].sum())
    return found


def _names(tasks: Sequence[ShardTask], outcome: Outcome) -> dict[int, str]:
    """By number, the ids of the documents that others duplicate."""
    wanted = np.unique(outcome.duplicate_of[outcome.duplicate_of >= 0])
    found: dict[int, str] = {}
    for task in tasks:
        places = wanted[(wanted >= task.first) & (wanted < task.first + task.rows)]
        start = task.first
        for identifiers in task.identifiers() if len(places) else ():
            inside = places[(places >= start) & (places < start + len(identifiers))]
            found |= {number: identifiers[number - start] for number in inside.tolist()}
            start += len(identifiers)
    return found


class _Writer:
    """Writes the corpus task by task, with one row group in memory."""

    def __init__(
        self,
        folder: Path,
        tasks: Sequence[ShardTask],
        outcome: Outcome,
        config: CurateConfig,
        names: Mapping[int, str],
    ) -> None:
        self._folder, self._tasks, self._outcome, self._names = folder, tasks, outcome, names
        kept = np.flatnonzero(outcome.kept)
        families = outcome.families[kept]
        held = assign_splits(outcome.ranks[kept], families, config.validation_share)
        self._splits = np.zeros(len(outcome.reasons), np.uint8)
        self._splits[kept] = 2 * families + held
        self.figures, self.samples = report.Figures(), ReasonSamples()
        self.masked: Counter[str] = Counter()

    def run(self, bar: Bar) -> None:
        """Write documents and decisions of all tasks, and collect figures and samples."""
        documents = pq.ParquetWriter(self._folder / DOCUMENTS, CORPUS_SCHEMA, compression="zstd")
        decisions = pq.ParquetWriter(self._folder / DECISIONS, DECISION_SCHEMA, compression="zstd")
        with documents, decisions:
            for task in self._tasks:
                self._offer(task.samples())
                for table in self._kept(task):
                    documents.write_table(table)
                for table in self._decided(task):
                    decisions.write_table(table)
                bar.advance(task.rows)

    def _offer(self, samples: ReasonSamples) -> None:
        for reason, held in samples.chosen.items():
            for _, document, text in held:
                self.samples.offer(reason, document, text)

    def _kept(self, task: ShardTask) -> Iterator[Any]:
        """The task's kept documents with their splits; collects figures and samples."""
        numbers = task.keys().alive.astype(np.int64) + task.first
        start = 0
        with pq.ParquetFile(task.texts) as file:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group)
                rows = numbers[start : start + table.num_rows]
                start += table.num_rows
                mask = self._outcome.kept[rows]
                self._sample(table, self._outcome.reasons[rows])
                table = table.filter(pa.array(mask))
                for words in table.filter(pc.field("masked") != "")["masked"].to_pylist():
                    self.masked.update(_masked(words))
                split = _SPLITS.take(pa.array(self._splits[rows[mask]]))
                table = table.drop_columns(["masked"]).append_column("split", split)
                self.figures.add(table)
                yield table

    def _sample(self, table: Any, reasons: NDArray[np.uint8]) -> None:
        names = [_NAMES[code] for code in reasons.tolist()]
        columns = zip(names, table["id"].to_pylist(), table["audience"].to_pylist(), strict=True)
        for row, (reason, identifier, audience) in enumerate(columns):
            if audience == "public" and self.samples.wants(reason, identifier):
                self.samples.offer(reason, identifier, table["text"][row].as_py())

    def _decided(self, task: ShardTask) -> Iterator[Any]:
        start = task.first
        for identifiers in task.identifiers():
            rows = slice(start, start + len(identifiers))
            start += len(identifiers)
            codes = pa.array(self._outcome.reasons[rows])
            reasons = _REASONS.take(codes)
            originals = [self._names.get(number, "") for number in self._outcome.duplicate_of[rows].tolist()]
            columns = {
                "document": identifiers,
                "source": [task.source] * len(identifiers),
                "rule": reasons,
                "version": _VERSIONS.take(codes),
                "score": pa.array(self._outcome.scores[rows], from_pandas=True),
                "kept": pa.array(self._outcome.kept[rows]),
                "reason": reasons,
                "duplicate_of": originals,
            }
            yield pa.Table.from_pydict(columns, schema=DECISION_SCHEMA)


_NAMES = list(CODES)


def _masked(words: str) -> dict[str, int]:
    """The counts in a string such as "email:2 phone:1"."""
    return {kind: int(count) for kind, _, count in (word.partition(":") for word in words.split())}
