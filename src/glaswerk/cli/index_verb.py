"""`glaswerk index`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.session import json_option, lab_option, show, writing


@click.command("index")
@click.option("--shards", default="main.main", show_default=True, help="Shards to index.")
@lab_option
@json_option
def command(shards: str, lab_path: Path, as_json: bool) -> None:
    """Build the suffix arrays over the training shards that `trace` and the chat page search."""
    from glaswerk.trace import build

    with writing(lab_path) as lab:
        made = build(lab, lab.need("shards", shards, hint="glaswerk pack"))
    show(made, as_json)
