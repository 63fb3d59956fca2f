"""The order of an earlier run over shards that lack some of its documents: everything else as it was."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from glaswerk.core.errors import GlaswerkError
from glaswerk.train.batches import Batch, Span
from glaswerk.train.packing import Ids
from glaswerk.train.sampler import PackedSampler
from glaswerk.train.stream import Stream


class ReplaySampler(PackedSampler):
    """Rows as a `PackedSampler` over `order` packs them, with the pieces of documents that `now` lacks left
    out.

    Pieces do not attend to each other, so every other piece is seen at the step, and as, it was. Tokens are
    read from `now`, spans are places in its file; of `order` spans suffice. Each loss is an average over the
    labels that are left. A document whose length has changed counts as one that `now` lacks.
    """

    def __init__(self, order: Stream, now: Stream, *, length: int, rows: int, seed: int) -> None:
        super().__init__(order, length=length, rows=rows, seed=seed)
        self._now = now
        places = {name: place for place, name in enumerate(now.documents)}
        found = np.array([places.get(name, -1) for name in order.documents])
        same = (now.ends - now.starts)[found] == order.ends - order.starts
        self._there = (found >= 0) & same
        self._shift = np.where(self._there, now.starts[found] - order.starts, 0)
        self._order = order

    @property
    def left_out(self) -> list[str]:
        """Ids of the documents of the order that are not there any more."""
        return [self._order.documents[i] for i in np.flatnonzero(~self._there).tolist()]

    def tokens_of(self, documents: Collection[str], steps: int) -> Ids:
        return super().tokens_of(set(documents).difference(self.left_out), steps)

    def spans(self, step: int) -> list[Span]:
        return [
            self._span(int(piece))
            for epoch, row in self._rows(step)
            for piece in self._kept(self._epoch(epoch).row(row))
        ]

    def first_gap(self, steps: int) -> int | None:
        """The first of so many steps that saw a document which is left out."""
        found = np.flatnonzero(super().tokens_of(self.left_out, steps))
        return int(found[0]) if len(found) else None

    def check(self, steps: int) -> None:
        """Raises GlaswerkError where a step would have nothing left to see."""
        kept = [name for name, there in zip(self._order.documents, self._there, strict=True) if there]
        empty = np.flatnonzero(super().tokens_of(kept, steps) == 0)
        if len(empty):
            raise GlaswerkError(
                f"{len(empty):,} of {steps:,} steps saw nothing but what is gone, first step {empty[0]}",
                hint="carry out a rebuild instead: --do rebuild",
            )

    def _kept(self, pieces: Ids) -> Ids:
        kept: Ids = pieces[self._there[self._document[pieces]]]
        return kept

    def _read(self, epoch: int, row: int) -> list[tuple[Ids, Ids]]:
        return [
            self._now.read(int(self._start[p] + self._shift[self._document[p]]), int(self._length[p]))
            for p in self._kept(self._epoch(epoch).row(row))
        ]

    def _span(self, piece: int) -> Span:
        span, shift = super()._span(piece), int(self._shift[self._document[piece]])
        return span._replace(start=span.start + shift, end=span.end + shift)


class ResumedSampler(ReplaySampler):
    """The order of an earlier run up to step `at`, then that of a run over `now` alone."""

    def __init__(self, order: Stream, now: Stream, *, length: int, rows: int, seed: int, at: int) -> None:
        super().__init__(order, now, length=length, rows=rows, seed=seed)
        self._after = PackedSampler(now, length=length, rows=rows, seed=seed)
        self._at = at
        self.steps_per_epoch = self._after.steps_per_epoch
        self.tokens_per_epoch = self._after.tokens_per_epoch

    def batch(self, step: int) -> Batch:
        return super().batch(step) if step < self._at else self._after.batch(step)

    def spans(self, step: int) -> list[Span]:
        return super().spans(step) if step < self._at else self._after.spans(step)

    def tokens_of(self, documents: Collection[str], steps: int) -> Ids:
        before, after = super().tokens_of(documents, steps), self._after.tokens_of(documents, steps)
        return np.where(np.arange(steps) < self._at, before, after)
