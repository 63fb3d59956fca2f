"""The ladder: small networks of increasing size on real text, to fit the scaling laws in
`glaswerk.plan.laws`.

    python -m bench.ladder                  # the laws and plots from the stored points
    python -m bench.ladder --lab LAB        # first measure missing points; can be stopped and resumed

Every run is a trunk at a constant learning rate. At chosen numbers of tokens a decay branches off and gives
one point: the held-out bits per byte of a finished model. So one run gives points for several lengths. The
lab of the stored points has 28 MB of English text (docs/scaling.md); write points of another text to another
--out.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
import torch.nn.functional as F

from bench.ladder_laws import report
from bench.ladder_plots import plots
from glaswerk.lab import Lab
from glaswerk.model import build
from glaswerk.plan.shape import Shape, at_depth
from glaswerk.tokenizer import Shards, Tokenizer
from glaswerk.train.batches.batches import Batch
from glaswerk.train.export import tokenizer_of
from glaswerk.train.machine.memory import keep_freed_memory
from glaswerk.train.machine.precision import autocast, resolve
from glaswerk.train.objective.next_token import next_token
from glaswerk.train.optim.optimizer import optimizers, set_precision, set_rate
from glaswerk.train.optim.schedule import Schedule

LENGTH = 256
WARMUP = 10
WINDOWS = 96


@dataclass(frozen=True)
class Run:
    """A trunk and its branches: `tokens` are the lengths at which finished models are wanted."""

    layers: int
    rate: float
    tokens: tuple[int, ...]
    batch: int = 2048
    decay: float = 0.3
    embedding: float = 1.0
    weight_decay: float = 0.01
    seed: int = 0

    def points(self) -> Iterator[tuple[int, Schedule]]:
        """(tokens, schedule) of every finished model wanted."""
        for tokens in self.tokens:
            steps = round(tokens / self.batch)
            yield tokens, Schedule(steps, WARMUP, steps - round(self.decay * steps))


class Text:
    """Training stream and held-out windows, evenly over the whole validation split."""

    def __init__(self, lab: Lab) -> None:
        packed = lab.need("shards", "main.main", hint="glaswerk pack")
        self.shards = Shards.open(packed.path)
        tokenizer = Tokenizer.load(tokenizer_of(lab, packed))
        self.end_id, self.turn_end_id = tokenizer.end_id, tokenizer.turn_end_id
        tokens = np.asarray(self.shards.tokens("validation"), dtype=np.int64)
        starts = np.linspace(0, len(tokens) - LENGTH - 1, WINDOWS).astype(int)
        rows = np.stack([tokens[start : start + LENGTH + 1] for start in starts])
        self.held_out = torch.from_numpy(rows)
        seen = rows[:, 1:]
        self.bytes = len(tokenizer.decode_bytes(seen[seen != self.end_id].tolist()))

    @torch.inference_mode()
    def bits(self, model: Any, precision: str) -> float:
        """Held-out bits per byte."""
        nats = 0.0
        for rows in self.held_out.split(16):
            with autocast(precision):
                logits = model(input_ids=rows[:, :-1], use_cache=False).logits
            nats += float(
                F.cross_entropy(logits.float().flatten(0, 1), rows[:, 1:].flatten(), reduction="sum")
            )
        return nats / math.log(2) / self.bytes


class Windows:
    """One epoch of windows over the stream of documents, in random order: no run sees a token twice."""

    def __init__(self, tokens: Any, run: Run) -> None:
        self.tokens, self.rows = tokens, run.batch // LENGTH
        number = (len(tokens) - 1) // LENGTH - 1
        chance = np.random.default_rng([run.seed, 0])
        self.offset = int(chance.integers(0, len(tokens) - number * LENGTH))
        self.order = chance.permutation(number)

    def batch(self, step: int) -> Batch:
        starts = self.offset + LENGTH * self.order[step * self.rows : (step + 1) * self.rows]
        rows = [np.asarray(self.tokens[s : s + LENGTH + 1], dtype=np.int64) for s in starts]
        return Batch.of(torch.from_numpy(np.stack(rows)))


class Trainer:
    """A network with its optimizers, which steps forward and can be set back to where a branch left."""

    def __init__(self, run: Run, shape: Shape, text: Text, precision: str) -> None:
        self.run, self.precision = run, precision
        self.model = build(shape, seed=run.seed, end_id=text.end_id, turn_end_id=text.turn_end_id)
        self.parts = optimizers(
            self.model,
            learning_rate=run.rate,
            weight_decay=run.weight_decay,
            embedding_ratio=run.embedding,
        )
        set_precision(self.parts, precision)
        self.windows = Windows(text.shards.tokens("train"), run)
        self.loss = math.nan

    def forward_to(self, start: int, end: int, schedule: Schedule) -> None:
        """The steps from `start` to `end`."""
        self.model.train()
        for step in range(start, end):
            for part in self.parts:
                set_rate(part, self.run.rate * schedule.factor(step))
            with autocast(self.precision):
                batch = self.windows.batch(step)
                report, loss = next_token(self.model, batch, batch.counted())
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            for part in self.parts:
                part.step()
                part.zero_grad(set_to_none=True)
            self.loss = float(report["loss"])
            if not math.isfinite(self.loss):
                return

    def state(self) -> Any:
        return copy.deepcopy((self.model.state_dict(), [part.state_dict() for part in self.parts]))

    def restore(self, state: Any) -> None:
        weights, parts = copy.deepcopy(state)
        self.model.load_state_dict(weights)
        for part, saved in zip(self.parts, parts, strict=True):
            part.load_state_dict(saved)


def measure(run: Run, text: Text, precision: str) -> Iterator[dict[str, Any]]:
    """One row for every length of the run."""
    shape = at_depth(run.layers, 4096, LENGTH)
    trainer, at, trunk = Trainer(run, shape, text, precision), 0, 0.0
    for tokens, schedule in run.points():
        clock = time.process_time()
        trainer.forward_to(at, schedule.decay_from, schedule)
        at = schedule.decay_from
        trunk += time.process_time() - clock
        saved = trainer.state()
        clock = time.process_time()
        trainer.forward_to(at, schedule.steps, schedule)
        seconds = trunk + time.process_time() - clock
        yield {
            **asdict(run),
            "tokens": schedule.steps * run.batch,
            "wanted": tokens,
            "parameters": shape.parameters,
            "steps": schedule.steps,
            "train_loss": trainer.loss,
            "bits": text.bits(trainer.model, precision),
            "seconds": round(seconds, 1),
            "precision": precision,
        }
        trainer.restore(saved)


def plan() -> list[Run]:
    """What is measured, the most telling first: whoever stops early still has a ladder."""
    short, long, longer = (131072, 262144), (131072, 262144, 524288), (524288, 1048576, 2097152)
    return [
        # The embedding at the matrices' rate, as before the ladder.
        *(Run(1, rate, long) for rate in (0.016, 0.008, 0.032, 0.004)),
        *(Run(2, rate, long) for rate in (0.016, 0.008, 0.032)),
        *(Run(3, rate, short) for rate in (0.016, 0.008)),
        # One setting changed.
        Run(1, 0.016, short, seed=1),
        *(Run(1, 0.016, short, embedding=ratio) for ratio in (0.3, 3.0)),
        Run(1, 0.016, short, batch=1024),
        # The embedding at a rate of its own: 0.048, or 0.096.
        Run(1, 0.008, short, embedding=6.0),
        Run(2, 0.008, short, embedding=6.0),
        Run(4, 0.008, short[:1], embedding=6.0),
        Run(3, 0.008, short, embedding=6.0),
        Run(4, 0.004, short[:1], embedding=12.0),
        Run(3, 0.004, short[:1], embedding=12.0),
        Run(1, 0.016, longer[:2], embedding=3.0),
        Run(2, 0.008, longer[:2], embedding=6.0),
        Run(6, 0.004, short[:1], embedding=12.0),
        Run(2, 0.004, short, embedding=12.0),
        Run(6, 0.002, short[:1], embedding=24.0),
        Run(1, 0.004, short, embedding=12.0),
        Run(2, 0.016, short, embedding=3.0),
        Run(1, 0.032, short, embedding=1.5),
        Run(3, 0.008, longer[:2], embedding=6.0),
        Run(1, 0.016, short, embedding=6.0),
        Run(4, 0.004, (524288,), embedding=12.0),
        Run(8, 0.004, short[:1], embedding=12.0),
        Run(8, 0.002, short[:1], embedding=24.0),
        Run(6, 0.001, short[:1], embedding=48.0),
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lab", type=Path, help="measure here what --out does not hold")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("ladder.jsonl"))
    parser.add_argument("--plots", type=Path, default=Path(__file__).parent.parent / "docs")
    chosen = parser.parse_args()
    if chosen.lab:
        climb(chosen.lab, chosen.out)
    rows = [json.loads(line) for line in chosen.out.read_text().splitlines()]
    click.echo(report(rows))
    for name, plot in plots(rows).items():
        (chosen.plots / name).write_text(plot)


def climb(lab: Path, out: Path) -> None:
    """Measure the points of the plan that `out` does not hold, each appended to it at once."""
    torch.set_num_threads(1)
    keep_freed_memory()
    text, precision = Text(Lab.open(lab)), resolve("auto")
    done = {_key(json.loads(line)) for line in out.read_text().splitlines()} if out.exists() else set()
    for run in plan():
        if all(_key(asdict(run) | {"wanted": tokens}) in done for tokens in run.tokens):
            continue
        for row in measure(run, text, precision):
            if _key(row) not in done:
                with out.open("a") as file:
                    file.write(json.dumps(row) + "\n")
            click.echo(
                f"{row['parameters']:11,} rate {run.rate:g} batch {run.batch} {row['tokens']:10,} tokens "
                f"{row['bits']:.4f} bits {row['seconds']} CPU-s"
            )


def _key(row: dict[str, Any]) -> str:
    names = ("layers", "rate", "wanted", "batch", "decay", "embedding", "weight_decay", "seed")
    return json.dumps([row[name] for name in names])


if __name__ == "__main__":
    main()
