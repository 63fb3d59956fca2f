"""Read the contestants' data; score all of them alike: bits per byte over complete held-out documents."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

IGNORED = -100
_ROWS = 16
Ids = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Documents:
    """Training documents in an order drawn once: `tokens[starts[i]:ends[i]]`, the end token after each."""

    tokens: Ids
    starts: Ids
    ends: Ids
    end_id: int

    @classmethod
    def open(cls, folder: Path) -> Documents:
        arrays = [np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("tokens", "starts", "ends")]
        return cls(*arrays, json.loads((folder / "data.json").read_text())["end_id"])


class HeldOut:
    """Held-out documents in windows of the context, each document from the end token before it.

    Inputs and labels: int64, (windows, context), -100 past a document's end. The end token after a
    document is not scored, as it has no byte.
    """

    def __init__(self, folder: Path) -> None:
        facts = json.loads((folder / "data.json").read_text())
        self._inputs, self._labels = (
            torch.from_numpy(np.load(folder / f"held-{name}.npy")) for name in ("inputs", "labels")
        )
        self._bytes, self._end = facts["bytes"], facts["end_id"]

    @torch.inference_mode()
    def bits_per_byte(self, logits: Callable[[Tensor], Tensor], *, restart: bool = False) -> float:
        """`logits`: (rows, length) → (rows, length, vocabulary).

        With `restart` a window that goes on inside a document has the end token before it, too, for models
        whose training rows all begin with one; the tokens predicted stay the same.
        """
        goes_on = self._inputs[:, 0] != self._end
        nats = 0.0
        for chosen in (~goes_on, goes_on):
            inputs, labels = self._inputs[chosen], self._labels[chosen]
            if restart and chosen is goes_on:
                inputs, labels = F.pad(inputs, (1, 0), value=self._end), F.pad(labels, (1, 0), value=IGNORED)
            for rows, wanted in zip(inputs.split(_ROWS), labels.split(_ROWS), strict=True):
                nats += _nats(logits(rows), wanted)
        return nats / math.log(2) / self._bytes


def _nats(logits: Tensor, labels: Tensor) -> float:
    return float(
        F.cross_entropy(logits.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="sum")
    )
