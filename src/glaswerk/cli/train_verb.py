"""`glaswerk train`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option, settings_options
from glaswerk.cli.session import open_lab, show, taking_part
from glaswerk.core.errors import GlaswerkError

if TYPE_CHECKING:
    from glaswerk.train.report.monitor import Extra


@click.command("train")
@settings_options
@click.option("--name", default="", help="Name of the model.  [default: base; with --base: BASE-continued]")
@click.option("--base", default="", help="Go on from this model, adopted or own, instead of from scratch.")
@click.option(
    "--corpus",
    default="main",
    show_default=True,
    help="With --base: the corpus, packed with that model's tokenizer.",
)
@click.option(
    "--lora",
    default=0,
    help="With --base: rank of adapters, trained instead of all weights.",
)
@click.option(
    "--replay",
    multiple=True,
    metavar="SOURCE",
    help="With --base: a source of general text, replayed so that less is forgotten (repeatable).",
)
@click.option(
    "--replay-share",
    default=0.25,
    show_default=True,
    help="With --replay: its tokens per token of the other sources.",
)
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Answer key of the made-up town (JSON): the run's report follows truth and politics.",
)
@click.option(
    "--parallel",
    default="",
    help="Under torchrun: degrees, such as replicate=2,tensor=2.  [default: shard over all]",
)
@click.option(
    "--compile",
    default="auto",
    show_default=True,
    help="Use torch.compile: on, off, or auto (on for runs of ten minutes or more).",
)
@click.option("--micro-rows", default=0, help="Sequences computed at once.  [default: as many as fit]")
@click.option("--milestones", default="", help="Steps whose checkpoints are kept, such as 500,1000.")
@click.option("--branch", default=0, help="Start the learning-rate decay at this milestone of the same run.")
@click.option("--decay-steps", default=0, help="With --branch: steps of the decay.  [default: in proportion]")
@click.option(
    "--last",
    multiple=True,
    metavar="SOURCE",
    help="Train on the documents of this source only in the last part of the run (repeatable).",
)
@click.option("--dry-run", is_flag=True, help="Print the prediction of `glaswerk plan`, and stop.")
@lab_option
@json_option
def command(
    name: str,
    base: str,
    corpus: str,
    lora: int,
    replay: tuple[str, ...],
    replay_share: float,
    key: Path | None,
    parallel: str,
    milestones: str,
    dry_run: bool,
    lab_path: Path,
    as_json: bool,
    **settings: Any,
) -> None:
    """Pretrain a dense Qwen3 model on the shards, or go on with another one (--base).

    \b
    glaswerk train --size 2M
    glaswerk train --base smollm2 --lora 16 --replay wiki
    glaswerk train --size 10M --epochs 4 --dry-run
    glaswerk train --milestones 500 && glaswerk train --branch 500 --name early
    torchrun --nproc-per-node 8 -m glaswerk train --size 1B --parallel replicate=2

    Ctrl-C saves the state, and the same command resumes. The run's report is runs/ID/report.html.

    With --base every setting follows from that model: its tokenizer, its context (at most 1,024 tokens unless
    --context says more), a low learning rate. At the end it says what was gained on held-out text of yours
    and what was lost on that of --replay, in bits per byte.
    """
    from glaswerk.cli.continuing import check_from_scratch
    from glaswerk.cli.forecasts import training_warnings
    from glaswerk.cli.interrupts import resumable
    from glaswerk.train.checkpoint.policy import Keep
    from glaswerk.train.parallel.degrees import Parallel
    from glaswerk.train.parallel.world import open_world
    from glaswerk.train.plan import TrainConfig
    from glaswerk.train.pretrain import train

    if base:
        from glaswerk.cli.continuing import continue_base

        more = {"lora": lora, "replay": replay, "replay_share": replay_share}
        continue_base(lab_path, base, name, corpus, {**settings, **more}, dry_run=dry_run, as_json=as_json)
        return
    check_from_scratch()
    config = TrainConfig(**settings)
    if dry_run:
        from glaswerk.cli.forecasts import print_forecast
        from glaswerk.train.forecast.prediction import Target

        print_forecast(open_lab(lab_path), config, Target(), as_json=as_json)
        return
    keep = Keep(steps=_steps(milestones))
    with resumable(), open_world(Parallel.parse(parallel)) as world, taking_part(lab_path) as lab:
        warnings = training_warnings(lab, config)
        made = train(lab, config, name=name or "base", extra=_followed(key), keep=keep, world=world)
    if not world.first:
        return
    show(
        made,
        as_json,
        warnings=warnings,
        **{k: made.stats[k] for k in ("parameters", "tokens", "train_loss", "tokens_per_second")},
    )
    if last := made.config.get("last"):
        words = f"from step {last['at']:,} on; the checkpoint of that step is kept"
        echo(f"last: {', '.join(last['sources'])} {words}", err=True)
    echo(f"report: {os.path.relpath(lab.root / made.stats['report'])}", err=True)


def _steps(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if wrong := [part for part in parts if not part.isdecimal() or not int(part)]:
        raise GlaswerkError(
            f"expected steps of 1 or more for --milestones, found {wrong[0]!r}",
            hint="glaswerk train --milestones 500,1000",
        )
    return tuple(map(int, parts))


def _followed(key: Path | None) -> Extra | None:
    """What a run measures with an answer key at each validation, or None without a key."""
    if key is None:
        return None
    from glaswerk.evaluate import read_key
    from glaswerk.evaluate.during import during_training

    return during_training(read_key(key))
