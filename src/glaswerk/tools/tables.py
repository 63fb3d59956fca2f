"""The tool `tables`: one SELECT over the lab's documents, with the same rights as a search.

DuckDB reads the documents through Arrow: it opens no file itself, and is told that it must not. It runs in a
process of its own, whose time and memory are bounded.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from anyio import CapacityLimiter, to_thread

from glaswerk.core.errors import GlaswerkError
from glaswerk.tools.output import failure, outcome
from glaswerk.tools.sql import LONGEST, NotOneSelect, check
from glaswerk.tools.tool import Outcome, Tool

COLUMNS = ("id", "source", "author", "created_at", "text", "lang", "kind", "url", "licence")
TABLE = "documents"
_ABOUT = (
    f"Read the user's documents with one SELECT of SQL (DuckDB). The table {TABLE} has the columns "
    f"{', '.join(COLUMNS)}. Nothing can be changed."
)
_WORKER = Path(__file__).with_name("tables_worker.py")
# On a machine so busy that a start takes as long as this, a query is refused.
_START = 20


@dataclass(frozen=True, slots=True)
class TableBounds:
    """Of one query: rows that are given, characters of a cell, seconds, and bytes of DuckDB's memory."""

    rows: int = 50
    cell: int = 300
    seconds: float = 5
    memory: int = 512 << 20


@dataclass(frozen=True, slots=True)
class Shown:
    """What may be read now: the file of the documents, for whom they are, and those that are hidden."""

    file: Path
    audiences: Sequence[str]
    hidden: Collection[str]


@dataclass(frozen=True, slots=True)
class Rows:
    """The answer to a query. more: there were more rows."""

    columns: list[str]
    rows: list[list[str]]
    more: bool

    def as_text(self) -> str:
        """Lines with cells between " | "; an empty cell is NULL."""
        lines = [" | ".join(self.columns), *(" | ".join(row) for row in self.rows)]
        return "\n".join([*lines, f"({len(self.rows):,}{' or more' if self.more else ''} rows)"])


def tables(shown: Callable[[], Shown], bounds: TableBounds | None = None) -> Tool:
    """The tool. shown: raises GlaswerkError where nothing can be read."""
    text = {"type": "string", "maxLength": LONGEST, "description": "SELECT … FROM documents …"}
    schema = {
        "type": "object",
        "properties": {"query": text},
        "required": ["query"],
        "additionalProperties": False,
    }
    limits, threads = bounds or TableBounds(), CapacityLimiter(2)

    async def run(arguments: Mapping[str, Any]) -> Outcome:
        query = str(arguments["query"])
        try:
            found = await to_thread.run_sync(lambda: select(shown(), query, limits), limiter=threads)
        except GlaswerkError as error:
            return failure(error.message)
        except NotOneSelect as error:
            return failure(str(error))
        return outcome(found.as_text())

    return Tool("tables", _ABOUT, schema, run)


def select(shown: Shown, query: str, bounds: TableBounds) -> Rows:
    """The rows of one SELECT. Raises NotOneSelect for what is none, fails or passes a bound."""
    with closing(duckdb.connect()) as db:
        check(db, query, [TABLE])
    asked = {
        "file": str(shown.file),
        "columns": COLUMNS,
        "audiences": list(shown.audiences),
        "hidden": sorted(shown.hidden),
        "query": query,
        "rows": bounds.rows,
        "cell": bounds.cell,
        "seconds": bounds.seconds,
        "memory": f"{bounds.memory}B",
        # Code, buffers of Arrow, and what DuckDB does not count.
        "bytes": 2 * bounds.memory + (2 << 30),
    }
    found = _worked(asked, bounds)
    if "error" in found:
        error = str(found["error"])
        large = "out of memory" in error.lower() or "allocate" in error.lower()
        raise NotOneSelect(_too_large(bounds) if large else error)
    return Rows(found["columns"], found["rows"], found["more"])


def _worked(asked: Mapping[str, Any], bounds: TableBounds) -> dict[str, Any]:
    wait = bounds.seconds + _START
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_WORKER)],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=wait,
            check=False,
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found
    # A worker that was killed, by its limits or by ours, wrote nothing, or half of it.
    except (subprocess.TimeoutExpired, json.JSONDecodeError) as error:
        found_long = f"expected a query of up to {bounds.seconds:g} seconds of work, found a longer one"
        raise NotOneSelect(found_long) from error


def _too_large(bounds: TableBounds) -> str:
    return f"expected a query within {bounds.memory >> 20} MB of memory, found a larger one"
