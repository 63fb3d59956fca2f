"""`glaswerk log`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from glaswerk.cli.options import json_option, lab_option
from glaswerk.lab import Artifact, Lab


@click.command("log")
@lab_option
@json_option
@click.option("-n", "count", default=20, show_default=True, help="How many, newest first.")
def command(lab_path: Path, as_json: bool, count: int) -> None:
    """The commands that wrote to the lab, newest first, with how they ended and how long they took."""
    lab = Lab.open(lab_path)
    rows = [dict(row) for row in lab.ledger.rows("SELECT * FROM run ORDER BY id DESC LIMIT ?", count)]
    for row in rows:
        if row["status"] == "running" and not _alive(row["pid"]):
            row["status"] = "killed"
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    models = [model for model in lab.all("model") if model.stats.get("report")]
    for row in rows:
        seconds = "" if row["seconds"] is None else f"{row['seconds']:.1f} s"
        reports = [model.stats["report"] for model in models if _made_by(model, row)]
        words = [*filter(None, [row["message"]]), *(f"report: {report}" for report in reports)]
        note = f"  ({'; '.join(words)})" if words else ""
        click.echo(f"{row['started_at'][:19]}  {row['status']:11} {seconds:>9}  {row['command']}{note}")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _made_by(model: Artifact, row: Mapping[str, Any]) -> bool:
    """Whether the model was finished while that command ran: one command at a time writes to a lab."""
    finished = row["finished_at"]
    return finished is not None and row["started_at"] <= model.finished_at <= finished
