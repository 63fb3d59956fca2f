"""`glaswerk log`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import open_lab, print_json
from glaswerk.lab import Artifact


@click.command("log")
@lab_option
@json_option
@click.option(
    "-n", "count", default=20, show_default=True, type=click.IntRange(min=1), help="Commands shown."
)
def command(lab_path: Path, as_json: bool, count: int) -> None:
    """The commands that wrote to the lab, newest first: how each ended and how long it took.

    \b
    glaswerk log
    glaswerk log -n 5 --json
    """
    lab = open_lab(lab_path)
    rows = [dict(row) for row in lab.ledger.rows("SELECT * FROM run ORDER BY id DESC LIMIT ?", count)]
    for row in rows:
        if row["status"] == "running" and not _alive(row["pid"]):
            row["status"] = "killed"
    if as_json:
        print_json(rows)
        return
    models = [model for model in lab.all("model") if model.stats.get("report")]
    for row in rows:
        seconds = "" if row["seconds"] is None else f"{row['seconds']:.1f} s"
        reports = [model.stats["report"] for model in models if _made_by(model, row)]
        words = [*filter(None, [row["message"]]), *(f"report: {report}" for report in reports)]
        note = f"  ({'; '.join(words)})" if words else ""
        echo(f"{row['started_at'][:19]}  {row['status']:11} {seconds:>9}  {row['command']}{note}")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _made_by(model: Artifact, row: Mapping[str, Any]) -> bool:
    """Whether the model was finished while that command ran; only one command writes at a time."""
    finished = row["finished_at"]
    return finished is not None and row["started_at"] <= model.finished_at <= finished
