"""litgpt's pretraining step, on the Qwen3 that ours trains (`litgpt.GPT` with `norm_qk`, tied tables).

As `litgpt/pretrain.py` has it: Fabric, the compiled network, chunked cross-entropy, clipping at 1, AdamW
with a cosine; random tokens, as only its speed is measured.
"""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass

import lightning
import torch
from litgpt.config import Config
from litgpt.model import GPT
from litgpt.pretrain import get_lr
from litgpt.utils import chunked_cross_entropy

from bench.peers.turns import Turns

TRIES, STEPS = 4, 10_000


@dataclass(frozen=True)
class Settings:
    """`precision` is Fabric's: "32-true" or "bf16-mixed"."""

    vocab_size: int
    layers: int
    width: int
    heads: int
    feed_forward: int
    context: int
    rows: int
    precision: str


def network(settings: Settings) -> GPT:
    config = Config(
        block_size=settings.context, vocab_size=settings.vocab_size, padded_vocab_size=settings.vocab_size,
        n_layer=settings.layers, n_head=settings.heads, n_embd=settings.width, head_size=64,
        n_query_groups=settings.heads, rotary_percentage=1.0, parallel_residual=False, bias=False,
        norm_class_name="RMSNorm", mlp_class_name="LLaMAMLP", intermediate_size=settings.feed_forward,
        norm_eps=1e-6, rope_base=10_000, norm_qk=True,
    )  # fmt: skip
    model = GPT(config)
    model.apply(model._init_weights)
    model.transformer.wte.weight = model.lm_head.weight
    return model


def main() -> None:
    settings = Settings(**json.loads(sys.argv[1]))
    fabric = lightning.Fabric(accelerator="cpu", devices=1, precision=settings.precision)
    fabric.seed_everything(0)
    model = network(settings)
    parameters = sum(p.numel() for p in model.parameters())
    model = fabric.setup(torch.compile(model))
    optimizer = fabric.setup_optimizers(torch.optim.AdamW(model.parameters(), lr=1e-3))
    rows = torch.randint(settings.vocab_size, (settings.rows, settings.context + 1))

    def step(number: int) -> None:
        for group in optimizer.param_groups:
            group["lr"] = get_lr(1e-3, number, 100, STEPS, 1e-4)
        loss = chunked_cross_entropy(model(rows[:, :-1].contiguous()), rows[:, 1:].contiguous())
        fabric.backward(loss)
        fabric.clip_gradients(model, optimizer, max_norm=1.0)
        optimizer.step()
        optimizer.zero_grad()

    for number in range(TRIES):
        step(number)
    turns = Turns(lambda: math.nan)
    turns.begin(parameters=parameters, tokens=settings.rows * settings.context)
    for number in range(STEPS):
        turns.turn(number)
        step(number)
    turns.finish(STEPS)


if __name__ == "__main__":
    main()
