"""Which source each document of the shards came from, so that tokens can be counted by source."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.lab import Artifact, Lab
from glaswerk.tokenizer import Shards
from glaswerk.train.batches.batches import Span

# The source of documents whose corpus was rebuilt after they were packed.
UNKNOWN = "unknown"
Counts = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources of the documents of one split, in file order.

    `codes`, (documents,): indices into `names`. `starts`, (documents,): offsets in the token file.
    """

    names: tuple[str, ...]
    codes: np.ndarray[Any, np.dtype[np.int32]]
    starts: np.ndarray[Any, np.dtype[np.int64]]

    def count(self, spans: Sequence[Span]) -> Counts:
        """Inputs by source of spans of this split, shape (names,)."""
        begins = np.array([span.start for span in spans], np.int64)
        lengths = np.array([span.end - span.start for span in spans], np.int64)
        # A piece begins at the end token of the document before it.
        documents = np.searchsorted(self.starts, begins + 1, side="right") - 1
        counts = np.bincount(self.codes[documents], weights=lengths, minlength=len(self.names))
        return counts.astype(np.int64)

    def ranges(self, names: Collection[str]) -> tuple[tuple[int, int], ...]:
        """The documents of these sources as index ranges [first, end)."""
        own = np.isin(self.codes, [self.names.index(name) for name in names])
        borders = np.flatnonzero(np.diff(own, prepend=False, append=False))
        return tuple((first, end) for first, end in borders.reshape(-1, 2).tolist())


def sources_of(lab: Lab, packed: Artifact, split: str) -> Sources:
    """Sources of the documents of a split, read from the corpus of these shards; `UNKNOWN` if it is gone."""
    identifiers, starts, _ = Shards.open(packed.path).spans(split)
    corpus = next((a for a in lab.all("corpus") if a.id == packed.inputs["corpus"]), None)
    if corpus is None:
        return Sources((UNKNOWN,), np.zeros(len(starts), np.int32), starts)
    table = pq.read_table(corpus.path / DOCUMENTS, columns=["id", "source", "split"])
    table = table.filter(pc.equal(table["split"], split))
    coded = table["source"].combine_chunks().dictionary_encode()
    places = pc.index_in(pa.array(identifiers, pa.string()), table["id"].combine_chunks())
    return Sources(
        tuple(coded.dictionary.to_pylist()),
        np.asarray(coded.indices.take(places), np.int32),
        starts,
    )


class Mixture:
    """Counts the tokens that a run saw, by source."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._counts: Counts = np.zeros(len(sources.names), np.int64)

    def add(self, spans: Sequence[Span]) -> None:
        """Count what one step saw."""
        self._counts = self._counts + self._sources.count(spans)

    def counts(self) -> dict[str, int]:
        """Tokens so far by source, the most first."""
        found = zip(self._sources.names, self._counts.tolist(), strict=True)
        return dict(sorted(found, key=lambda entry: -entry[1]))
