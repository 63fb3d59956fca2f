"""Time to a given validation bits per byte: our loop, nanochat's and the Hugging Face Trainer's.

    python -m bench.time_to_bits --lab LAB --peers PEERS/bin/python --seconds 300 --tune 40
    python -m bench.time_to_bits        # a made-up town, short; peers from this environment

Same data, tokenizer, number of parameters (within 3 %), context and scorer; one thread each. The contestants
train in turn for some seconds each, so that noise affects all of them. Their time is the CPU time of their
own process without setup, compilation and scoring. First each tries its settings over `--tune` seconds
(learning rates, the network's shape, nanochat's own options, see `CANDIDATES`) and continues with the best;
schedules end with the given seconds. As the last part of a schedule gains most, ours runs twice: over the
peers' seconds, and over half of them. The row for bench/README.md compares at the bits per byte of each
peer's end, its best moment. `--chosen FILE` keeps the settings found for the next run. The curves go to
docs/time-to-bits.svg.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

from bench.peers.chart import Curve, chart
from bench.peers.data import write_data
from bench.peers.turns import Contestant
from bench.trace import demo_lab
from glaswerk.lab import Lab
from glaswerk.plan.shape import HEAD, Shape
from glaswerk.tokenizer import Shards, Tokenizer

CONTEXT, SCORED, LOOKS, TURNS_A_LOOK = 256, 49_152, 8, 5
PLOT = Path(__file__).parent.parent / "docs" / "time-to-bits.svg"
LAYERS, WIDTH, FEED_FORWARD = 4, 192, 512
TOLERANCE = 0.03

Settings = dict[str, Any]
# As many parameters in fewer layers, more of them in tables that are only looked up.
SHALLOWER: list[Settings] = [
    {"layers": 2, "feed_forward": 576, "tied": False},
    {"layers": 1, "width": 256, "heads": 4, "feed_forward": 256, "tied": False},
]
# Of each contestant, in rounds: every candidate changes what the best of the rounds before had.
CANDIDATES: dict[str, list[list[Settings]]] = {
    "ours": [[{"rate": rate} for rate in (0.004, 0.008, 0.016)], SHALLOWER],
    "trainer": [[{"rate": rate} for rate in (0.001, 0.002, 0.004)], SHALLOWER],
    "nanochat": [
        [{"factor": factor} for factor in (3, 9, 27)],
        [{"loader": "stream"}, {"layers": 4, "value_embeddings": False}, {"decay": True}],
    ],
}
# Compiling takes longer than a candidate's few steps.
TRIED: Settings = {"compile": False}


@dataclass(frozen=True)
class Arena:
    """Where all contestants train: data, vocabulary and interpreters."""

    folder: Path
    shards: Path
    vocab_size: int
    peers: str

    def start(self, name: str, module: str, chosen: Settings, seconds: float) -> Contestant:
        same = {"data": str(self.folder), "vocab_size": self.vocab_size, "context": CONTEXT, "rows": 8}
        network = self._nanochat(chosen) if module == "nanochat" else asdict(self.shape)
        if module == "lit":
            del network["tied"]  # as it always is there
        own = {"shards": str(self.shards)} if module == "ours" else {}
        python = sys.executable if module == "ours" else self.peers
        settings = {**same, **network, **own, **chosen, "seconds": seconds}
        return Contestant(name, module, settings, python=python, log=self.folder / f"{name}.log")

    @property
    def shape(self) -> Shape:
        return Shape(self.vocab_size, LAYERS, WIDTH, WIDTH // HEAD, FEED_FORWARD, CONTEXT)

    def _nanochat(self, chosen: Settings) -> Settings:
        """Two layers with a table of value embeddings, or as `chosen`, as wide as our parameters allow."""
        network = {"layers": 2, "value_embeddings": True, "bf16": True} | chosen
        tables = 2 + (-(-network["layers"] // 2) if network["value_embeddings"] else 0)

        def away(width: int) -> float:
            count = tables * self.vocab_size * width + 12 * network["layers"] * width**2
            return abs(count - self.shape.parameters)

        return {**network, "width": min(range(32, 1024, 4), key=away), "heads": 2}


def open_arena(lab: Lab, folder: Path, peers: str) -> Arena:
    shards = Shards.open(lab.path("shards", "main.main"))
    tokenizer = Tokenizer.load(lab.path("tokenizer", "main"))
    write_data(shards, tokenizer, folder, context=CONTEXT, scored=SCORED)
    return Arena(folder, shards.folder, -(-shards.vocab_size // 64) * 64, peers)


def race(contestants: Sequence[Contestant], seconds: float, looks: int) -> None:
    """All train in turn to their ends, with `looks` looks at bits per byte in `seconds`."""
    turn, number = seconds / looks / TURNS_A_LOOK, 0
    while running := [one for one in contestants if not one.done]:
        number += 1
        for one in running:  # the end is looked at anyhow
            one.train(turn, score=looks > 1 and number % TURNS_A_LOOK == 0)
    for one in contestants:
        one.stop()


def tune(arena: Arena, module: str, seconds: float) -> Settings:
    """The candidate with the fewest bits per byte after `seconds`."""
    best, least = Settings(), float("inf")
    for round_ in CANDIDATES[module]:
        tried = [best | change for change in round_]
        started = [arena.start(f"{module}-{i}", module, one | TRIED, seconds) for i, one in enumerate(tried)]
        race(started, seconds, looks=1)
        for one, settings in zip(started, tried, strict=True):
            bits = one.points[-1][1]
            click.echo(f"{module:10} {json.dumps(settings)}: {bits:.4f} after {one.points[-1][0]:.0f} s")
            if bits < least:
                best, least = settings, bits
    return best


def reached(points: Sequence[tuple[float, float]], bits: float) -> float | None:
    """Seconds at which a curve first is at `bits` or below, between two looks by a straight line."""
    for (before, high), (after, low) in pairwise(points):
        if low <= bits:
            return after if high <= bits else before + (after - before) * (high - bits) / (high - low)
    return None


def report(ours: Sequence[Contestant], peers: Sequence[Contestant]) -> None:
    for one in (*ours, *peers):
        seconds, bits = one.points[-1]
        click.echo(
            f"{one.name:24} {one.facts['parameters']:,} parameters, {one.step:,} steps of "
            f"{one.facts['tokens']:,} tokens, {seconds:.0f} s: {bits:.4f} bits per byte"
        )
    for peer in peers:
        seconds, bits = peer.points[-1]
        times = [found for one in ours if (found := reached(one.points, bits)) is not None]
        if times:
            click.echo(
                f"{bits:.4f} bits per byte: {peer.name} {seconds:.0f} s, ours {min(times):.0f} s, "
                f"{seconds / min(times):.2f} ×"
            )
        else:
            click.echo(f"{bits:.4f} bits per byte: {peer.name} {seconds:.0f} s, ours never")


def check_sizes(contestants: Sequence[Contestant]) -> None:
    """Raises click.ClickException where a network has more or fewer parameters than ours."""
    wanted = contestants[0].facts["parameters"]
    for one in contestants:
        if abs(one.facts["parameters"] / wanted - 1) > TOLERANCE:
            raise click.ClickException(
                f"{one.name} has {one.facts['parameters']:,} parameters, ours {wanted:,}"
            )


def settings_of(arena: Arena, seconds: float, chosen: Path | None) -> dict[str, Settings]:
    """The best settings of each, those in `chosen` untried; the others are added to it."""
    found: dict[str, Settings] = json.loads(chosen.read_text()) if chosen and chosen.exists() else {}
    for module in CANDIDATES:
        if module not in found:
            found[module] = tune(arena, module, seconds)
            if chosen:
                chosen.write_text(json.dumps(found, indent=1) + "\n")
    return found


@click.command(help=__doc__)
@click.option("--lab", type=click.Path(exists=True, path_type=Path), help="With packed shards.")
@click.option("--peers", default=sys.executable, help="The interpreter that has the peers' packages.")
@click.option("--seconds", default=30.0, help="CPU seconds of a contestant.")
@click.option("--tune", "tuning", default=6.0, help="CPU seconds of a candidate.")
@click.option("--chosen", type=click.Path(path_type=Path), help="Settings found, kept from run to run.")
@click.option("--plot", default=PLOT, type=click.Path(path_type=Path))
def main(
    lab: Path | None, peers: str, seconds: float, tuning: float, chosen: Path | None, plot: Path
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "data")
        made.mkdir()
        arena = open_arena(Lab.open(lab) if lab else demo_lab(Path(folder, "lab")), made, peers)
        best = settings_of(arena, tuning, chosen)
        ours = [
            arena.start("ours", "ours", best["ours"], seconds),
            arena.start("ours-half", "ours", best["ours"], seconds / 2),
        ]
        others = [arena.start(name, name, best[name], seconds) for name in ("nanochat", "trainer")]
        check_sizes([*ours, *others])
        race([*ours, *others], seconds, LOOKS)
    report(ours, others)
    curves = [Curve(one.name, one.points) for one in (*ours, *others)]
    plot.write_text(chart(curves, x="CPU seconds of training, one thread", y="bits per byte, held out"))


if __name__ == "__main__":
    main()
