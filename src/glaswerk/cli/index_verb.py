"""`glaswerk index`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import show, writing
from glaswerk.cli.tracing import shards_to_index


@click.command("index")
@click.option("--shards", default="main.main", show_default=True, help="Name of the shards to index.")
@lab_option
@json_option
def command(shards: str, lab_path: Path, as_json: bool) -> None:
    """Build the suffix arrays that `trace`, `count`, `search` and the chat page search.

    \b
    glaswerk index
    glaswerk index --shards main.smollm2

    They cover everything that models train on: documents, chats and preference pairs. Parts of an earlier
    index with the same tokens are reused. If interrupted, the same command resumes.
    """
    from glaswerk.trace import build

    with writing(lab_path) as lab:
        made = build(lab, shards_to_index(lab, shards))
    show(made, as_json, tokens=sum(made.stats["tokens"].values()), segments=made.stats["segments"])
