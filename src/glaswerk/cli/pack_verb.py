"""`glaswerk pack`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import show, writing


@click.command("pack")
@click.option("--corpus", default="main", show_default=True, help="Name of the corpus to encode.")
@click.option(
    "--tokenizer", default="main", show_default=True, help="Name of the tokenizer, trained or adopted."
)
@lab_option
@json_option
def command(corpus: str, tokenizer: str, lab_path: Path, as_json: bool) -> None:
    """Encode the corpus into shards of tokens, with the token span of every document.

    \b
    glaswerk pack
    glaswerk pack --tokenizer smollm2
    """
    from glaswerk.data.store.reasons import PACKING
    from glaswerk.tokenizer import pack

    with writing(lab_path) as lab:
        made = pack(lab, corpus=corpus, tokenizer=tokenizer)
    splits = made.stats["splits"]
    show(made, as_json, **{split: counts["tokens"] for split, counts in splits.items()})
    if not as_json:
        for split, counts in splits.items():
            for reason in PACKING.keys() & counts.keys():
                words = f"{split}: {counts[reason]:,} × {reason}; glaswerk explain {reason}"
                echo(words, err=True)
