"""Bits per byte on held-out text while a run goes on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from transformers import PreTrainedModel

from glaswerk.tokenizer import Shards, Tokenizer
from glaswerk.train.batches import Batch

# 16k tokens take a second at 2 M parameters and give the third digit.
_TOKENS = 16_384
_ROWS = 16


class Validation:
    """The first held-out tokens in windows of the training length; ten looks a run cost about 1 %."""

    def __init__(self, shards: Shards, tokenizer: Tokenizer, length: int) -> None:
        self._blocks: list[Batch] = []
        self._bytes = 0
        if "validation" not in shards.splits():
            return
        tokens = np.asarray(shards.tokens("validation")[: _TOKENS + 1], dtype=np.int64)
        windows = (len(tokens) - 1) // length
        for start in range(0, windows, _ROWS):
            self._blocks.append(_block(tokens, range(start, min(start + _ROWS, windows)), length))
        seen = tokens[1 : windows * length + 1]
        self._bytes = len(tokenizer.decode_bytes(seen[seen != shards.end_id].tolist()))

    @torch.inference_mode()
    def __call__(self, model: PreTrainedModel) -> dict[str, Any]:
        """{"bits_per_byte": …}, or {} where less than one window is held out."""
        if not self._bytes:
            return {}
        total = sum(_nats(model, block) for block in self._blocks)
        return {"bits_per_byte": round(total / math.log(2) / self._bytes, 4)}


def _block(tokens: np.ndarray[Any, Any], windows: range, length: int) -> Batch:
    rows = np.stack([tokens[w * length : (w + 1) * length + 1] for w in windows])
    return Batch.of(torch.from_numpy(rows))


def _nats(model: PreTrainedModel, batch: Batch) -> float:
    logits = model(input_ids=batch.inputs, use_cache=False).logits
    return float(F.cross_entropy(logits.flatten(0, 1), batch.labels.flatten(), reduction="sum"))
