"""The usual Hugging Face pretraining: `Trainer`, AdamW, cosine, documents concatenated and cut into chunks.

The network is the Qwen3 that ours trains, with the library's own initialisation and loss. Chunks are cut as
in its `run_clm.py` (`group_texts`) and drawn at random by `Trainer`. Settings beside the rate as most
recipes have them: 5 % warm-up, weight decay 0.1, clipping at 1; the number format is a setting (`bf16=True`
is autocast).
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset
from transformers import (
    PrinterCallback,
    Qwen3Config,
    Qwen3ForCausalLM,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from bench.peers.held_out import Documents, HeldOut
from bench.peers.turns import Turns

TRIES = 12


@dataclass(frozen=True)
class Settings:
    """`seconds` of training set the steps; `rate` is the peak learning rate; `tied`: one table."""

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
    bf16: bool = True
    tied: bool = True
    compile: bool = True
    beta2: float = 0.95
    seed: int = 0


class Chunks(Dataset[dict[str, Tensor]]):
    """All documents in one line, the end token after each, in chunks of the context."""

    def __init__(self, documents: Documents, context: int) -> None:
        count = len(documents.tokens) // context
        self._chunks = documents.tokens[: count * context].reshape(count, context)

    def __len__(self) -> int:
        return len(self._chunks)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        ids = torch.from_numpy(self._chunks[index].astype(np.int64))
        return {"input_ids": ids, "labels": ids}


@dataclass
class InTurns(TrainerCallback):
    """Trains only while it is our turn, the first of which comes after the step that compiles."""

    turns: Turns
    facts: dict[str, int]

    def on_step_begin(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        if state.global_step > 1:
            self.turns.turn(state.global_step)
        elif state.global_step:
            self.turns.begin(**self.facts)


@dataclass
class Clock(TrainerCallback):
    """CPU seconds of each step."""

    seconds: list[float] = field(default_factory=list)
    _since: float = 0.0

    def on_step_begin(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        self._since = time.process_time()

    def on_step_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        self.seconds.append(time.process_time() - self._since)


def network(settings: Settings) -> Qwen3ForCausalLM:
    torch.manual_seed(settings.seed)
    return Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=settings.vocab_size,
            hidden_size=settings.width,
            intermediate_size=settings.feed_forward,
            num_hidden_layers=settings.layers,
            num_attention_heads=settings.heads,
            num_key_value_heads=settings.heads,
            head_dim=64,
            max_position_embeddings=settings.context,
            tie_word_embeddings=settings.tied,
            attention_bias=False,
            use_cache=False,
            dtype="float32",
        )
    )


def train(model: Qwen3ForCausalLM, settings: Settings, steps: int, watcher: TrainerCallback) -> None:
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder,
            max_steps=steps,
            per_device_train_batch_size=settings.rows,
            learning_rate=settings.rate,
            lr_scheduler_type="cosine",
            warmup_steps=max(1, round(0.05 * steps)),
            weight_decay=0.1,
            adam_beta2=settings.beta2,
            max_grad_norm=1.0,
            bf16=settings.bf16,
            use_cpu=True,
            torch_compile=settings.compile,
            save_strategy="no",
            report_to="none",
            logging_steps=50,
            disable_tqdm=True,
            seed=settings.seed,
            dataloader_pin_memory=False,
        )
        chunks = Chunks(Documents.open(Path(settings.data)), settings.context)
        trainer = Trainer(model, arguments, train_dataset=chunks, callbacks=[watcher])
        trainer.remove_callback(PrinterCallback)
        trainer.train()


def main() -> None:
    os.environ["HF_HUB_OFFLINE"] = "1"
    settings, clock = Settings(**json.loads(sys.argv[1])), Clock()
    train(network(settings), settings, TRIES, clock)
    steps = max(1, round(settings.seconds / float(np.median(clock.seconds[TRIES // 3 :]))))
    model, held = network(settings), HeldOut(Path(settings.data))

    def score() -> float:
        model.eval()
        bits = held.bits_per_byte(lambda ids: model(input_ids=ids).logits)
        model.train()
        return bits

    turns = Turns(score)
    facts = {"steps": steps, "parameters": model.num_parameters(), "tokens": settings.rows * settings.context}
    train(model, settings, steps, InTurns(turns, facts))
    turns.finish(steps)


if __name__ == "__main__":
    main()
