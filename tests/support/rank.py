"""One rank of a small training run: started by the tests, by torchrun or alone.

python tests/support/rank.py FOLDER '{"parallel": "shard=2", …}' writes FOLDER/metrics.jsonl and, at the end,
the gathered model to FOLDER/model.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from transformers import PreTrainedModel

from glaswerk.model import build, save
from glaswerk.plan import Shape
from glaswerk.train.batches.batches import Batch
from glaswerk.train.batches.sampler import PackedSampler
from glaswerk.train.batches.stream import Stream
from glaswerk.train.checkpoint.policy import Keep
from glaswerk.train.loop import LoopConfig, run
from glaswerk.train.parallel.degrees import Parallel
from glaswerk.train.parallel.world import open_world

SHAPE = Shape(vocab_size=320, width=64, layers=2, heads=2, feed_forward=160, context=64)


@dataclass(frozen=True, slots=True)
class Job:
    """What a test asks of a run. `die_at`: the host of rank 1 is lost at that step, but only once."""

    parallel: str = ""
    steps: int = 6
    precision: str = "fp32"
    every: int = 0
    micro_rows: int = 0
    rows: int = 4
    compile: bool = False
    die_at: int = -1


def model() -> PreTrainedModel:
    """As built, but for the output projections, which begin at 0: then attention would hardly matter here."""
    network = build(SHAPE, seed=3, end_id=0, turn_end_id=1)
    chance = torch.Generator().manual_seed(4)
    for name, parameter in network.named_parameters():
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            torch.nn.init.normal_(parameter, std=parameter.shape[1] ** -0.5, generator=chance)
    return network


def sampler(rows: int) -> PackedSampler:
    """A hundred documents of 1 to 79 tokens, `rows` rows of 33 a step: divided with a rest."""
    chance = np.random.default_rng(0)
    ends = np.cumsum(chance.integers(1, 80, 100) + 1) - 1
    starts = np.r_[0, ends[:-1] + 1]
    tokens = chance.integers(2, 300, int(ends[-1]) + 1).astype(np.uint16)
    tokens[ends] = 0
    stream = Stream("train", [f"d{i}" for i in range(100)], tokens, starts, ends, end_id=0)
    return PackedSampler(stream, length=33, rows=rows, seed=5)


class _Mortal(PackedSampler):
    """Notes in FOLDER/seen how many ranks saw which step; rank 1 and its agent die at step `at`, once."""

    at, folder = -1, Path()

    def batch(self, step: int) -> Batch:
        if os.environ["RANK"] == "0":
            with (self.folder / "seen").open("a") as file:
                file.write(f"{os.environ['WORLD_SIZE']} {step}\n")
        elif step == self.at and not (self.folder / "died").exists():
            (self.folder / "died").touch()
            os.kill(os.getppid(), signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)
        return super().batch(step)


def train(folder: Path, job: Job) -> None:
    config = LoopConfig(
        steps=job.steps,
        learning_rate=3e-3,
        weight_decay=0.01,
        precision=job.precision,
        micro_rows=job.micro_rows,
        compile=job.compile,
    )
    batches = sampler(job.rows)
    if job.die_at >= 0:
        batches.__class__ = _Mortal
        batches.at, batches.folder = job.die_at, folder  # type: ignore[attr-defined]
    with open_world(Parallel.parse(job.parallel)) as world:
        network = model()
        run(network, batches, config, folder, label="rank", world=world, keep=Keep(every=job.every))
        whole = world.gathered(network)
        if whole is not None:
            save(whole, folder / "model")


if __name__ == "__main__":
    train(Path(sys.argv[1]), Job(**json.loads(sys.argv[2])))
