"""Our training loop as `glaswerk train` runs it, in turns like the others."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from transformers import PreTrainedModel

from bench.peers.held_out import HeldOut
from bench.peers.turns import Turns
from glaswerk.model import build
from glaswerk.plan import Shape
from glaswerk.plan.laws import embedding_ratio
from glaswerk.tokenizer import Shards
from glaswerk.train.batches.batches import Batch
from glaswerk.train.batches.sampler import PackedSampler
from glaswerk.train.batches.stream import Stream
from glaswerk.train.loop import LoopConfig, run

TRIES = 12


@dataclass(frozen=True)
class Settings:
    """`seconds` of training set the steps; `rate` is the peak learning rate; `tied`: see `Shape`."""

    data: str
    shards: str
    vocab_size: int
    layers: int
    width: int
    heads: int
    feed_forward: int
    context: int
    rows: int
    rate: float
    seconds: float
    tied: bool = True
    compile: bool = True
    seed: int = 0


class Clocked(PackedSampler):
    """Notes the CPU time at which each batch is asked for."""

    times: list[float]

    def batch(self, step: int) -> Batch:
        self.times.append(time.process_time())
        return super().batch(step)


class InTurns(PackedSampler):
    """Gives a batch only while it is our turn, the first of which comes after all preparation."""

    turns: Turns
    facts: dict[str, int]

    def batch(self, step: int) -> Batch:
        if step:
            self.turns.turn(step)
        else:
            self.turns.begin(**self.facts)
        return super().batch(step)


def model_of(settings: Settings, end_id: int) -> PreTrainedModel:
    shape = Shape(
        settings.vocab_size,
        settings.layers,
        settings.width,
        settings.heads,
        settings.feed_forward,
        settings.context,
        settings.tied,
    )
    return build(shape, seed=settings.seed, end_id=end_id, turn_end_id=end_id)


def train(model: PreTrainedModel, sampler: PackedSampler, settings: Settings, steps: int) -> None:
    config = LoopConfig(
        steps=steps,
        learning_rate=settings.rate,
        embedding_ratio=embedding_ratio(settings.width),
        weight_decay=0.01,
        compile=settings.compile,
    )
    with tempfile.TemporaryDirectory() as folder:
        run(model, sampler, config, Path(folder), label="ours")


def main() -> None:
    settings = Settings(**json.loads(sys.argv[1]))
    shards, held = Shards.open(Path(settings.shards)), HeldOut(Path(settings.data))
    stream = Stream.of(shards, "train")
    clocked = Clocked(stream, length=settings.context, rows=settings.rows, seed=settings.seed)
    clocked.times = []
    model = model_of(settings, shards.end_id)
    train(model, clocked, settings, TRIES)
    steps = max(1, round(settings.seconds / float(np.median(np.diff(clocked.times)[TRIES // 3 :]))))
    # The same modules anew: what was compiled for them serves again.
    model.load_state_dict(model_of(settings, shards.end_id).state_dict())

    def score() -> float:
        model.eval()
        bits = held.bits_per_byte(lambda ids: model(input_ids=ids, use_cache=False).logits)
        model.train()
        return bits

    sampler = InTurns(stream, length=settings.context, rows=settings.rows, seed=settings.seed)
    sampler.turns = Turns(score)
    tokens = settings.rows * settings.context
    sampler.facts = {"steps": steps, "parameters": model.num_parameters(), "tokens": tokens}
    train(model, sampler, settings, steps)
    sampler.turns.finish(steps)


if __name__ == "__main__":
    main()
