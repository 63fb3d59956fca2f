"""`glaswerk usage`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import open_lab, print_json
from glaswerk.cli.tables import columns


@click.command("usage")
@click.option(
    "--by",
    type=click.Choice(["project", "key", "model", "endpoint", "day"]),
    default="project",
    show_default=True,
    help="Sum by this.",
)
@click.option("--project", default="", help="Only this project.  [default: all]")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="From this day on, in UTC.  [default: all]")
@lab_option
@json_option
def command(by: Any, project: str, since: datetime | None, lab_path: Path, as_json: bool) -> None:
    """What keys and projects used: requests, tokens and spend, from the ledger of usage.

    \b
    glaswerk usage
    glaswerk usage --by key --since 2026-11-01
    glaswerk usage --by day --project research --json

    Every answer has a row in the ledger, finished or cut, and no row has a word of a prompt or an answer.
    Prices are in lab.toml, under [serve.prices]. Requests to a server without keys count to the project "".
    """
    from glaswerk.serve.accounts.database import open_database
    from glaswerk.serve.accounts.ledger import totals
    from glaswerk.serve.accounts.settings import AccountSettings

    lab = open_lab(lab_path)
    start = int(since.replace(tzinfo=UTC).timestamp() * 1000) if since else 0
    db = open_database(lab.root, AccountSettings.of(lab).accounts, create=False)
    try:
        found = totals(db, by, start, project)
    finally:
        db.close()
    if as_json:
        print_json({"by": by, "since": start, "totals": [asdict(total) for total in found]})
        return
    head = (by, "requests", "prompt", "cached", "completion", "spend", "repeats")
    rows = [[total.name or "-", *(f"{figure:,}" for figure in _figures(total))] for total in found]
    for line in columns(head, rows, right=range(1, 7)):
        echo(line)


def _figures(total: Any) -> list[int]:
    return [total.requests, total.prompt, total.cached, total.completion, total.spend, total.repeats]
