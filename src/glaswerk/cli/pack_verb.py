"""`glaswerk pack`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.session import json_option, lab_option, show, writing


@click.command("pack")
@lab_option
@json_option
def command(lab_path: Path, as_json: bool) -> None:
    """Encode the corpus into shards, with the token span of every document."""
    from glaswerk.tokenizer import pack

    with writing(lab_path) as lab:
        made = pack(lab)
    show(made, as_json, **{split: counts["tokens"] for split, counts in made.stats["splits"].items()})
