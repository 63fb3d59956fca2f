"""`glaswerk index`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import show, writing


@click.command("index")
@click.option("--shards", default="main.main", show_default=True, help="Shards to index.")
@lab_option
@json_option
def command(shards: str, lab_path: Path, as_json: bool) -> None:
    """Build the suffix arrays that `trace`, `count`, `search` and the chat page look into.

    They cover everything that is trained on: documents, chats and preference pairs. What an earlier index
    has already of the same tokens is taken over, and a run that was stopped goes on where it was.

    \b
    glaswerk index
    glaswerk index --shards main.main
    """
    from glaswerk.trace import build

    with writing(lab_path) as lab:
        made = build(lab, lab.need("shards", shards, hint="glaswerk pack"))
    show(made, as_json, tokens=sum(made.stats["tokens"].values()), segments=made.stats["segments"])
