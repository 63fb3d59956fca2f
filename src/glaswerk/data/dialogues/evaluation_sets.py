"""Items of evaluation sets from files of any common kind, as texts to search for in training documents.

Every string of a record is a separate text: question, context, choices, answers, right or wrong, at any
depth. Strings under keys that describe the item (ABOUT) are left out. Labels and names need no rule, because
`decontaminate` checks nothing shorter than eight words.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_file
from glaswerk.data.dialogues.records import RECORD_SUFFIXES, read_records
from glaswerk.data.documents.csv_rows import cell_limit
from glaswerk.data.documents.fields import IngestCounts
from glaswerk.data.files.inputs import InputFile
from glaswerk.data.files.limits import EVALUATION_FILE_BYTES
from glaswerk.data.files.lines import decode
from glaswerk.data.filters.decontaminate import EvalIndex
from glaswerk.data.store.new_source import default_name
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab, Spec

ITEMS, RECORDS, TASKS = "items.parquet", "records.jsonl.zst", "tasks"
_SCHEMA = pa.schema([("set", pa.string()), ("item", pa.string()), ("text", pa.string())])
ABOUT = frozenset(("licence", "license", "source", "url", "note", "notes", "metadata", "additional_metadata"))
_IDS = ("id", "ID", "Id", "_id", "uid", "example_id", "question_id", "statement_id", "idx", "qid")
_KINDS = (*RECORD_SUFFIXES, ".csv", ".tsv")
_DEPTH = 6


def read_items(path: Path) -> Iterator[tuple[str, str, str]]:
    """(set, item, text) of every string in the records of a file, or of all files in a folder.

    The set is the file's name without its ending; the item is the record's id, or "#" and its number from 1.
    Raises GlaswerkError if there is no such file, or one is broken: a skipped item would count as not leaked.
    """
    for file in _files(path):
        for name, item, record in _named(file):
            for text in _strings(record, _DEPTH):
                yield name, item, text


def _named(file: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(set, item, record) of every record."""
    ending = max((kind for kind in _KINDS if file.name.lower().endswith(kind)), key=len)
    name = file.name[: -len(ending)]
    for number, record in enumerate(_records(file), start=1):
        item = next((str(record[key]) for key in _IDS if _is_id(record.get(key))), f"#{number}")
        yield name, item, record


def add_evaluations(
    lab: Lab, paths: Sequence[Path], *, name: str = "", tasks: Sequence[Path] = ()
) -> Artifact:
    """Install evaluation sets from files or folders: `curate` excludes documents that contain their items.

    tasks: files that say how `evaluate` measures with them (see `glaswerk.evaluate.tasks`).
    Raises GlaswerkError for a missing or broken file, and if no item is long enough to be found.
    """
    files = [file for path in paths for file in _files(path)]
    decided = {"files": sorted(digest_file(file) for file in files)}
    chosen = name or default_name(paths[0], decided)
    decided |= {"tasks": sorted(digest_file(task) for task in tasks)} if tasks else {}
    spec = Spec("evaluation", chosen, "add-evaluations/2", config={"evaluation": chosen, **decided})
    return lab.make(spec, lambda folder: _write(folder, files, tasks))


def _write(folder: Path, files: Sequence[Path], tasks: Sequence[Path]) -> dict[str, Any]:
    rows = []
    with zstandard.open(folder / RECORDS, "wt", encoding="utf-8") as stored:
        for name, item, record in (named for file in files for named in _named(file)):
            stored.write(json.dumps({"set": name, "item": item, "record": record}, default=str) + "\n")
            rows += [(name, item, text) for text in _strings(record, _DEPTH)]
    for number, task in enumerate(tasks):
        (folder / TASKS).mkdir(exist_ok=True)
        (folder / TASKS / f"{number}.toml").write_bytes(task.read_bytes())
    index = EvalIndex.build(rows)
    table = pa.table([list(column) for column in zip(*rows, strict=True)], schema=_SCHEMA)
    pq.write_table(table, folder / ITEMS, compression="zstd")
    sets = Counter(index.items["set"].to_pylist())
    return {"items": len(index.items), "sets": dict(sorted(sets.items())), "unchecked": index.unchecked}


def records_of(evaluation: Artifact) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(set, item, record) of an installed evaluation; nothing if it was added without its records."""
    path = evaluation.path / RECORDS
    if not path.exists():
        return
    with zstandard.open(path, "rt", encoding="utf-8") as stored:
        for line in stored:
            row = json.loads(line)
            yield row["set"], row["item"], row["record"]


def tasks_of(evaluation: Artifact) -> list[Path]:
    """The task files that were added with an evaluation."""
    return sorted((evaluation.path / TASKS).glob("*.toml"))


def items_of(evaluation: Artifact) -> Iterator[tuple[str, str, str]]:
    """(set, item, text) of an installed evaluation."""
    for row in read_rows(evaluation.path / ITEMS):
        yield row["set"], row["item"], row["text"]


def _files(path: Path) -> list[Path]:
    found = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    kept = [file for file in found if file.name.lower().endswith(_KINDS)]
    if not kept or not path.exists():
        raise GlaswerkError(
            f"expected evaluation sets ({', '.join(_KINDS)}), found none at {path}",
            hint="name a file or folder with one record per item",
        )
    return kept


def _is_id(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""


def _records(file: Path) -> Iterator[dict[str, Any]]:
    name = file.name.lower()
    if name.endswith((".csv", ".tsv")):
        return _table(file, "\t" if name.endswith(".tsv") else ",")
    if name.endswith(".json"):
        return _json(file)
    return (
        record for _, _, record in read_records(InputFile(file, file.name), IngestCounts(), tolerant=False)
    )


def _read(file: Path) -> str:
    size = file.stat().st_size
    if size > EVALUATION_FILE_BYTES:
        raise GlaswerkError(
            f"expected a file below {EVALUATION_FILE_BYTES:,} bytes, found {file} with {size:,}",
            hint="write it as JSON lines (.jsonl), which are read one at a time",
        )
    return decode(file.read_bytes(), file)


def _json(file: Path) -> Iterator[dict[str, Any]]:
    """A list of records, an object that contains such lists, or records by id."""
    try:
        value = json.loads(_read(file))
    except (ValueError, RecursionError) as error:
        raise GlaswerkError(
            f"expected JSON in {file}, found {error}", hint=f"write or fetch {file.name} again"
        ) from error
    if isinstance(value, dict):
        lists = [inner for inner in value.values() if isinstance(inner, list)]
        named = [{"id": key, "": inner} for key, inner in value.items()]
        value = [row for rows in lists for row in rows] if lists else named
    if not isinstance(value, list):
        raise GlaswerkError(
            f"expected a list of records in {file}, found {type(value).__name__}",
            hint='write [{"question": "…", "answer": "…"}]',
        )
    yield from (row if isinstance(row, dict) else {"": row} for row in value)


def _table(file: Path, separator: str) -> Iterator[dict[str, Any]]:
    try:
        with cell_limit(EVALUATION_FILE_BYTES):
            yield from csv.DictReader(io.StringIO(_read(file), newline=""), delimiter=separator)
    except csv.Error as error:
        raise GlaswerkError(
            f"expected comma- or tab-separated values in {file}, found {error}",
            hint=f"write or fetch {file.name} again",
        ) from error


def _strings(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth and isinstance(value, dict):
        for key, inner in value.items():
            if str(key).lower() not in ABOUT:
                yield from _strings(inner, depth - 1)
    elif depth and isinstance(value, Iterable) and not isinstance(value, bytes):
        for inner in value:
            yield from _strings(inner, depth - 1)
