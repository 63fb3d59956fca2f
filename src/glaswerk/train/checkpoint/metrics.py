"""The metrics of a run: one row of JSON per step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from glaswerk.core.files import write_atomic

METRICS = "metrics.jsonl"


def read_rows(folder: Path) -> list[dict[str, Any]]:
    """The rows of the run in `folder`, up to the first that a kill has truncated."""
    rows = []
    path = folder / METRICS
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            rows.append(json.loads(line))
        except ValueError:  # all later lines are newer than any checkpoint
            break
    return rows


def rewind(folder: Path, step: int, *, source: Path | None = None) -> list[dict[str, Any]]:
    """Keep only the rows of the steps before `step`, of this run or of the one in `source`; returns them."""
    rows = [row for row in read_rows(source or folder) if row["step"] < step]
    write_atomic(folder / METRICS, "".join(json.dumps(row) + "\n" for row in rows))
    return rows
