"""`glaswerk plan`: what a training run will take, before it runs."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glaswerk.cli.options import json_option, lab_option, settings_options
from glaswerk.cli.tables import rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab

if TYPE_CHECKING:
    from glaswerk.train.forecast.prediction import Target
    from glaswerk.train.plan import TrainConfig


@click.command("plan")
@settings_options
@click.option("--budget", default="", help="2h, 90min, or money (50): picks the size.")
@click.option(
    "--device", default="here", show_default=True, help="here, h200, h100, a100, l40s, rtx4090 or a10."
)
@click.option("--devices", default=1, show_default=True, type=click.IntRange(min=1), help="How many.")
@click.option("--probe", is_flag=True, help="Train this very network for ten seconds to measure its speed.")
@click.option("--price-per-hour", default=0.0, type=click.FloatRange(min=0), help="Of all devices together.")
@click.option("--watts", default=0.0, type=click.FloatRange(min=0), help="Of one device at full load.")
@lab_option
@json_option
def command(
    budget: str,
    device: str,
    devices: int,
    probe: bool,
    price_per_hour: float,
    watts: float,
    lab_path: Path,
    as_json: bool,
    **settings: Any,
) -> None:
    """What `glaswerk train` will take: memory, time, price, energy, and how good the model will be.

    \b
    glaswerk plan --size 10M --probe
    glaswerk plan --budget 2h
    glaswerk plan --size 350M --device h100 --devices 8 --price-per-hour 20
    """
    from glaswerk.train.forecast.prediction import Target
    from glaswerk.train.plan import TrainConfig

    if probe and device != "here":
        raise GlaswerkError(
            f"--probe measures this machine, and --device is {device}", hint="leave one of them out"
        )
    if not (math.isfinite(price_per_hour) and math.isfinite(watts)):
        raise GlaswerkError("--price-per-hour and --watts take numbers", hint="--watts 700")
    where = Target(device, devices, probe, price_per_hour, watts)
    plan_for(Lab.open(lab_path), TrainConfig(**settings), where, budget=budget, as_json=as_json)


def plan_for(
    lab: Lab, config: TrainConfig, where: Target, *, budget: str = "", as_json: bool = False
) -> None:
    """Print what training on the lab's shards takes, as a table or with everything in it as JSON."""
    from glaswerk.tokenizer import Shards
    from glaswerk.train.batches.last_sources import Last
    from glaswerk.train.forecast.prediction import predict
    from glaswerk.train.forecast.sizing import within_budget
    from glaswerk.train.plan import plan, sampler_of

    packed = lab.need("shards", "main.main", hint="glaswerk pack")
    shards = Shards.open(packed.path)
    if budget:
        config = within_budget(shards, config, where, budget)
    planned = plan(shards, config, Last.of(lab, packed, config.last))
    sampler = sampler_of(shards, config, planned.rows, planned.last)
    settings = {"steps": planned.loop.steps, "epochs": planned.epochs, "loop": asdict(planned.loop)}
    figures = {**settings, **predict(planned, where, sampler).to_json()}
    if as_json:
        click.echo(json.dumps(figures, indent=2, ensure_ascii=False))
        return
    for name, value, note in rows(figures):
        click.echo(f"{name:20} {value:>14}  {note}".rstrip())
