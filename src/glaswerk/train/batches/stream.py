"""The source of pieces: the documents of one split, cut if they are longer than a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glaswerk.tokenizer import Shards
from glaswerk.train.batches.batches import IGNORED
from glaswerk.train.batches.packing import Ids

Tokens = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces of documents, shape (pieces,) each: index of the document, first input, number of inputs.

    `lost`: labels that are in no piece because one exchange of a dialogue is longer than a row.
    """

    document: Ids
    start: Ids
    length: Ids
    lost: int = 0

    def only(self, chosen: np.ndarray[Any, np.dtype[np.bool_]]) -> Pieces:
        """The pieces for which `chosen`, bool, (pieces,), is true."""
        return replace(
            self, document=self.document[chosen], start=self.start[chosen], length=self.length[chosen]
        )


@dataclass(frozen=True, slots=True)
class Stream:
    """One split: token file, the spans of its documents, and the loss mask if it contains dialogues.

    A document without a mask is read from the end token before it, so that the model learns how documents
    begin, up to its own end token. A dialogue begins with its first turn, as a prompt does.
    """

    split: str
    documents: Sequence[str]
    tokens: Tokens
    starts: Ids
    ends: Ids
    end_id: int
    mask: Tokens | None = None

    @classmethod
    def of(cls, shards: Shards, split: str) -> Stream:
        """The stream of a split of shards."""
        mask = shards.mask(split) if split.startswith("chat") else None
        documents, starts, ends = shards.spans(split)
        return cls(split, documents, shards.tokens(split), starts, ends, shards.end_id, mask)

    def only(self, places: Ids) -> Stream:
        """The documents with these indices, (documents,) int64, still in the same token file."""
        documents = [self.documents[place] for place in places.tolist()]
        return replace(self, documents=documents, starts=self.starts[places], ends=self.ends[places])

    def parted(self, documents: Iterable[tuple[int, int]]) -> tuple[Stream, Stream]:
        """The documents outside of these index ranges [first, end), and those within."""
        within = np.zeros(len(self.documents), bool)
        for first, end in documents:
            within[first:end] = True
        return self.only(np.flatnonzero(~within)), self.only(np.flatnonzero(within))

    def pieces(self, longest: int) -> Pieces:
        """Every document in pieces of at most `longest` inputs; dialogues are cut between exchanges."""
        if self.mask is not None:
            return self._exchanges(longest)
        firsts, inputs = self.starts - 1, self.ends - self.starts + 1
        parts = -(-inputs // longest)
        document = np.repeat(np.arange(len(parts)), parts)
        number = np.arange(len(document)) - np.repeat(np.cumsum(parts) - parts, parts)
        start = firsts[document] + number * longest
        length = np.minimum(inputs[document] - number * longest, longest)
        return Pieces(document, start, length)

    def read(self, start: int, length: int) -> tuple[Tokens, Tokens]:
        """Inputs and labels of a piece, int64, shape (length,)."""
        ids = np.asarray(self.tokens[max(start, 0) : start + length + 1], dtype=np.int64)
        if start < 0:  # the first document of the file has no end token before it
            ids = np.concatenate([[self.end_id], ids])
        labels = ids[1:]
        if self.mask is not None:
            labels = np.where(self.mask[start + 1 : start + length + 1], labels, IGNORED)
        return ids[:-1], labels

    def _exchanges(self, longest: int) -> Pieces:
        assert self.mask is not None
        fits = self.ends - self.starts - 1 <= longest
        found = [(d, self.starts[d], self.ends[d] - self.starts[d] - 1) for d in np.flatnonzero(fits)]
        lost = 0
        for document in np.flatnonzero(~fits):
            first, end = int(self.starts[document]), int(self.ends[document])
            for start, stop in _cuts(np.asarray(self.mask[first:end]), longest):
                kept = min(stop - start - 1, longest)
                lost += int(np.count_nonzero(self.mask[first + start + kept + 1 : first + stop]))
                found.append((document, first + start, kept))
        table = np.array(found, dtype=np.int64).reshape(-1, 3)
        table = table[table[:, 2] > 0]
        return Pieces(table[:, 0], table[:, 1], table[:, 2], lost)


def _cuts(mask: Tokens, longest: int) -> list[tuple[int, int]]:
    """Spans of a dialogue, as long as a row allows, cut only after the end of an answer.

    A single exchange that is longer than a row becomes its own span: its end is lost, and counted.
    """
    answers_end = np.flatnonzero(np.diff(mask.astype(np.int8)) == -1) + 1
    borders = [0, *answers_end[answers_end < len(mask) - 2].tolist(), len(mask)]
    spans, start = [], 0
    for border, after in zip(borders[1:], [*borders[2:], None], strict=True):
        if after is None or after - start - 1 > longest:
            spans.append((start, border))
            start = border
    return spans
