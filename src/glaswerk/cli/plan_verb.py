"""`glaswerk plan`: what a training run will take, before it starts."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from glaswerk.cli.forecasts import print_forecast
from glaswerk.cli.options import json_option, lab_option, settings_options
from glaswerk.cli.session import open_lab
from glaswerk.core.errors import GlaswerkError


@click.command("plan")
@settings_options
@click.option(
    "--budget", default="", help="A duration (2h, 90min) or a sum of money (50), which picks the size."
)
@click.option(
    "--device", default="here", show_default=True, help="here, h200, h100, a100, l40s, rtx4090 or a10."
)
@click.option(
    "--devices", default=1, show_default=True, type=click.IntRange(min=1), help="Number of devices."
)
@click.option("--probe", is_flag=True, help="Train this network for ten seconds to measure its speed.")
@click.option(
    "--price-per-hour", default=0.0, type=click.FloatRange(min=0), help="Price of all devices together."
)
@click.option("--watts", default=0.0, type=click.FloatRange(min=0), help="Power of one device at full load.")
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
    """Predict what `glaswerk train` will take: memory, time, price, energy, and how good the model will be.

    \b
    glaswerk plan --size 10M --probe
    glaswerk plan --budget 2h
    glaswerk plan --size 350M --device h100 --devices 8 --price-per-hour 20
    """
    from glaswerk.train.forecast.prediction import Target
    from glaswerk.train.plan import TrainConfig

    if probe and device != "here":
        raise GlaswerkError(
            f"expected --probe on this machine, found --device {device}",
            hint="leave one of them out: glaswerk plan --probe",
        )
    if not (math.isfinite(price_per_hour) and math.isfinite(watts)):
        raise GlaswerkError(
            "expected finite numbers for --price-per-hour and --watts", hint="glaswerk plan --watts 700"
        )
    where = Target(device, devices, probe, price_per_hour, watts)
    print_forecast(open_lab(lab_path), TrainConfig(**settings), where, budget=budget, as_json=as_json)
