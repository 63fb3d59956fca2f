"""How much of a corpus repeats itself: copies of documents, and runs of tokens that several share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glaswerk.tokenizer import Shards
from glaswerk.tokenizer.ngram_hashes import ngram_hashes

# The same length as the runs by which evaluation items are found in training data.
RUN = 13
TRAINED = "train"
# Runs are compared over so many tokens from the beginning: 256 MB of hashes.
_TOKENS = 1 << 24
Ids = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Repetition:
    """`duplicates`: share of tokens in documents that have an exact copy, all copies counted.

    `runs`: share of runs of RUN tokens that occur in another document, too, in the first 16 M tokens.
    """

    duplicates: float
    runs: float


def repetition(shards: Shards) -> Repetition:
    """Exact copies and shared runs of the training documents that curation has left."""
    _, starts, ends = shards.spans(TRAINED)
    tokens = shards.tokens(TRAINED)
    return Repetition(_copies(tokens, starts, ends), _shared(np.asarray(tokens[:_TOKENS]), starts, ends))


def copies_of(tokens: Ids, starts: Ids, ends: Ids) -> Ids:
    """How often the text of each document occurs, itself counted, shape (documents,)."""
    texts = [hash(tokens[a:b].tobytes()) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
    _, place, counts = np.unique(np.array(texts, np.int64), return_inverse=True, return_counts=True)
    found: Ids = counts[place]
    return found


def _copies(tokens: Ids, starts: Ids, ends: Ids) -> float:
    lengths = ends - starts
    return float(lengths[copies_of(tokens, starts, ends) > 1].sum() / max(lengths.sum(), 1))


def _shared(tokens: Ids, starts: Ids, ends: Ids) -> float:
    """Share of the runs inside documents whose hash a run of another document has."""
    hashes = ngram_hashes(tokens, RUN)
    begins = np.arange(len(hashes))
    document = np.searchsorted(starts, begins, side="right") - 1
    inside = (document >= 0) & (begins + RUN <= ends[np.maximum(document, 0)])
    hashes, document = hashes[inside], document[inside]
    if not len(hashes):
        return 0.0
    # Once for each document that has it: a document that repeats itself shares nothing.
    order = np.lexsort((document, hashes))
    hashes, document = hashes[order], document[order]
    new = np.concatenate([[True], hashes[1:] != hashes[:-1]])
    group = np.cumsum(new) - 1
    first, last = document[new], document[np.concatenate([new[1:], [True]])]
    return float((first != last)[group].mean())
