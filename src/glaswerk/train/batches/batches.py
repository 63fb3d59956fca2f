"""The packed batch of a step, and the protocols of samplers and orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
import torch
from torch import Tensor

from glaswerk.train.batches.packing import Ids

# The label of a position without loss, as in torch.
IGNORED = -100


class Span(NamedTuple):
    """A stretch of one document that a step saw: inputs [start, end), offsets in the split's token file.

    It begins with the end token before the document; the first document of a file has none and begins at -1.
    """

    split: str
    document: str
    start: int
    end: int


class Visits(NamedTuple):
    """Pieces of documents that steps of one epoch saw, int64, shape (pieces,) each.

    `document`: its number in the `documents` of the order; `tokens`: inputs of the piece.
    """

    document: Ids
    step: Ids
    tokens: Ids

    def only(self, chosen: np.ndarray[Any, np.dtype[np.bool_]]) -> Visits:
        """The pieces for which `chosen`, bool, (pieces,), is true."""
        return Visits(self.document[chosen], self.step[chosen], self.tokens[chosen])


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of packed pieces: `inputs`, `labels` and `positions` are int64, shape (rows, length).

    Labels are shifted, -100 where there is no loss. Positions start at 0 in every piece: this separates the
    pieces. Padding has position 0, too. `sizes`, (rows,): how many tokens of a row are not padding.
    """

    inputs: Tensor
    labels: Tensor
    positions: Tensor
    sizes: Tensor

    @classmethod
    def of(cls, ids: Tensor) -> Self:
        """Every row of `ids`, shape (rows, length + 1), as one piece with loss on all of it."""
        rows, length = ids.shape[0], ids.shape[1] - 1
        positions = torch.arange(length).expand(rows, length)
        return cls(ids[:, :-1].contiguous(), ids[:, 1:].contiguous(), positions, torch.full((rows,), length))

    @classmethod
    def filled(cls, rows: Sequence[Sequence[tuple[Ids, Ids]]], length: int, pad: int) -> Self:
        """Each row's pieces, (inputs, labels), one after the other, then `pad` up to `length`."""
        shape = (len(rows), length)
        inputs, labels = np.full(shape, pad, np.int64), np.full(shape, IGNORED, np.int64)
        positions, sizes = np.zeros(shape, np.int64), np.zeros(len(rows), np.int64)
        for i, row in enumerate(rows):
            for ids, wanted in row:
                place = slice(int(sizes[i]), int(sizes[i]) + len(ids))
                inputs[i, place], labels[i, place], positions[i, place] = ids, wanted, np.arange(len(ids))
                sizes[i] += len(ids)
        return cls(*map(torch.from_numpy, (inputs, labels, positions, sizes)))

    @property
    def tokens(self) -> int:
        """The number of inputs that are not padding."""
        return int(self.sizes.sum())

    def counted(self) -> int:
        """The number of labels that have a loss."""
        return int((self.labels != IGNORED).sum())

    def mask(self) -> Tensor | None:
        """True where a query position may attend to a key position: causal inside each piece.

        Bool, (rows, 1, length, length). None if every row is one piece, as plain causal attention needs no
        mask; but never None on a CPU, where a mask costs next to nothing and a step that was compiled with
        one need not be compiled again without.
        """
        starts = self.positions == 0
        if starts.device.type != "cpu" and not bool(starts[:, 1:].any()):
            return None
        pieces = starts.cumsum(1)
        together = pieces[:, :, None] == pieces[:, None, :]
        return together.tril()[:, None]

    def part(self, rank: int, of: int) -> Self:
        """The rows of one data-parallel rank of `of` ranks: every `of`-th row, so that shares are equal."""
        return self._rows(slice(rank, None, of))

    def micro(self, rows: int) -> Iterator[Self]:
        """Micro-batches of at most `rows` rows."""
        for start in range(0, len(self.inputs), rows):
            yield self._rows(slice(start, start + rows))

    def to(self, device: torch.device) -> Self:
        """The batch on a device."""
        return type(self)(*(getattr(self, field.name).to(device) for field in fields(self)))

    def _rows(self, chosen: slice) -> Self:
        return type(self)(*(getattr(self, field.name)[chosen] for field in fields(self)))


class Sampler(Protocol):
    """What each step sees, as a pure function of (seed, step): computed, never logged.

    So resuming is exact for any number of ranks or micro-batches, and on any machine.
    """

    steps_per_epoch: float

    def batch(self, step: int) -> Batch:
        """The whole batch of a step, of all ranks together."""
        ...

    def spans(self, step: int) -> list[Span]:
        """The stretches of documents in that batch, row after row."""
        ...


class Order(Protocol):
    """Which documents each step of a run saw: the part of a sampler that needs no tokens."""

    documents: Sequence[str]
    steps_per_epoch: float

    def spans(self, step: int) -> list[Span]:
        """The stretches of documents that a step saw, as in `Sampler`."""
        ...

    def visits(self, steps: int) -> Iterator[Visits]:
        """Epoch after epoch, what the first `steps` steps saw."""
        ...
