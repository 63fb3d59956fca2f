"""What each step sees, as a pure function of (seed, step): computed, never logged, so resuming is exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import torch

from glaswerk.core.errors import GlaswerkError
from glaswerk.train.loss import IGNORED

Ids = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Batch:
    """`inputs` and `labels`, int64, shape (sequences, length); labels are shifted, -100 has no loss."""

    inputs: torch.Tensor
    labels: torch.Tensor


class Sampler(Protocol):
    """Gives the batch of any step without having seen the steps before it."""

    steps_per_epoch: int

    def batch(self, step: int) -> Batch: ...


class StreamSampler:
    """Windows of `length` tokens over one long stream of documents, a new cut and order every epoch."""

    def __init__(self, tokens: Ids, *, length: int, sequences: int, seed: int) -> None:
        if len(tokens) < length + 2:
            raise GlaswerkError(
                f"the corpus has {len(tokens):,} tokens, fewer than one sequence of {length + 1}",
                hint="add more documents, or train with a smaller --context",
            )
        self.tokens, self.length, self.sequences, self.seed = tokens, length, sequences, seed
        # Fewer windows than a batch asks for: the batch shrinks, no window is seen twice in an epoch.
        self._windows = (len(tokens) - 1) // length - 1 or 1
        self.sequences = min(sequences, self._windows)
        self.steps_per_epoch = self._windows // self.sequences

    def batch(self, step: int) -> Batch:
        epoch, index = divmod(step, self.steps_per_epoch)
        offset, order = self._epoch(epoch)
        chosen = order[index * self.sequences : (index + 1) * self.sequences]
        rows = [
            np.asarray(self.tokens[offset + w * self.length :][: self.length + 1], dtype=np.int64)
            for w in chosen
        ]
        block = torch.from_numpy(np.stack(rows))
        return Batch(block[:, :-1].contiguous(), block[:, 1:].contiguous())

    @lru_cache(maxsize=2)  # noqa: B019 -- one sampler lives as long as its run
    def _epoch(self, epoch: int) -> tuple[int, Ids]:
        chance = np.random.default_rng([self.seed, epoch])
        spare = len(self.tokens) - 1 - self._windows * self.length
        return int(chance.integers(0, max(spare, 0) + 1)), chance.permutation(self._windows)


class DialogueSampler:
    """Whole dialogues, one a row, padded on the right; rows of like length share a batch."""

    # Sorting by length within this many batches: little padding, and the order stays near random.
    _POOL = 16

    def __init__(
        self,
        tokens: Ids,
        mask: Ids,
        starts: Ids,
        ends: Ids,
        *,
        length: int,
        sequences: int,
        seed: int,
        pad: int,
    ) -> None:
        self.tokens, self.mask, self.starts, self.seed, self.pad = tokens, mask, starts, seed, pad
        self.ends = np.minimum(ends, starts + length + 1)
        self.truncated = int((ends > self.ends).sum())
        self.sequences = min(sequences, len(starts))
        if not len(starts):
            raise GlaswerkError("there is no dialogue to tune on", hint="glaswerk add chats FILE.jsonl")
        self.steps_per_epoch = len(starts) // self.sequences

    def batch(self, step: int) -> Batch:
        epoch, index = divmod(step, self.steps_per_epoch)
        return self._pad(self._epoch(epoch)[index])

    @lru_cache(maxsize=2)  # noqa: B019 -- one sampler lives as long as its run
    def _epoch(self, epoch: int) -> list[Ids]:
        chance = np.random.default_rng([self.seed, epoch])
        order = chance.permutation(len(self.starts))[: self.steps_per_epoch * self.sequences]
        lengths = (self.ends - self.starts)[order]
        pool = self._POOL * self.sequences
        pieces = [
            order[i : i + pool][np.argsort(lengths[i : i + pool], kind="stable")]
            for i in range(0, len(order), pool)
        ]
        groups = np.concatenate(pieces).reshape(-1, self.sequences)
        return list(groups[chance.permutation(len(groups))])

    def _pad(self, rows: Sequence[int] | Ids) -> Batch:
        longest = int(max(self.ends[row] - self.starts[row] for row in rows)) - 1
        inputs = torch.full((len(rows), longest), self.pad, dtype=torch.int64)
        labels = torch.full((len(rows), longest), IGNORED, dtype=torch.int64)
        for i, row in enumerate(rows):
            span = slice(int(self.starts[row]), int(self.ends[row]))
            ids = torch.from_numpy(np.asarray(self.tokens[span], dtype=np.int64))
            wanted = torch.from_numpy(np.asarray(self.mask[span], dtype=bool))[1:]
            inputs[i, : len(ids) - 1] = ids[:-1]
            labels[i, : len(ids) - 1] = torch.where(wanted, ids[1:], IGNORED)
        return Batch(inputs, labels)
