"""The same run by TRL's SFTTrainer, with peft's adapters: documents in one line, cut into full rows."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback, TrainerCallback

from bench.peers.continued import STEPS, Settings
from bench.peers.turns import Turns
from glaswerk.tokenizer import Shards

ROWS = 512


@dataclass
class InTurns(TrainerCallback):
    """Trains only while it is our turn."""

    turns: Turns
    facts: dict[str, int]

    def on_step_begin(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        if state.global_step:
            self.turns.turn(state.global_step)
        else:
            self.turns.begin(**self.facts)


def rows_of(settings: Settings) -> list[dict[str, list[int]]]:
    tokens = np.asarray(Shards.open(Path(settings.shards)).tokens("train"), np.int64)
    count = min(ROWS, len(tokens) // settings.context)
    chunks = tokens[: count * settings.context].reshape(count, settings.context)
    return [{"input_ids": row} for row in chunks.tolist()]


def main() -> None:
    os.environ["HF_HUB_OFFLINE"] = "1"
    from datasets import Dataset
    from peft import LoraConfig
    from trl import SFTConfig, SFTTrainer

    settings = Settings(**json.loads(sys.argv[1]))
    model = AutoModelForCausalLM.from_pretrained(settings.model, dtype=torch.float32)
    adapters = (
        LoraConfig(
            r=settings.lora, lora_alpha=2 * settings.lora, target_modules="all-linear", task_type="CAUSAL_LM"
        )
        if settings.lora
        else None
    )
    with tempfile.TemporaryDirectory() as folder:
        arguments = SFTConfig(
            folder,
            max_steps=STEPS,
            per_device_train_batch_size=settings.rows,
            learning_rate=settings.rate,
            max_length=settings.context,
            packing=False,
            gradient_checkpointing=False,
            dataset_kwargs={"skip_prepare_dataset": True},
            bf16=settings.precision == "bf16",
            use_cpu=True,
            save_strategy="no",
            report_to="none",
            logging_steps=1000,
            disable_tqdm=True,
            dataloader_pin_memory=False,
        )
        trainer = SFTTrainer(
            model,
            args=arguments,
            train_dataset=Dataset.from_list(rows_of(settings)),
            processing_class=AutoTokenizer.from_pretrained(settings.model),
            peft_config=adapters,
        )
        trainer.remove_callback(PrinterCallback)
        learnt = sum(p.numel() for p in trainer.model.parameters() if p.requires_grad)
        facts = {"parameters": learnt, "tokens": settings.rows * settings.context}
        trainer.add_callback(InTurns(Turns(lambda: 0.0), facts))
        trainer.train()


if __name__ == "__main__":
    main()
