"""`glaswerk plan`: what a training run will take, before it runs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glaswerk.cli.session import json_option, lab_option
from glaswerk.cli.train_verb import settings_options
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab

if TYPE_CHECKING:
    from glaswerk.train.prediction import Where
    from glaswerk.train.pretrain import TrainConfig


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
    budget: str, device: str, devices: int, probe: bool, price_per_hour: float, watts: float, lab_path: Path,
    as_json: bool, **settings: Any,
) -> None:  # fmt: skip
    """What `glaswerk train` will take: memory, time, price, energy, and how good the model will be.

    \b
    glaswerk plan --size 10M --probe
    glaswerk plan --budget 2h
    glaswerk plan --size 350M --device h100 --devices 8 --price-per-hour 20
    """
    from glaswerk.train.prediction import Where
    from glaswerk.train.pretrain import TrainConfig

    if probe and device != "here":
        raise GlaswerkError(
            f"--probe measures this machine, and --device is {device}", hint="leave one of them out"
        )
    if not (math.isfinite(price_per_hour) and math.isfinite(watts)):
        raise GlaswerkError("--price-per-hour and --watts take numbers", hint="--watts 700")
    where = Where(device, devices, probe, price_per_hour, watts)
    plan_for(Lab.open(lab_path), TrainConfig(**settings), where, budget=budget, as_json=as_json)


def plan_for(lab: Lab, config: TrainConfig, where: Where, *, budget: str = "", as_json: bool = False) -> None:
    """Print what training on the lab's shards takes, as a table or with everything in it as JSON."""
    from glaswerk.tokenizer import Shards
    from glaswerk.train.last import Last
    from glaswerk.train.prediction import predict
    from glaswerk.train.pretrain import plan, sampler_of
    from glaswerk.train.sizing import within_budget

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


def rows(figures: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(name, figure, note) of what a prediction says."""
    shape, parts, flops = figures["shape"], figures["parameters"], figures["flops"]
    yield (
        "parameters", f"{parts['total']:,}",
        f"tables {parts['embedding'] + parts['output']:,}  attention {parts['attention']:,}  "
        f"MLP {parts['feed_forward']:,}",
    )  # fmt: skip
    yield (
        "network", f"{shape['layers']} x {shape['width']}",
        f"{shape['heads']} heads, MLP {shape['feed_forward']:,}, context {shape['context']:,}, "
        f"vocabulary {shape['vocab_size']:,}",
    )  # fmt: skip
    yield "tokens", f"{figures['tokens']:,}", f"{figures['steps']:,} steps, {figures['epochs']:g} epochs"
    attention = flops["attention_per_token"] / flops["per_token"]
    yield "FLOPs", f"{flops['total']:.3g}", f"{flops['per_token']:.3g} a token, {attention:.0%} attention"
    yield from _memory(figures)
    yield "tokens/s", f"{figures['tokens_per_second']:,.0f}", figures["rate_basis"]
    yield "MFU", f"{figures['utilisation']:.1%}", f"of {figures['peak_flops'] / 1e12:,.3g} TFLOP/s"
    yield "time", duration(figures["seconds"]), f"of {figures['devices']} device(s), training steps alone"
    yield _priced(figures)
    yield _energy(figures)
    yield from _quality(figures["bits_per_byte"])


def _quality(found: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    interval = f"{found['low']:.2f} to {found['high']:.2f}"
    note = "on held-out English text of the ladder (docs/scaling.md); other text differs by a factor"
    yield "bits per byte", f"{found['bits']:.2f}", f"{interval}; {note}"
    for words in found["beyond"]:
        yield "", "", f"an extrapolation: {words}"


def _memory(figures: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for degree, memory in figures["memory"].items():
        parts = "  ".join(
            f"{name} {_gigabytes(memory[name])}"
            for name in ("weights", "gradients", "optimizer", "activations")
        )
        label = "memory a device" if degree == "1" else f"  sharded over {degree}"
        room = f"fits in {_gigabytes(figures['memory_capacity'])}"
        short = f"does NOT fit in {_gigabytes(figures['memory_capacity'])}"
        yield label, _gigabytes(memory["total"]), f"{parts}  {room if memory['fits'] else short}"


def _priced(figures: dict[str, Any]) -> tuple[str, str, str]:
    if figures["price"] is None:
        return "price", "not known", "--price-per-hour says what an hour costs"
    return "price", f"{figures['price']:,.2f}", "in the currency of --price-per-hour"


def _energy(figures: dict[str, Any]) -> tuple[str, str, str]:
    if figures["kilowatt_hours"] is None:
        return "energy", "not known", "--watts says what a device draws"
    return "energy", f"{figures['kilowatt_hours']:,.3g} kWh", f"{figures['watts']:g} W a device, at full load"


def duration(seconds: float) -> str:
    """Seconds in the unit that suits them."""
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{seconds:.0f} s"


def _gigabytes(count: float) -> str:
    return f"{count / 1e9:,.2f} GB" if count >= 1e9 else f"{count / 1e6:,.1f} MB"
