"""GET /v1/glaswerk/runs: the training runs of the lab with their loss, while they go on, too."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from anyio import to_thread
from starlette.responses import JSONResponse, Response

from glaswerk.lab import Lab
from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.contract.shapes import TEXT, object_of
from glaswerk.train.checkpoint.metrics import METRICS, read_rows

# Points of a curve: as many as a screen shows.
_POINTS = 200
_RUNS = 20
# A run that wrote nothing for this long has stopped; a step of a large model takes less.
_QUIET_SECONDS = 120
# A file of more lines is a stranger's: a row has about 150 bytes.
_MOST_BYTES = 64_000_000
_RUN = object_of(
    {
        "id": TEXT,
        "model": TEXT,
        "state": {"enum": ["running", "done", "stopped"]},
        "steps": {"type": "integer"},
        "tokens_per_second": {"type": "number"},
        "loss": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
    }
)
_GIVES = object_of({"object": {"enum": ["list"]}, "data": {"type": "array", "items": _RUN}})


def runs_operation(lab: Lab) -> Operation:
    """The endpoint."""

    async def runs(_: Call) -> Response:
        found = await to_thread.run_sync(lambda: list(_runs(lab)))
        return JSONResponse({"object": "list", "data": found})

    return Operation(
        "GET", "/v1/glaswerk/runs", "sources", "Training runs and their loss", runs, gives=_GIVES
    )


def _runs(lab: Lab) -> Iterator[dict[str, Any]]:
    """The newest runs first."""
    names = {lab.run_folder(made.id).name: made.name for made in lab.all("model")}
    files = [path for path in (lab.root / "runs").glob(f"*/{METRICS}") if path.stat().st_size <= _MOST_BYTES]
    for path in sorted(files, key=lambda one: one.stat().st_mtime, reverse=True)[:_RUNS]:
        rows = [row for row in read_rows(path.parent) if isinstance(row.get("loss"), int | float)]
        if rows:
            yield _run(path, names.get(path.parent.name, ""), rows)


def _run(path: Path, model: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    quiet = time.time() - path.stat().st_mtime > _QUIET_SECONDS
    return {
        "id": path.parent.name,
        "model": model,
        "state": "done" if model else "stopped" if quiet else "running",
        "steps": int(rows[-1]["step"]) + 1,
        "tokens_per_second": float(rows[-1].get("tokens_per_second") or 0),
        "loss": [[float(row["step"]), float(row["loss"])] for row in thinned(rows)],
    }


def thinned(rows: Sequence[dict[str, Any]], points: int = _POINTS) -> list[dict[str, Any]]:
    """At most so many rows, evenly spaced, with the first and the last."""
    if len(rows) <= points:
        return list(rows)
    return [rows[round(i * (len(rows) - 1) / (points - 1))] for i in range(points)]
