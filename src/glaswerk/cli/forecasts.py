"""The prediction of a training run, as `plan` and `train --dry-run` print it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from glaswerk.cli.echo import echo, echo_warnings
from glaswerk.cli.session import print_json
from glaswerk.cli.tables import prediction_rows
from glaswerk.lab import Lab

if TYPE_CHECKING:
    from glaswerk.train.forecast.prediction import Target
    from glaswerk.train.plan import TrainConfig


def print_forecast(
    lab: Lab, config: TrainConfig, where: Target, *, budget: str = "", as_json: bool = False
) -> None:
    """Print what training on the lab's shards takes, as a table or as JSON. `budget` picks the size."""
    from glaswerk.tokenizer import Shards
    from glaswerk.train.batches.last_sources import Last
    from glaswerk.train.forecast.prediction import predict
    from glaswerk.train.forecast.sizing import within_budget
    from glaswerk.train.plan import plan, plan_warnings, sampler_of

    packed = lab.need("shards", "main.main", hint="glaswerk pack")
    shards = Shards.open(packed.path)
    if budget:
        config = within_budget(shards, config, where, budget)
    planned = plan(shards, config, Last.of(lab, packed, config.last))
    sampler = sampler_of(shards, config, planned.rows, planned.last)
    settings = {"steps": planned.loop.steps, "epochs": planned.epochs, "loop": asdict(planned.loop)}
    warnings = plan_warnings(shards, planned)
    figures = {**settings, **predict(planned, where, sampler).to_json(), "warnings": warnings}
    if as_json:
        print_json(figures)
        return
    for name, value, note in prediction_rows(figures):
        echo(f"{name:20} {value:>14}  {note}".rstrip())
    echo_warnings(warnings)


def training_warnings(lab: Lab, config: TrainConfig) -> list[str]:
    """Why the lab's shards have too little text for these settings; `train` itself says it as it begins."""
    from glaswerk.tokenizer import Shards
    from glaswerk.train.batches.last_sources import Last
    from glaswerk.train.plan import plan, plan_warnings

    packed = lab.need("shards", "main.main", hint="glaswerk pack")
    shards = Shards.open(packed.path)
    return plan_warnings(shards, plan(shards, config, Last.of(lab, packed, config.last)))
