"""Run one SELECT over a Parquet file, within limits of time and memory; a script, for `tables.py` to kill.

DuckDB can be interrupted between its operators, but one function on one row may take minutes and gigabytes.
Reads {"file", "columns", "audiences", "hidden", "query", "rows", "cell", "seconds", "memory", "bytes"} as
JSON from standard input; writes {"columns", "rows", "more"} or {"error"}.
"""

from __future__ import annotations

import json
import sys
from contextlib import closing
from typing import Any

_VIEW = """
    CREATE VIEW documents AS SELECT {columns} FROM arrow_rows
    WHERE audience IN (SELECT name FROM arrow_audiences) AND trim(text) != ''
    AND kind NOT IN ('dialogue', 'preference') AND id NOT IN (SELECT id FROM arrow_hidden)
"""


def main() -> None:
    """Answer one request."""
    asked = json.load(sys.stdin)
    _bound(asked["seconds"], asked["bytes"])
    try:
        found = _selected(asked)
    except MemoryError:
        found = {"error": "Out of memory"}
    json.dump(found, sys.stdout)


def _bound(seconds: float, size: int) -> None:
    try:
        import resource as found
    except ImportError:  # Windows: the parent's timeout alone
        return
    resource: Any = found
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 2, int(seconds) + 2))
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _selected(asked: dict[str, Any]) -> dict[str, Any]:
    import duckdb
    import pyarrow as pa
    import pyarrow.dataset as ds

    config = {
        "enable_external_access": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "python_enable_replacements": "false",
        "memory_limit": asked["memory"],
        "temp_directory": "",
        "threads": "1",
    }
    try:
        with closing(duckdb.connect(config=config)) as db:
            for name in ("hidden", "audiences"):
                column = "id" if name == "hidden" else "name"
                db.register(f"arrow_{name}", pa.table({column: pa.array(asked[name], pa.string())}))
            db.register("arrow_rows", ds.dataset(asked["file"], format="parquet"))
            db.execute(_VIEW.format(columns=", ".join(asked["columns"]))).fetchall()
            db.execute("SET lock_configuration = true").fetchall()
            done = db.execute(asked["query"])
            columns = [str(one[0])[: asked["cell"]] for one in done.description or ()]
            rows = done.fetchmany(asked["rows"] + 1)
            shown = [[_cell(one, asked["cell"]) for one in row] for row in rows[: asked["rows"]]]
    except (duckdb.Error, pa.ArrowException, OSError, OverflowError, ValueError) as error:
        return {"error": " ".join(str(error).split())[:400]}
    return {"columns": columns, "rows": shown, "more": len(rows) > asked["rows"]}


def _cell(value: Any, most: int) -> str:
    """A value on one line; no text of a document may look like another cell or row."""
    text = "" if value is None else " ".join(str(value).split()).replace(" | ", " ¦ ")
    text = text.encode(errors="replace").decode()
    return text if len(text) <= most else f"{text[:most]}…"


if __name__ == "__main__":
    main()
