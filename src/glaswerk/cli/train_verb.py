"""`glaswerk train`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glaswerk.cli.options import json_option, lab_option, settings_options
from glaswerk.cli.session import show, taking_part
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab

if TYPE_CHECKING:
    from glaswerk.train.report.monitor import Extra


@click.command("train")
@settings_options
@click.option("--name", default="base", show_default=True, help="Name of the model.")
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Answer key (JSON): the run's report follows truth and politics.",
)
@click.option(
    "--parallel", default="", help="Under torchrun: degrees, such as replicate=2,tensor=2.  [default: shard]"
)
@click.option(
    "--compile",
    default="auto",
    show_default=True,
    help="The network, with torch.compile: on, off, or auto: runs of ten minutes and more.",
)
@click.option("--micro-rows", default=0, help="Rows computed at once.  [default: as many as fit]")
@click.option("--milestones", default="", help="Steps whose checkpoints stay, such as 500,1000.")
@click.option("--branch", default=0, help="Begin the decay at this milestone of the same run instead.")
@click.option("--decay-steps", default=0, help="With --branch.  [default: in proportion]")
@click.option(
    "--last",
    multiple=True,
    metavar="SOURCE",
    help="Its documents come in the last part of the run alone (repeatable).",
)
@click.option("--dry-run", is_flag=True, help="Say what it would take, as `glaswerk plan` does, and stop.")
@lab_option
@json_option
def command(
    name: str,
    key: Path | None,
    parallel: str,
    milestones: str,
    dry_run: bool,
    lab_path: Path,
    as_json: bool,
    **settings: Any,
) -> None:
    """Pretrain a dense Qwen3 on the shards. Ctrl-C saves; the same command goes on.

    \b
    glaswerk train --size 2M
    glaswerk train --size 10M --epochs 4 --dry-run
    glaswerk train --milestones 500 && glaswerk train --branch 500 --name early
    glaswerk train --last posts
    torchrun --nproc-per-node 8 -m glaswerk train --size 1B --parallel replicate=2
    """
    from glaswerk.cli.interrupts import resumable
    from glaswerk.train.checkpoint.policy import Keep
    from glaswerk.train.parallel.degrees import Parallel
    from glaswerk.train.parallel.world import open_world
    from glaswerk.train.plan import TrainConfig
    from glaswerk.train.pretrain import train

    config = TrainConfig(**settings)
    if dry_run:
        from glaswerk.cli.plan_verb import plan_for
        from glaswerk.train.forecast.prediction import Target

        plan_for(Lab.open(lab_path), config, Target(), as_json=as_json)
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
