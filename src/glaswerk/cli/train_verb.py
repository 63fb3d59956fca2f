"""`glaswerk train`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from glaswerk.cli.session import json_option, lab_option, show, taking_part
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab

if TYPE_CHECKING:
    from glaswerk.train.watch import Extra

Function = TypeVar("Function", bound=Callable[..., Any])

_SETTINGS = (
    click.option(
        "--size", default="2M", show_default=True, help="Parameters; every other setting follows from it."
    ),
    click.option("--depth", default=0, help="Layers.  [default: one for 64 of width]"),
    click.option("--untied", is_flag=True, help="A table of its own for the output."),
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
@click.option(
    "--parallel", default="", help="Under torchrun: degrees, such as replicate=2,tensor=2.  [default: shard]"
)
@click.option(
    "--compile", default="auto", show_default=True,
    help="The network, with torch.compile: on, off, or auto: runs of ten minutes and more.",
)  # fmt: skip
@click.option("--micro-rows", default=0, help="Rows computed at once.  [default: as many as fit]")
@click.option("--milestones", default="", help="Steps whose checkpoints stay, such as 500,1000.")
@click.option("--branch", default=0, help="Begin the decay at this milestone of the same run instead.")
@click.option("--decay-steps", default=0, help="With --branch.  [default: in proportion]")
@click.option(
    "--last", multiple=True, metavar="SOURCE",
    help="Its documents come in the last part of the run alone (repeatable).",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what it would take, as `glaswerk plan` does, and stop.")
@lab_option
@json_option
def command(
    name: str, key: Path | None, parallel: str, milestones: str, dry_run: bool, lab_path: Path,
    as_json: bool, **settings: Any,
) -> None:  # fmt: skip
    """Pretrain a dense Qwen3 on the shards. Ctrl-C saves; the same command goes on.

    \b
    glaswerk train --size 2M
    glaswerk train --size 10M --epochs 4 --dry-run
    glaswerk train --milestones 500 && glaswerk train --branch 500 --name early
    glaswerk train --last posts
    torchrun --nproc-per-node 8 -m glaswerk train --size 1B --parallel replicate=2
    """
    from glaswerk.cli.stop import resumable
    from glaswerk.train.checkpoints import Keep
    from glaswerk.train.parallel import Parallel
    from glaswerk.train.pretrain import TrainConfig, train
    from glaswerk.train.world import open_world

    config = TrainConfig(**settings)
    if dry_run:
        from glaswerk.cli.plan_verb import plan_for
        from glaswerk.train.prediction import Where

        plan_for(Lab.open(lab_path), config, Where(), as_json=as_json)
        return
    keep = Keep(steps=_steps(milestones))
    with resumable(), open_world(Parallel.parse(parallel)) as world, taking_part(lab_path) as lab:
        made = train(lab, config, name=name, extra=followed(key), keep=keep, world=world)
    if not world.first:
        return
    show(
        made,
        as_json,
        **{k: made.stats[k] for k in ("parameters", "tokens", "train_loss", "tokens_per_second")},
    )
    if last := made.config.get("last"):
        words = f"from step {last['at']:,} on, whose checkpoint stays"
        click.echo(f"last: {', '.join(last['sources'])} {words}", err=True)
    click.echo(f"report: {os.path.relpath(lab.root / made.stats['report'])}", err=True)


def _steps(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if wrong := [part for part in parts if not part.isdecimal() or not int(part)]:
        raise GlaswerkError(
            f"--milestones takes steps from 1 on, found {wrong[0]!r}", hint="--milestones 500,1000"
        )
    return tuple(map(int, parts))


def followed(key: Path | None) -> Extra | None:
    """What a run measures at its validations of an answer key, if there is one."""
    if key is None:
        return None
    from glaswerk.evaluate import read_key
    from glaswerk.evaluate.during import during_training

    return during_training(read_key(key))
