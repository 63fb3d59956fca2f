"""Continued pretraining as `glaswerk train --base` runs it, in turns with others."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.peers.turns import Turns
from glaswerk.model import load
from glaswerk.tokenizer import Shards
from glaswerk.train.batches.batches import Batch
from glaswerk.train.batches.sampler import PackedSampler
from glaswerk.train.batches.stream import Stream
from glaswerk.train.loop import LoopConfig, run
from glaswerk.train.tune import with_adapters

# More than the rounds that anybody waits for.
STEPS = 10_000


@dataclass(frozen=True)
class Settings:
    """`model` and `shards`: folders; `lora`: rank of adapters, 0 for all weights."""

    model: str
    shards: str
    context: int
    rows: int
    lora: int
    rate: float
    precision: str
    compile: bool = True


class InTurns(PackedSampler):
    """Gives a batch only while it is our turn; the first comes after all preparation."""

    turns: Turns
    facts: dict[str, int]

    def batch(self, step: int) -> Batch:
        if step:
            self.turns.turn(step)
        else:
            self.turns.begin(**self.facts)
        return super().batch(step)


def main() -> None:
    settings = Settings(**json.loads(sys.argv[1]))
    model = load(Path(settings.model))
    adapters = with_adapters(model, {"lora": settings.lora, "seed": 0})
    stream = Stream.of(Shards.open(Path(settings.shards)), "train")
    sampler = InTurns(stream, length=settings.context, rows=settings.rows, seed=0)
    sampler.turns = Turns(lambda: 0.0)
    trained = adapters.trained() if adapters else model.num_parameters()
    sampler.facts = {"parameters": trained, "tokens": settings.rows * settings.context}
    config = LoopConfig(
        steps=STEPS, learning_rate=settings.rate, precision=settings.precision, compile=settings.compile
    )
    with tempfile.TemporaryDirectory() as folder:
        run(model, sampler, config, Path(folder), label="ours")


if __name__ == "__main__":
    main()
