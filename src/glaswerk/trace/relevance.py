"""Rank documents by relevance to an exchange: BM25 over tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glaswerk.trace.suffix_array import Tokens

Scores = np.ndarray[Any, np.dtype[np.float64]]
# Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), section 3.5.
_K1, _B = 1.2, 0.75


def relevance(documents: Sequence[Tokens], query: Sequence[int], vocab_size: int) -> Scores:
    """BM25 score of every document (token ids) for the distinct tokens of `query`, shape (documents,), in
    nats.

    Document frequencies are counted among the given documents, as in OLMoTrace (Liu et al., 2025): a token
    that all of them contain has little weight, and scores are comparable within one call only.
    """
    terms = np.unique(np.array(query, np.int64))
    if not len(documents) or not len(terms):
        return np.zeros(len(documents))
    slot = np.full(vocab_size, -1, np.int64)
    slot[terms] = np.arange(len(terms))
    lengths = np.array([len(document) for document in documents])
    slots = slot[np.concatenate(documents)]
    cells = np.repeat(np.arange(len(documents)), lengths) * len(terms) + slots
    shape = (len(documents), len(terms))
    found = np.bincount(cells[slots >= 0], minlength=shape[0] * shape[1]).reshape(shape)
    holding = (found > 0).sum(axis=0)
    weight = np.log1p((len(documents) - holding + 0.5) / (holding + 0.5))
    norm = _K1 * (1 - _B + _B * lengths / max(lengths.mean(), 1))
    scores: Scores = (weight * found * (_K1 + 1) / (found + norm[:, None])).sum(axis=1)
    return scores
