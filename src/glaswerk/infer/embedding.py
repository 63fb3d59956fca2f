"""A vector for a text: the mean of the model's last hidden states, of length one.

A chat model learned to write, not to compare texts: expect its vectors to be far weaker than those of a model
trained for retrieval. They are those of the served weights, and stay on this machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from glaswerk.infer.engine import Engine

# Tokens of one forward pass: 8,192 × a width of 1,024 in fp32 is 32 MB a layer.
_TOKENS = 8192
Vectors = np.ndarray[Any, np.dtype[np.float32]]


def embedding_width(engine: Engine) -> int:
    """Numbers of one vector."""
    return int(engine.model.config.get_text_config().hidden_size)


@torch.inference_mode()
def embed(engine: Engine, rows: Sequence[Sequence[int]], dimensions: int | None = None) -> Vectors:
    """Vectors of token ids, (rows, dimensions) in float32; without `dimensions`, all there are.

    A vector does not depend on the other rows: a row is padded at its end, which no earlier token sees.
    """
    found = np.zeros((len(rows), embedding_width(engine)), np.float32)
    for part in _batches(rows):
        longest = max(len(rows[i]) for i in part)
        ids = torch.tensor([[*rows[i], *[0] * (longest - len(rows[i]))] for i in part])
        with engine.applied():
            states = engine.model.base_model(input_ids=ids, use_cache=False).last_hidden_state.float()
        for place, i in enumerate(part):
            found[i] = states[place, : len(rows[i])].mean(0).numpy()
    found = found[:, :dimensions]
    return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12), np.float32)


def _batches(rows: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    part: list[int] = []
    for i in sorted(range(len(rows)), key=lambda i: len(rows[i])):
        if part and (len(part) + 1) * len(rows[i]) > _TOKENS:
            yield part
            part = []
        part.append(i)
    if part:
        yield part
