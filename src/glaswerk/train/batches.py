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


@dataclass(frozen=True, slots=True)
class Rows:
    """Spans of one token file. `mask` is 1 where a token has loss; None = on all of them."""

    tokens: Ids
    starts: Ids
    ends: Ids
    mask: Ids | None = None

    def row(self, index: int, length: int) -> tuple[Ids, Ids]:
        """Tokens and loss mask of a span, cut at `length` + 1."""
        span = slice(int(self.starts[index]), int(min(self.ends[index], self.starts[index] + length + 1)))
        tokens = np.asarray(self.tokens[span], dtype=np.int64)
        mask = np.ones(len(tokens), bool) if self.mask is None else np.asarray(self.mask[span], bool)
        return tokens, mask


class RowSampler:
    """Whole documents, one a row, padded on the right; a batch holds rows of like length.

    Every epoch has all rows of `main`, and of `replay` as many as have `share` times main's tokens. Each
    batch has about `batch_tokens` tokens: few long rows or many short ones, hardly any padding.
    """

    def __init__(
        self, main: Rows, *, length: int, batch_tokens: int, seed: int, pad: int,
        replay: Rows | None = None, share: float = 0.0,
    ) -> None:  # fmt: skip
        if not len(main.starts):
            raise GlaswerkError("there is no dialogue to tune on", hint="glaswerk add chats FILE.jsonl")
        self.main, self.replay, self.length, self.seed, self.pad = main, replay, length, seed, pad
        self.truncated = int((main.ends - main.starts > length + 1).sum())
        own = _lengths(main, length)
        self._own, self._others, self._extra = own, np.empty(0, np.int64), 0
        if replay is not None:
            self._others = _lengths(replay, length)
            self._extra = min(len(self._others), round(share * own.sum() / self._others.mean()))
        rows = len(own) + self._extra
        tokens = own.sum() + (self._others.mean() * self._extra if self._extra else 0)
        self.steps_per_epoch = max(1, min(rows, round(tokens / batch_tokens)))

    def batch(self, step: int) -> Batch:
        epoch, index = divmod(step, self.steps_per_epoch)
        return self._pad([self._row(int(row)) for row in self._epoch(epoch)[index]])

    @lru_cache(maxsize=2)  # noqa: B019 -- one sampler lives as long as its run
    def _epoch(self, epoch: int) -> list[Ids]:
        chance = np.random.default_rng([self.seed, epoch])
        more = chance.permutation(len(self._others))[: self._extra]
        rows = chance.permutation(np.concatenate([np.arange(len(self._own)), len(self._own) + more]))
        lengths = np.concatenate([self._own, self._others])[rows]
        order = np.argsort(lengths, kind="stable")
        rows, ends = rows[order], np.cumsum(lengths[order])
        # Cut where the running count of tokens passes each step's share; every group keeps a row.
        cuts = np.searchsorted(ends, ends[-1] * np.arange(1, self.steps_per_epoch) / self.steps_per_epoch)
        low = np.arange(1, self.steps_per_epoch)
        cuts = np.clip(cuts, low, low + len(rows) - self.steps_per_epoch)
        groups = np.split(rows, np.maximum.accumulate(cuts - low) + low)
        return [groups[i] for i in chance.permutation(len(groups))]

    def _row(self, row: int) -> tuple[Ids, Ids]:
        own = len(self._own)
        if row < own or self.replay is None:
            return self.main.row(row, self.length)
        return self.replay.row(row - own, self.length)

    def _pad(self, rows: Sequence[tuple[Ids, Ids]]) -> Batch:
        longest = max(len(tokens) for tokens, _ in rows) - 1
        inputs = torch.full((len(rows), longest), self.pad, dtype=torch.int64)
        labels = torch.full((len(rows), longest), IGNORED, dtype=torch.int64)
        for i, (tokens, mask) in enumerate(rows):
            ids = torch.from_numpy(tokens)
            inputs[i, : len(ids) - 1] = ids[:-1]
            labels[i, : len(ids) - 1] = torch.where(torch.from_numpy(mask[1:]), ids[1:], IGNORED)
        return Batch(inputs, labels)


def _lengths(rows: Rows, length: int) -> Ids:
    return np.asarray(np.minimum(rows.ends - rows.starts, length + 1))
