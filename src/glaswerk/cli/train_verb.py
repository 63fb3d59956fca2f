"""`glaswerk train`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from glaswerk.cli.session import json_option, lab_option, show, writing
from glaswerk.lab import Lab

if TYPE_CHECKING:
    from glaswerk.train.watch import Extra

Function = TypeVar("Function", bound=Callable[..., Any])

_SETTINGS = (
    click.option(
        "--size", default="2M", show_default=True, help="Parameters; every other setting follows from it."
    ),
    click.option(
        "--epochs", default=0.0, help="Passes over the corpus.  [default: 20 tokens a parameter, at most 8]"
    ),
    click.option("--context", default=256, show_default=True, help="Sequence length in tokens."),
    click.option("--batch-tokens", default=0, help="Tokens a step.  [default: from the size]"),
    click.option("--learning-rate", default=0.0, help="Peak.  [default: from the size]"),
    click.option(
        "--precision", default="auto", show_default=True,
        help="Of matrix products: fp32, bf16, or auto: the one that this machine multiplies faster.",
    ),
    click.option("--seed", default=0, show_default=True),
    click.option(
        "--patience", default=2, show_default=True,
        help="Stop after so many validations 1 % above the best one, and keep that; 0 never stops.",
    ),
)  # fmt: skip


def settings_options(function: Function) -> Function:
    """The options that decide what is trained: of `train`, and of `plan`, which says what that takes."""
    for option in reversed(_SETTINGS):
        function = option(function)
    return function


@click.command("train")
@settings_options
@click.option("--name", default="base", show_default=True, help="Name of the model.")
@click.option(
    "--key", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Answer key (JSON): the run's report follows truth and politics.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what it would take, as `glaswerk plan` does, and stop.")
@lab_option
@json_option
def command(
    name: str, key: Path | None, dry_run: bool, lab_path: Path, as_json: bool, **settings: Any
) -> None:
    """Pretrain a dense Qwen3 on the shards. Ctrl-C saves; the same command goes on.

    \b
    glaswerk train --size 2M
    glaswerk train --size 10M --epochs 4 --dry-run
    """
    from glaswerk.cli.stop import resumable
    from glaswerk.train.pretrain import TrainConfig, train

    config = TrainConfig(**settings)
    if dry_run:
        from glaswerk.cli.plan_verb import plan_for
        from glaswerk.train.prediction import Where

        plan_for(Lab.open(lab_path), config, Where(), as_json=as_json)
        return
    with resumable(), writing(lab_path) as lab:
        made = train(lab, config, name=name, extra=followed(key))
    show(
        made,
        as_json,
        **{k: made.stats[k] for k in ("parameters", "tokens", "train_loss", "tokens_per_second")},
    )
    click.echo(f"report: {os.path.relpath(lab.root / made.stats['report'])}", err=True)


def followed(key: Path | None) -> Extra | None:
    """What a run measures at its validations of an answer key, if there is one."""
    if key is None:
        return None
    from glaswerk.evaluate import read_key
    from glaswerk.evaluate.during import during_training

    return during_training(read_key(key))
