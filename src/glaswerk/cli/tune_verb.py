"""`glaswerk tune`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.session import json_option, lab_option, show, writing


@click.command("tune")
@click.option("--base", default="base", show_default=True, help="The model to start from.")
@click.option("--epochs", default=0.0, help="Passes over the chats.  [default: 3]")
@click.option("--learning-rate", default=0.0, help="Peak.  [default: from the base model's]")
@click.option(
    "--precision", default="auto", show_default=True,
    help="Of matrix products: fp32, bf16, or auto: the one that this machine multiplies faster.",
)  # fmt: skip
@click.option("--seed", default=0, show_default=True)
@click.option("--name", default="chat", show_default=True, help="Name of the model.")
@lab_option
@json_option
def command(
    base: str, epochs: float, learning_rate: float, precision: str, seed: int, name: str, lab_path: Path,
    as_json: bool,
) -> None:  # fmt: skip
    """Tune a base model on the chats, with the loss on the answers only. Ctrl-C saves."""
    from dataclasses import replace

    from glaswerk.cli.stop import resumable
    from glaswerk.train.tune import TuneConfig, tune

    config = TuneConfig(learning_rate=learning_rate, precision=precision, seed=seed)
    config = replace(config, epochs=epochs) if epochs else config
    with resumable(), writing(lab_path) as lab:
        made = tune(lab, config, base=base, name=name)
    show(made, as_json, **{k: made.stats[k] for k in ("steps", "tokens", "train_loss", "tokens_per_second")})
    if lost := made.stats["lost_labels"]:
        click.echo(
            f"{lost:.1%} of the answers' tokens do not fit into the model's context and were cut: "
            "glaswerk train --context 1024 makes one that holds more",
            err=True,
        )
