"""GET /v1/glaswerk/runs: the training runs of the lab with their loss, while they go on, too."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
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
    for path, written in _newest(lab.root / "runs"):
        rows = [row for row in read_rows(path.parent) if isinstance(row, dict) and _is_drawn(row)]
        if rows:
            yield _run(path, names.get(path.parent.name, ""), rows, written)


def _newest(folder: Path) -> list[tuple[Path, float]]:
    """The files that were written last, with the time; a run may be deleted while it is looked at."""
    found = []
    for path in folder.glob(f"*/{METRICS}"):
        with suppress(OSError):
            facts = path.stat()
            if facts.st_size <= _MOST_BYTES:
                found.append((path, facts.st_mtime))
    return sorted(found, key=lambda one: one[1], reverse=True)[:_RUNS]


def _is_drawn(row: dict[str, Any]) -> bool:
    """A run that diverged has losses that are no numbers: JSON has none, and no curve."""
    return all(
        isinstance(value, int | float) and math.isfinite(value)
        for value in (row.get("loss"), row.get("step"))
    )


def _run(path: Path, model: str, rows: Sequence[dict[str, Any]], written: float) -> dict[str, Any]:
    quiet = time.time() - written > _QUIET_SECONDS
    rate = rows[-1].get("tokens_per_second")
    return {
        "id": path.parent.name,
        "model": model,
        "state": "done" if model else "stopped" if quiet else "running",
        "steps": int(rows[-1]["step"]) + 1,
        "tokens_per_second": float(rate) if isinstance(rate, int | float) and math.isfinite(rate) else 0.0,
        "loss": [[float(row["step"]), float(row["loss"])] for row in thinned(rows)],
    }


def thinned(rows: Sequence[dict[str, Any]], points: int = _POINTS) -> list[dict[str, Any]]:
    """At most so many rows, evenly spaced, with the first and the last."""
    if len(rows) <= points:
        return list(rows)
    return [rows[round(i * (len(rows) - 1) / (points - 1))] for i in range(points)]
