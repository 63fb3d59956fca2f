"""The sampler of pretraining and chat tuning: every document once per epoch, packed differently each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from glaswerk.core.errors import GlaswerkError
from glaswerk.train.batches.batches import Batch, Span, Visits
from glaswerk.train.batches.packing import Ids, Packed, pack_rows
from glaswerk.train.batches.stream import Stream


class PackedSampler:
    """Rows of `length` tokens, `rows` per step; an epoch may end inside a step, and the next begins there.

    Every epoch has all documents of `main`, and a new random choice of documents of `replay` with together
    `share` times the tokens of `main`. `lost` is the share of the labels of `main` that fit into no row.
    """

    def __init__(
        self,
        main: Stream,
        *,
        length: int,
        rows: int,
        seed: int,
        replay: Stream | None = None,
        share: float = 0.0,
    ) -> None:
        self.length, self.seed, self._streams = length, seed, [main]
        pieces = main.pieces(length)
        if not len(pieces.length):
            raise GlaswerkError(f"the split {main.split!r} holds nothing to train on", hint="glaswerk pack")
        self.lost = pieces.lost / max(1, pieces.lost + int(pieces.length.sum()))
        self._stream = np.zeros(len(pieces.length), np.int8)
        self._document, self._start, self._length = pieces.document, pieces.start, pieces.length
        self._own, self._wanted = len(pieces.length), 0.0
        self.documents: Sequence[str] = main.documents
        if replay is not None and share:
            self._add(replay)
            self._wanted = share * float(pieces.length.sum())
        self._first = [0]
        in_epoch = len(self._epoch(0).ends)
        self.rows = min(rows, in_epoch)
        self.steps_per_epoch = in_epoch / self.rows
        self.tokens_per_epoch = int(self._length[self._epoch(0).pieces].sum())

    def batch(self, step: int) -> Batch:
        """The batch of a step, (rows, length)."""
        found = [self._read(epoch, row) for epoch, row in self._rows(step)]
        # Always the full length: rows are nearly full, and the tensors of all steps have the same sizes.
        return Batch.filled(found, self.length, self._streams[0].end_id)

    def spans(self, step: int) -> list[Span]:
        """The stretches of documents in the batch of a step, row after row."""
        return [self._span(int(p)) for epoch, row in self._rows(step) for p in self._epoch(epoch).row(row)]

    def visits(self, steps: int) -> Iterator[Visits]:
        """Epoch after epoch, what the first `steps` steps saw: each epoch is packed once."""
        epoch = 0
        while (before := self._begin(epoch)) < steps * self.rows:
            packed = self._epoch(epoch)
            rows = before + np.repeat(np.arange(len(packed.ends)), np.diff(packed.ends, prepend=0))
            step, pieces = rows // self.rows, packed.pieces
            yield Visits(self._document[pieces], step, self._length[pieces]).only(step < steps)
            epoch += 1

    def _add(self, replay: Stream) -> None:
        more = replay.pieces(self.length)
        self._streams.append(replay)
        self._stream = np.concatenate([self._stream, np.ones(len(more.length), np.int8)])
        self._document = np.concatenate([self._document, more.document + len(self.documents)])
        self.documents = [*self.documents, *replay.documents]
        self._start = np.concatenate([self._start, more.start])
        self._length = np.concatenate([self._length, more.length])

    def _rows(self, step: int) -> list[tuple[int, int]]:
        """(epoch, row in it) of every row of a step: rows are numbered across epochs."""
        return [self._place(row) for row in range(step * self.rows, (step + 1) * self.rows)]

    def _place(self, row: int) -> tuple[int, int]:
        while self._first[-1] <= row:
            self._begin(len(self._first))
        epoch = int(np.searchsorted(self._first, row, side="right")) - 1
        return epoch, row - self._first[epoch]

    def _begin(self, epoch: int) -> int:
        """How many rows all earlier epochs have."""
        while len(self._first) <= epoch:
            self._first.append(self._first[-1] + len(self._epoch(len(self._first) - 1).ends))
        return self._first[epoch]

    @lru_cache(maxsize=2)  # noqa: B019 -- one sampler lives as long as its run
    def _epoch(self, epoch: int) -> Packed:
        chance = np.random.default_rng([self.seed, epoch])
        chosen = self._chosen(chance)
        packed = pack_rows(self._length[chosen], self.length, chance)
        return Packed(chosen[packed.pieces], packed.ends)

    def _chosen(self, chance: np.random.Generator) -> Ids:
        own = np.arange(self._own)
        if not self._wanted:
            return own
        others = self._own + chance.permutation(len(self._length) - self._own)
        enough = int(np.searchsorted(np.cumsum(self._length[others]), self._wanted)) + 1
        return np.concatenate([own, others[:enough]])

    def _read(self, epoch: int, row: int) -> list[tuple[Ids, Ids]]:
        return [
            self._streams[self._stream[p]].read(int(self._start[p]), int(self._length[p]))
            for p in self._epoch(epoch).row(row)
        ]

    def _span(self, piece: int) -> Span:
        stream = self._streams[self._stream[piece]]
        start = int(self._start[piece])
        document = self.documents[int(self._document[piece])]
        return Span(stream.split, document, start, start + int(self._length[piece]))
