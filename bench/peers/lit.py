"""litgpt's pretraining, on the Qwen3 that ours trains (`litgpt.GPT` with `norm_qk`, tied tables).

As `litgpt/pretrain.py` has it: Fabric, the compiled network, chunked cross-entropy, clipping at 1, AdamW
with its warm-up and cosine; chunks of all documents in one line.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import lightning
import numpy as np
import torch
from litgpt.config import Config
from litgpt.model import GPT
from litgpt.pretrain import get_lr
from litgpt.utils import chunked_cross_entropy
from torch import Tensor

from bench.peers.held_out import Documents, HeldOut
from bench.peers.turns import Turns

TRIES = 12


@dataclass(frozen=True)
class Settings:
    """`seconds` of training set the steps; `precision` is Fabric's: "32-true" or "bf16-mixed"."""

    data: str
    vocab_size: int
    layers: int
    width: int
    heads: int
    feed_forward: int
    context: int
    rows: int
    rate: float
    seconds: float
    precision: str
    seed: int = 0


def network(settings: Settings) -> GPT:
    config = Config(
        block_size=settings.context,
        vocab_size=settings.vocab_size,
        padded_vocab_size=settings.vocab_size,
        n_layer=settings.layers,
        n_head=settings.heads,
        n_embd=settings.width,
        head_size=64,
        n_query_groups=settings.heads,
        rotary_percentage=1.0,
        parallel_residual=False,
        bias=False,
        norm_class_name="RMSNorm",
        mlp_class_name="LLaMAMLP",
        intermediate_size=settings.feed_forward,
        norm_eps=1e-6,
        rope_base=10_000,
        norm_qk=True,
    )
    model = GPT(config)
    model.apply(model._init_weights)
    model.transformer.wte.weight = model.lm_head.weight
    return model


def trainer(settings: Settings, model: GPT, steps: int) -> Callable[[int], None]:
    """The step of a number, as `fit` has it."""
    fabric = lightning.Fabric(accelerator="cpu", devices=1, precision=settings.precision)
    compiled = fabric.setup(torch.compile(model))
    optimizer = fabric.setup_optimizers(torch.optim.AdamW(compiled.parameters(), lr=settings.rate))
    tokens = Documents.open(Path(settings.data)).tokens
    size, warm = settings.rows * settings.context, max(1, round(0.05 * steps))

    def rows(number: int) -> Tensor:
        line = np.asarray(tokens[number * size : (number + 1) * size + 1], dtype=np.int64)
        return torch.from_numpy(line).unfold(0, settings.context + 1, settings.context)

    def step(number: int) -> None:
        rate = get_lr(settings.rate, number, warm, steps, settings.rate / 10)
        for group in optimizer.param_groups:
            group["lr"] = rate
        ids = rows(number)
        logits = compiled(ids[:, :-1].contiguous())
        fabric.backward(chunked_cross_entropy(logits, ids[:, 1:].contiguous()))
        fabric.clip_gradients(compiled, optimizer, max_norm=1.0)
        optimizer.step()
        optimizer.zero_grad()

    return step


def rehearse(settings: Settings) -> float:
    """CPU seconds of a step, the median, after compilation."""
    step, seconds = trainer(settings, network(settings), 1000), []
    for number in range(TRIES):
        clock = time.process_time()
        step(number)
        seconds.append(time.process_time() - clock)
    return float(np.median(seconds[TRIES // 3 :]))


def main() -> None:
    settings = Settings(**json.loads(sys.argv[1]))
    steps = max(1, round(settings.seconds / rehearse(settings)))
    torch.manual_seed(settings.seed)
    model, held = network(settings), HeldOut(Path(settings.data))
    step, turns = trainer(settings, model, steps), Turns(lambda: held.bits_per_byte(model))
    parameters = sum(p.numel() for p in model.parameters())
    turns.begin(steps=steps, parameters=parameters, tokens=settings.rows * settings.context)
    for number in range(steps):
        turns.turn(number)
        step(number)
    turns.finish(steps)


if __name__ == "__main__":
    main()
