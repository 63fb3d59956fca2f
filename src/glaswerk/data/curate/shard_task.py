"""The part of curation that runs on one shard of a source, independently and on any machine.

A task reads some row groups of a source and writes the texts that pass, the keys by which `resolve` compares
documents across shards, and a marker, last. A task with a marker is done and is not run again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from glaswerk.core.files import write_json
from glaswerk.data.curate.judge import JUDGED_COLUMNS, Judge, Verdict
from glaswerk.data.curate.settings import CurateConfig
from glaswerk.data.filters import duplicates
from glaswerk.data.filters.boilerplate import write_line_keys
from glaswerk.data.filters.decontaminate import EvalIndex
from glaswerk.data.references import X_PREFIX
from glaswerk.data.removal.reach import Removed
from glaswerk.data.store.decisions import CODES, KEPT, ReasonSamples
from glaswerk.data.store.families import IMAGE, TEXT, family_of
from glaswerk.data.store.order import conform
from glaswerk.data.store.parquet import SCHEMA

# The file of texts that pass, as they would go into the corpus; `masked` is like "email:2 phone:1".
TEXT_SCHEMA = pa.schema([*SCHEMA, ("toxicity", pa.float32()), ("masked", pa.string())])
LEAK_SCHEMA = pa.schema(
    [
        ("document", pa.string()),
        ("source", pa.string()),
        ("set", pa.string()),
        ("item", pa.string()),
        ("ngram", pa.string()),
    ]
)
EXCLUSIONS, BOILERPLATE, EVALUATIONS = "exclusions.json", "boilerplate.npy", "evaluations"
_FROM_OPEN_TO_STRICT = ("public", "limited", "private")
# About ten seconds of work: enough to justify starting a process, little enough to lose at an interruption.
_ROWS, _BYTES = 65_536, 64 << 20


@dataclass(frozen=True, slots=True)
class ExclusionList:
    """Documents that are excluded whatever their text: deleted by their owners, or to be removed.

    `limited` are ids that some source knows to be for few people: they are public in no other source.
    It is written once to the scratch folder and read by every process.
    """

    deleted: frozenset[str]
    removed: Removed
    limited: frozenset[str] = frozenset()

    def write(self, path: Path) -> None:
        """Write the list as JSON, atomically."""
        parts = {
            "deleted": self.deleted,
            "ids": self.removed.ids,
            "sources": self.removed.sources,
            "handles": self.removed.handles,
            "limited": self.limited,
            "copies": self.removed.copies,
        }
        write_json(path, {name: sorted(values) for name, values in parts.items()})

    @classmethod
    def read(cls, path: Path) -> ExclusionList:
        """The list that `write` wrote."""
        found = {name: frozenset(values) for name, values in json.loads(path.read_text()).items()}
        removed = Removed(found["ids"], found["sources"], found["handles"], found.get("copies", frozenset()))
        return cls(found["deleted"], removed, found.get("limited", frozenset()))


@dataclass(frozen=True)
class ShardTask:
    """Some row groups of one source, to be judged together.

    `path`: the source's file. `groups`: numbers of its row groups. `first`: the number of their first
    document among all documents of the lab. `folder`: where the task writes its files.
    """

    number: int
    source: str
    path: Path
    groups: tuple[int, ...]
    first: int
    rows: int
    bytes: int
    folder: Path
    config: CurateConfig

    def file(self, ending: str) -> Path:
        """The task's file with that ending, in `folder`."""
        return self.folder / f"{self.number:06}.{ending}"

    @property
    def texts(self) -> Path:
        """The Parquet file of the documents that pass (TEXT_SCHEMA)."""
        return self.file("parquet")

    @property
    def lines(self) -> Path:
        """The Parquet file with the keys of the lines of the task's pages (see `count_lines`)."""
        return self.file("lines.parquet")

    @property
    def is_done(self) -> bool:
        """Whether the marker exists, which `run_task` writes last."""
        return self.file("json").exists()

    def samples(self) -> ReasonSamples:
        """Samples of the documents that were dropped."""
        found = json.loads(self.file("json").read_text())["samples"]
        return ReasonSamples({reason: [tuple(sample) for sample in held] for reason, held in found.items()})

    def leaks(self) -> list[dict[str, str]]:
        """The evaluation items found in the task's documents, as rows of LEAK_SCHEMA."""
        found: list[dict[str, str]] = json.loads(self.file("json").read_text())["leaks"]
        return found

    def keys(self) -> Keys:
        """The keys of the task's documents."""
        with np.load(self.file("npz"), allow_pickle=False) as found:
            return Keys(**{name: found[name] for name in found.files})

    def band(self, number: int) -> NDArray[np.uint64]:
        """One band of the MinHash of every survivor, in the order of `texts`; 0 for those not compared."""
        bands = np.load(self.file("npy"), mmap_mode="r", allow_pickle=False)
        return np.asarray(bands[number], np.uint64)

    def identifiers(self) -> Iterator[list[str]]:
        """The ids of the task's documents, one list per row group."""
        with pq.ParquetFile(self.path) as file:
            for group in self.groups:
                yield file.read_row_group(group, columns=["id"])["id"].to_pylist()


