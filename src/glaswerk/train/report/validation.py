"""Bits per byte on held-out documents during a run, by source and with intervals."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel

from glaswerk.core.statistics import ratio
from glaswerk.tokenizer import Shards, Tokenizer
from glaswerk.train.batches.batches import IGNORED, Batch
from glaswerk.train.batches.packing import Ids, pack_rows
from glaswerk.train.batches.sources import Sources
from glaswerk.train.batches.stream import Pieces, Stream
from glaswerk.train.objective.likelihood import label_log_probabilities

SPLIT = "validation"
Bits = np.ndarray[Any, np.dtype[np.float64]]
# A forward pass is a third of a training step, so ten validations on 0.3 % of a run's tokens cost 1 % of it.
# The minimum still gives three digits; more than the maximum would give digits that nobody reads.
_SHARE, _LEAST, _MOST = 0.003, 8_192, 262_144
_ROWS = 16


def validation_tokens(tokens: int) -> int:
    """How many tokens one validation takes in a run of `tokens` tokens."""
    return min(_MOST, max(_LEAST, round(_SHARE * tokens)))


class Validation:
    """The same sample at every validation: pieces of held-out documents, about `tokens` tokens in all.

    Every source has its share, a small one at least a quarter of an equal share, for the sake of its
    interval. Pieces as long as the context are drawn from anywhere in the documents, not only from their
    beginnings. Figures over all sources weigh each source by its tokens in the split. `only`: these sources.
    """

    def __init__(
        self,
        shards: Shards,
        tokenizer: Tokenizer,
        length: int,
        sources: Sources | None,
        *,
        tokens: int,
        only: Collection[str] | None = None,
    ) -> None:
        self._length, self._pieces, self._batches = length, 0, list[tuple[Batch, Tensor]]()
        if sources is None or SPLIT not in shards.splits():
            return
        self._stream, self._names = Stream.of(shards, SPLIT), sources.names
        pieces = self._stream.pieces(length)
        code = sources.codes[pieces.document].astype(np.int64)
        if only is not None:
            wanted = np.isin(code, [place for place, name in enumerate(sources.names) if name in only])
            pieces, code = pieces.only(wanted), code[wanted]
        if not len(code):
            return
        chosen = _stratified(pieces, code, len(sources.names), tokens)
        self._pieces, self._code, self._document = len(chosen), code[chosen], pieces.document[chosen]
        own = Pieces(pieces.document[chosen], pieces.start[chosen], pieces.length[chosen])
        self._bytes = np.array([len(tokenizer.decode_bytes(ids)) for ids in self._labels(own)], float)
        whole = np.bincount(code, weights=pieces.length, minlength=len(sources.names))
        sampled = np.bincount(self._code, weights=own.length, minlength=len(sources.names))
        self._weight = (whole / np.maximum(sampled, 1))[self._code]
        self._batches = list(self._packed(own))

    @torch.no_grad()  # inference mode would mark the weights gathered from other ranks
    def __call__(self, model: PreTrainedModel) -> dict[str, Any]:
        """{"bits_per_byte": …, "validation": {"all": …, "sources": {name: …}}}; {} if nothing is held out.

        Each figure has its 95 % interval over documents.
        """
        if not self.measurable:
            return {}
        bits = self.bits(model)
        everything = self._figure(bits * self._weight, self._bytes * self._weight, self._document)
        by_source = {}
        for place, name in enumerate(self._names):
            own = self._code == place
            if self._bytes[own].any():
                by_source[name] = self._figure(bits[own], self._bytes[own], self._document[own])
        figures = {"all": everything, "sources": by_source}
        return {"bits_per_byte": everything["value"], "validation": figures}

    @property
    def measurable(self) -> bool:
        """Whether there is any held-out text."""
        return bool(self._pieces and self._bytes.sum())

    def compared(self, before: Bits, after: Bits) -> dict[str, Any]:
        """{"before", "after", "change"}: figures over all sources from `bits` of two states of a model."""
        size = self._bytes * self._weight
        both = {"before": before, "after": after, "change": after - before}
        return {name: self._figure(bits * self._weight, size, self._document) for name, bits in both.items()}

    @torch.no_grad()
    def bits(self, model: PreTrainedModel) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Bits of the labels of each piece, shape (pieces,), without the token at a document's end."""
        bits = torch.zeros(self._pieces + 1, dtype=torch.float64)
        for batch, owner in self._batches:
            nats = token_nats(model, batch.to(model.device)).cpu().double()
            bits.index_add_(0, owner.flatten(), nats.flatten())
        result: np.ndarray[Any, np.dtype[np.float64]] = bits[:-1].numpy() / math.log(2)
        return result

    def _figure(self, bits: Any, size: Any, documents: Ids) -> dict[str, Any]:
        found = ratio(bits, size, documents.tolist(), seed=0)
        figure = {"value": round(found.value, 4), "documents": found.clusters}
        return figure | ({"low": round(found.low, 4), "high": round(found.high, 4)} if found.sound else {})

    def _labels(self, pieces: Pieces) -> Iterator[list[int]]:
        for start, length in zip(pieces.start.tolist(), pieces.length.tolist(), strict=True):
            labels = self._stream.read(start, length)[1]
            yield labels[labels != self._stream.end_id].tolist()

    def _packed(self, pieces: Pieces) -> Iterator[tuple[Batch, Tensor]]:
        """Batches of complete pieces, and for each label the number of its piece (padding: the last + 1)."""
        packed = pack_rows(pieces.length, self._length, np.random.default_rng(0))
        for first in range(0, len(packed.ends), _ROWS):
            rows = [packed.row(i) for i in range(first, min(first + _ROWS, len(packed.ends)))]
            read = [
                [self._stream.read(int(pieces.start[p]), int(pieces.length[p])) for p in row] for row in rows
            ]
            batch = Batch.filled(read, self._length, self._stream.end_id)
            batch.labels[batch.labels == self._stream.end_id] = IGNORED
            owner = torch.full(batch.labels.shape, self._pieces)
            for i, row in enumerate(rows):
                owner[i, : batch.sizes[i]] = torch.from_numpy(np.repeat(row, pieces.length[row]))
            yield batch, owner


def token_nats(model: PreTrainedModel, batch: Batch) -> Tensor:
    """The cross-entropy of every label in nats, shape (rows, length); 0 where there is no label."""
    nats = torch.zeros(batch.labels.shape, device=batch.labels.device)
    nats[batch.labels != IGNORED] = -label_log_probabilities(model, batch)
    return nats


def _stratified(pieces: Pieces, code: Ids, sources: int, tokens: int) -> Ids:
    """Numbers of the pieces drawn: about `tokens` tokens, every source in its share, but with a minimum."""
    chance = np.random.default_rng(0)
    size = np.bincount(code, weights=pieces.length, minlength=sources)
    wanted = np.maximum(tokens * size / size.sum(), tokens / sources / 4)
    chosen = []
    for place in range(sources):
        own = chance.permutation(np.flatnonzero(code == place))
        before = np.cumsum(pieces.length[own]) - pieces.length[own]
        chosen.append(own[before < wanted[place]])
    return np.sort(np.concatenate(chosen))
