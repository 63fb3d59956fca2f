"""`glaswerk index`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.session import json_option, lab_option, show, writing


@click.command("index")
@lab_option
@json_option
def command(lab_path: Path, as_json: bool) -> None:
    """Build the suffix arrays over the training shards that `trace` and the chat page search."""
    from glaswerk.trace import build

    with writing(lab_path) as lab:
        shards = lab.need("shards", "main.main", hint="glaswerk pack")
        made = build(lab, shards)
    show(made, as_json)
