"""Tokens per second of one training step: ours, litgpt's, nanochat's and the Hugging Face Trainer's.

    python -m bench.throughput --lab LAB --peers PEERS/bin/python
    python -m bench.throughput          # a made-up town; peers from this environment

The same Qwen3 of 2.6 M parameters, 8 rows of 256 tokens: litgpt and the Trainer train it with AdamW, ours
with Muon and AdamW and attention within documents. nanochat has its own network with the same layers and,
within 3 %, parameters. A step is forward, backward, clipping if the loop clips, and the optimizer. Each
contestant is a process with one thread that makes one step in its turn; rates are of the median step in CPU
seconds. All are compiled; the Trainer also runs uncompiled in fp32 and in bf16. Ours is compared with the
best of them.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import click

from bench.peers.turns import Contestant
from bench.time_to_bits import Arena, Settings, open_arena
from bench.trace import demo_lab
from glaswerk.lab import Lab

ROUNDS, SETTLING = 15, 3
# More seconds than the rounds take, so that no schedule ends.
_LONG = 1000.0
WIDER: Settings = {"layers": 4, "value_embeddings": False, "factor": 1.0}
CONTESTANTS: list[tuple[str, str, Settings]] = [
    ("ours", "ours", {"rate": 0.004}),
    ("trainer", "trainer", {"rate": 0.001, "bf16": False, "compile": False}),
    ("trainer bf16", "trainer", {"rate": 0.001, "bf16": True, "compile": False}),
    ("trainer bf16 compiled", "trainer", {"rate": 0.001, "bf16": True}),
    ("nanochat", "nanochat", {**WIDER, "bf16": False}),
    ("nanochat bf16", "nanochat", {**WIDER, "bf16": True}),
    ("litgpt", "lit", {"rate": 0.001, "precision": "32-true"}),
    ("litgpt bf16", "lit", {"rate": 0.001, "precision": "bf16-mixed"}),
]


def start_all(arena: Arena, *, litgpt: bool) -> list[Contestant]:
    return [
        arena.start(name, module, settings, _LONG)
        for name, module, settings in CONTESTANTS
        if module != "lit" or litgpt
    ]


def rates(contestants: list[Contestant], rounds: int) -> dict[str, float]:
    """Tokens a CPU second of each, a step in turn; the first steps settle caches and are left out."""
    for _ in range(rounds + SETTLING):
        for one in contestants:
            one.train(0.0, score=False)
    for one in contestants:
        one.stop()
    return {one.name: one.facts["tokens"] / statistics.median(one.turns[SETTLING:]) for one in contestants}


@click.command(help=__doc__)
@click.option("--lab", type=click.Path(exists=True, path_type=Path), help="With packed shards.")
@click.option("--peers", default=sys.executable, help="The interpreter that has the peers' packages.")
@click.option("--rounds", default=ROUNDS)
def main(lab: Path | None, peers: str, rounds: int) -> None:
    litgpt = peers != sys.executable or find_spec("litgpt") is not None
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "data")
        made.mkdir()
        arena = open_arena(Lab.open(lab) if lab else demo_lab(Path(folder, "lab")), made, peers)
        contestants = start_all(arena, litgpt=litgpt)
        found = rates(contestants, rounds)
    for one in contestants:
        size = one.facts["parameters"]
        click.echo(f"{one.name:24} {size:,} parameters {found[one.name]:8,.0f} tokens/CPU-s")
    best = max((rate, name) for name, rate in found.items() if name != "ours")
    click.echo(f"ours / {best[1]}: {found['ours'] / best[0]:.2f} ×")


if __name__ == "__main__":
    main()