@dataclass(frozen=True, slots=True)
class Keys:
    """What `resolve` needs to know about each document of a task.

    `reasons`: codes of CODES. `scores`: NaN for none. `posts`: ids of X, 0 for others. `contents`: 128-bit
    content hashes, shape (documents, 2). `ranks`: hash of the text as the source has it. `families`: indices
    into FAMILIES. `merits`: which of several copies stays (see `_merits`).
    `alive`: positions of the survivors, the only documents with hashes.
    """

    reasons: NDArray[np.uint8]
    scores: NDArray[np.float64]
    posts: NDArray[np.uint64]
    contents: NDArray[np.uint64]
    ranks: NDArray[np.uint64]
    families: NDArray[np.uint8]
    merits: NDArray[np.uint8]
    alive: NDArray[np.uint32]


def plan_tasks(
    sources: Sequence[tuple[str, Path]], folder: Path, config: CurateConfig, *, rows: int = _ROWS
) -> list[ShardTask]:
    """Tasks over all documents of the sources (name, file), in that order, of about `rows` rows each."""
    tasks: list[ShardTask] = []
    first = 0
    for name, path in sources:
        with pq.ParquetFile(path) as file:
            sizes = [file.metadata.row_group(i) for i in range(file.num_row_groups)]
        held: list[int] = []
        for group in range(len(sizes)):
            held.append(group)
            count = sum(sizes[i].num_rows for i in held)
            weight = sum(sizes[i].total_byte_size for i in held)
            if count >= rows or weight >= _BYTES or group == len(sizes) - 1:
                task = ShardTask(len(tasks), name, path, tuple(held), first, count, weight, folder, config)
                tasks.append(task)
                first += count
                held = []
    return tasks


def count_lines(task: ShardTask) -> None:
    """Write the keys of the lines of the task's pages, unless that is done."""
    if task.lines.exists():
        return
    judge, partial = _judge_of(task), task.file("lines.part")
    with pq.ParquetFile(task.path) as file:
        groups = (
            conform(file.read_row_group(group, columns=list(JUDGED_COLUMNS)), SCHEMA) for group in task.groups
        )
        tables = (table.select(JUDGED_COLUMNS).filter(pc.field("kind") == "page") for table in groups)
        rows = (row | {"source": task.source} for table in tables for row in table.to_pylist())
        write_line_keys((row["text"] for row in rows if not judge.refusal(row)), partial)
    os.replace(partial, task.lines)


def run_task(task: ShardTask) -> None:
    """Judge the task's documents and write its files, unless that is done."""
    if task.is_done:
        return
    judge, samples = _judge_of(task), ReasonSamples()
    parts: list[_Part] = []
    with (
        pq.ParquetFile(task.path) as file,
        pq.ParquetWriter(task.texts, TEXT_SCHEMA, compression="zstd", compression_level=1) as writer,
    ):
        for group in task.groups:
            table = conform(file.read_row_group(group), SCHEMA)
            table = table.set_column(
                SCHEMA.get_field_index("source"),
                SCHEMA.field("source"),
                pa.array([task.source] * table.num_rows, pa.string()),
            )
            parts.append(_judge_group(table, judge, samples, writer))
    _write_keys(task, parts)
    leaks = [leak for part in parts for leak in part.leaks]
    write_json(task.file("json"), {"rows": task.rows, "samples": samples.chosen, "leaks": leaks})


_JUDGES: dict[tuple[Path, bool], Judge] = {}


def _judge_of(task: ShardTask) -> Judge:
    """The judge of the task's corpus; a process makes it once."""
    counted = (task.folder / BOILERPLATE).exists()
    if (task.folder, counted) not in _JUDGES:
        excluded, index = ExclusionList.read(task.folder / EXCLUSIONS), task.folder / EVALUATIONS
        lines = np.load(task.folder / BOILERPLATE, allow_pickle=False) if counted else np.zeros(0, np.uint64)
        evaluations = EvalIndex.load(index) if index.exists() else None
        _JUDGES.clear()
        _JUDGES[task.folder, counted] = Judge(
            task.config, excluded.deleted, excluded.removed, lines, evaluations, excluded.limited
        )
    return _JUDGES[task.folder, counted]


@dataclass(frozen=True, slots=True)
class _Part:
    """The keys of one row group, its `bands` of shape (bands, survivors), and its leaks (LEAK_SCHEMA)."""

    keys: Keys
    bands: NDArray[np.uint64]
    leaks: list[dict[str, str]]


