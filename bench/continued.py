"""Tokens a CPU second of continued pretraining: ours beside TRL's SFTTrainer with peft, a step in turn.

    python -m bench.continued --lab LAB --base smollm2 --lora 16

The same model, adapters on the same layers, the same rows of the same text, the same number format; no
gradient checkpointing. Ours is compiled as it is in runs of twenty minutes and more, TRL's is as its defaults
have it (`--eager`: neither is). Each contestant is a process with one thread; rates are of the median step.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

import click

from bench.peers.continued import Settings
from bench.peers.turns import Contestant
from glaswerk.lab import Lab
from glaswerk.train.export import base_of, packed_for

SETTLING = 2


def settings_of(lab: Lab, base: str, *, lora: int, rows: int, context: int, precision: str) -> Settings:
    model = base_of(lab, base)
    packed = packed_for(lab, model, "main")
    rate = 1e-3 if lora else 1e-4
    return Settings(str(model.path), str(packed.path), context, rows, lora, rate, precision)


def measured(settings: Settings, rounds: int) -> dict[str, tuple[float, int]]:
    """Tokens a CPU second, and trained parameters, of each."""
    with tempfile.TemporaryDirectory() as folder:
        both = [
            Contestant(
                name, module, asdict(settings), python=sys.executable, log=Path(folder, f"{module}.log")
            )
            for name, module in (("ours", "continued"), ("TRL + peft", "sft"))
        ]
        for _ in range(rounds + SETTLING):
            for one in both:
                one.train(0.0, score=False)
        for one in both:
            one.stop()
    return {
        one.name: (one.facts["tokens"] / statistics.median(one.turns[SETTLING:]), one.facts["parameters"])
        for one in both
    }


@click.command(help=__doc__)
@click.option("--lab", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--base", default="smollm2", show_default=True)
@click.option("--lora", default=16, show_default=True, help="Rank of adapters; 0: all weights.")
@click.option("--rows", default=2, show_default=True)
@click.option("--context", default=512, show_default=True)
@click.option("--precision", default="fp32", show_default=True)
@click.option("--eager", is_flag=True, help="Do not compile ours.")
@click.option("--rounds", default=5, show_default=True)
def main(
    lab: Path, base: str, lora: int, rows: int, context: int, precision: str, eager: bool, rounds: int
) -> None:
    chosen = settings_of(Lab.open(lab), base, lora=lora, rows=rows, context=context, precision=precision)
    chosen = replace(chosen, compile=not eager)
    found = measured(chosen, rounds)
    for name, (rate, parameters) in found.items():
        click.echo(f"{name:12} {parameters:,} trained parameters {rate:8,.1f} tokens/CPU-s")
    click.echo(f"ours / TRL + peft: {found['ours'][0] / found['TRL + peft'][0]:.2f} ×")


if __name__ == "__main__":
    main()
