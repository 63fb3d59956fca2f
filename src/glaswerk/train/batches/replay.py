"""The order of an earlier run, replayed over shards that lack some of its documents; nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from glaswerk.core.errors import GlaswerkError
from glaswerk.train.batches.batches import Order, Span, Visits
from glaswerk.train.batches.packing import Ids
from glaswerk.train.batches.sampler import PackedSampler
from glaswerk.train.batches.stream import Stream


class ReplaySampler(PackedSampler):
    """Rows as a `PackedSampler` packs them, without the pieces of documents that are gone.

    Pieces do not attend to each other, so every other piece is seen at the same step and in the same way as
    before. Tokens are read from the streams in `now` (by split), and spans are offsets in their files; of the
    old streams only spans are needed. Each loss is an average over the labels that are left. A document whose
    length has changed counts as gone.
    """

    def __init__(
        self,
        main: Stream,
        *,
        now: Mapping[str, Stream],
        length: int,
        rows: int,
        seed: int,
        replay: Stream | None = None,
        share: float = 0.0,
    ) -> None:
        super().__init__(main, length=length, rows=rows, seed=seed, replay=replay, share=share)
        self._now = [now[stream.split] for stream in self._streams]
        moves = [_moved(*streams) for streams in zip(self._streams, self._now, strict=True)]
        self._there = np.concatenate([there for there, _ in moves])
        self._shift = np.concatenate([shift for _, shift in moves])

    def visits(self, steps: int) -> Iterator[Visits]:
        """As in `PackedSampler`, without the documents that are gone."""
        return (seen.only(self._there[seen.document]) for seen in super().visits(steps))

    def spans(self, step: int) -> list[Span]:
        """As in `PackedSampler`, without the documents that are gone, as offsets in the new files."""
        return [
            self._span(int(piece))
            for epoch, row in self._rows(step)
            for piece in self._kept(self._epoch(epoch).row(row))
        ]

    def _kept(self, pieces: Ids) -> Ids:
        kept: Ids = pieces[self._there[self._document[pieces]]]
        return kept

    def _read(self, epoch: int, row: int) -> list[tuple[Ids, Ids]]:
        return [
            self._now[self._stream[p]].read(
                int(self._start[p] + self._shift[self._document[p]]), int(self._length[p])
            )
            for p in self._kept(self._epoch(epoch).row(row))
        ]

    def _span(self, piece: int) -> Span:
        span, shift = super()._span(piece), int(self._shift[self._document[piece]])
        return span._replace(start=span.start + shift, end=span.end + shift)


def _moved(order: Stream, now: Stream) -> tuple[np.ndarray[Any, np.dtype[np.bool_]], Ids]:
    """Whether each document of `order` is in `now`, and by how many tokens it has moved there."""
    places = {name: place for place, name in enumerate(now.documents)}
    found = np.array([places.get(name, -1) for name in order.documents], np.int64)
    # One more entry, at -1, for what is not found: its length matches none.
    starts, lengths = np.append(now.starts, 0), np.append(now.ends - now.starts, -1)
    there = lengths[found] == order.ends - order.starts
    return there, np.where(there, starts[found] - order.starts, 0)


def with_cuts(order: Stream, now: Stream, longest: int) -> Stream | None:
    """Dialogues of which only spans are left, with the mask that decides where the longer ones were cut.

    The mask is copied from `now`, as far as pieces of at most `longest` inputs need it. None if one of the
    longer dialogues is gone.
    """
    assert now.mask is not None
    there, shift = _moved(order, now)
    longer = np.flatnonzero(order.ends - order.starts - 1 > longest)
    if not there[longer].all():
        return None
    mask = np.zeros(int(order.ends[-1]) + 1, np.uint8)
    for start, end, by in zip(order.starts[longer], order.ends[longer], shift[longer], strict=True):
        mask[start:end] = now.mask[start + by : end + by]
    return replace(order, mask=mask)


def left_out(order: Stream, now: Stream) -> list[str]:
    """Ids of the documents of `order` that are not in `now`, or have another length there."""
    there, _ = _moved(order, now)
    return [order.documents[i] for i in np.flatnonzero(~there).tolist()]


def check_replay(sampler: Order, steps: int) -> None:
    """Raises GlaswerkError if one of the first `steps` steps would have no document left."""
    sees = np.zeros(steps, bool)
    for seen in sampler.visits(steps):
        sees[seen.step] = True
    empty = np.flatnonzero(~sees)
    if len(empty):
        raise GlaswerkError(
            f"{len(empty):,} of {steps:,} steps saw only documents that are gone, first step {empty[0]}",
            hint="rebuild instead: glaswerk retrain --how rebuild",
        )