def _judge_group(table: Any, judge: Judge, samples: ReasonSamples, writer: Any) -> _Part:
    rows = table.select(JUDGED_COLUMNS).to_pylist()
    verdicts = judge.judge(rows)
    alive = [index for index, verdict in enumerate(verdicts) if verdict.reason == KEPT]
    for row, verdict in zip(rows, verdicts, strict=True):
        if verdict.reason != KEPT and judge.audience(row) == "public":
            samples.offer(verdict.reason, row["id"], verdict.text)
    kept = [verdicts[index] for index in alive]
    families = np.array([family_of(row["kind"], row["media"] or ()) for row in rows], np.uint8)
    if kept:
        writer.write_table(_survivors(table.take(alive), kept))
    contents = np.zeros((len(rows), 2), np.uint64)
    if kept:
        hashes = b"".join(duplicates.content_hash(_compared(rows[i], verdicts[i].text)) for i in alive)
        contents[alive] = np.frombuffer(hashes, ">u8").reshape(-1, 2)
    ranks = contents[:, 0].copy()
    for index in alive:
        if verdicts[index].text != rows[index]["text"]:
            own = duplicates.content_hash(_compared(rows[index], rows[index]["text"]))
            ranks[index] = int.from_bytes(own[:8])
    keys = Keys(
        reasons=np.array([CODES[verdict.reason] for verdict in verdicts], np.uint8),
        scores=np.array([np.nan if v.score is None else v.score for v in verdicts], np.float64),
        posts=np.array([_post_number(row["id"]) for row in rows], np.uint64),
        contents=contents,
        ranks=ranks,
        families=families,
        merits=_merits(table),
        alive=np.array(alive, np.uint32),
    )
    leaks = [
        {"document": row["id"], "source": row["source"], **asdict(leak)}
        for row, verdict in zip(rows, verdicts, strict=True)
        for leak in verdict.leaks
    ]
    return _Part(keys, _bands(families[alive] == TEXT, [verdict.text for verdict in kept]), leaks)


def _merits(table: Any) -> NDArray[np.uint8]:
    """Of copies, the one with the highest merit stays: one with an author before one with a date before one
    with the stricter audience. An author whose copy had gone would be out of reach of `forget --author`."""
    author = pc.fill_null(pc.not_equal(table["author"], ""), False)
    strict = pc.index_in(table["audience"], pa.array(_FROM_OPEN_TO_STRICT))
    ranks = (np.asarray(author, np.uint8), np.asarray(pc.is_valid(table["created_at"]), np.uint8))
    merits: NDArray[np.uint8] = ranks[0] * np.uint8(8) + ranks[1] * np.uint8(4)
    return merits + np.asarray(pc.fill_null(strict, 0), np.uint8)


def _compared(row: Mapping[str, Any], text: str) -> str:
    """What must be equal for two documents to be duplicates: captions alike need the same pictures, too."""
    return "\n".join((text, *row["media"])) if family_of(row["kind"], row["media"] or ()) == IMAGE else text


def _survivors(table: Any, kept: Sequence[Verdict]) -> Any:
    """The survivors' rows, with text, language, audience and turns as they would go into the corpus."""
    for name in ("text", "lang", "messages", "rejected", "audience"):
        values = pa.array([_plain(getattr(v, name)) for v in kept], SCHEMA.field(name).type)
        table = table.set_column(SCHEMA.get_field_index(name), SCHEMA.field(name), values)
    masked = [" ".join(f"{kind}:{count}" for kind, count in sorted(v.masked.items())) for v in kept]
    toxicity = pa.array([v.toxicity for v in kept], pa.float32())
    return table.append_column("toxicity", toxicity).append_column("masked", pa.array(masked, pa.string()))


def _plain(value: Any) -> Any:
    return [dict(item) for item in value] if isinstance(value, tuple) else value


def _post_number(identifier: str) -> int:
    digits = identifier.removeprefix(X_PREFIX)
    is_post = identifier.startswith(X_PREFIX) and digits.isascii() and digits.isdigit() and len(digits) < 20
    return int(digits) if is_post else 0


def _bands(compared: NDArray[np.bool_], texts: Sequence[str]) -> NDArray[np.uint64]:
    """The band keys of the survivors; 0 for those that are not compared."""
    found = np.zeros((duplicates.BANDS, len(texts)), np.uint64)
    chosen = np.flatnonzero(compared).tolist()
    if chosen:
        digests, guards = duplicates.features([texts[index] for index in chosen])
        found[:, chosen] = duplicates.band_keys(digests, guards)
    return found


def _write_keys(task: ShardTask, parts: Sequence[_Part]) -> None:
    starts = np.cumsum([0, *(len(part.keys.reasons) for part in parts)])
    alive = [part.keys.alive + np.uint32(start) for part, start in zip(parts, starts[:-1], strict=True)]
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(part.keys, name) for part in parts])
        for name in ("reasons", "scores", "posts", "contents", "ranks", "families", "merits")
    }
    with task.file("npz").open("wb") as file:
        np.savez(file, alive=np.concatenate(alive), **columns)
    with task.file("npy").open("wb") as file:
        np.save(file, np.concatenate([part.bands for part in parts], axis=1))
