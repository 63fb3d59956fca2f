"""`glaswerk tokenizer`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.echo import echo_warnings
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import show, writing


@click.command("tokenizer")
@click.option(
    "--vocab-size", default=0, help="Entries, with special tokens.  [default: from the size of the corpus]"
)
@lab_option
@json_option
def command(vocab_size: int, lab_path: Path, as_json: bool) -> None:
    """Train a byte-level BPE tokenizer on the corpus.

    \b
    glaswerk tokenizer
    glaswerk tokenizer --vocab-size 4096

    It splits text as Qwen2 does and is saved as Hugging Face's tokenizer.json.
    """
    from glaswerk.tokenizer.long_runs import LONGEST
    from glaswerk.tokenizer.training import TokenizerConfig, train_tokenizer

    with writing(lab_path) as lab:
        made = train_tokenizer(lab, TokenizerConfig(vocab_size))
    if made.stats.get("long_runs"):
        many = f"{made.stats['long_runs']:,} texts have at least {LONGEST} letters, signs or spaces in a row"
        echo_warnings([f"{many}; the tokenizer learned from them in pieces, encoding keeps them whole"])
    show(made, as_json, entries=made.stats["vocab_size"])
