"""`glaswerk train`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from glaswerk.cli.session import json_option, lab_option, show, writing
from glaswerk.lab import Lab


@click.command("train")
@click.option(
    "--size", default="2M", show_default=True, help="Parameters; every other setting follows from it."
)
@click.option(
    "--epochs", default=0.0, help="Passes over the corpus.  [default: 20 tokens a parameter, at most 8]"
)
@click.option("--context", default=256, show_default=True, help="Sequence length in tokens.")
@click.option("--batch-tokens", default=0, help="Tokens a step.  [default: from the size]")
@click.option("--learning-rate", default=0.0, help="Peak.  [default: from the size]")
@click.option(
    "--precision", default="auto", show_default=True,
    help="Of matrix products: fp32, bf16, or auto: the one that this machine multiplies faster.",
)  # fmt: skip
@click.option("--seed", default=0, show_default=True)
@click.option("--name", default="base", show_default=True, help="Name of the model.")
@click.option("--dry-run", is_flag=True, help="Print the resolved settings and stop.")
@lab_option
@json_option
def command(
    size: str, epochs: float, context: int, batch_tokens: int, learning_rate: float, precision: str,
    seed: int, name: str, dry_run: bool, lab_path: Path, as_json: bool,
) -> None:  # fmt: skip
    """Pretrain a dense Qwen3 on the shards. Ctrl-C saves; the same command goes on.

    \b
    glaswerk train --size 2M
    glaswerk train --size 10M --epochs 4 --dry-run
    """
    from glaswerk.cli.stop import resumable
    from glaswerk.train.pretrain import TrainConfig, plan, train

    config = TrainConfig(size, epochs, context, batch_tokens, learning_rate, precision, seed)
    if dry_run:
        from glaswerk.tokenizer import Shards

        packed = Lab.open(lab_path).need("shards", "main.main", hint="glaswerk pack")
        planned = plan(Shards.open(packed.path), config)
        click.echo(json.dumps({**asdict(planned), "parameters": planned.shape.parameters}, indent=2))
        return
    with resumable(), writing(lab_path) as lab:
        made = train(lab, config, name=name)
    show(
        made,
        as_json,
        **{k: made.stats[k] for k in ("parameters", "tokens", "train_loss", "tokens_per_second")},
    )
