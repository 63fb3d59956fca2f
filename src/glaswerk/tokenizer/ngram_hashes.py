"""Runs of tokens as hashes, to find the same words in many places at once."""

from __future__ import annotations

from typing import Any

import numpy as np

_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def ngram_hashes(tokens: np.ndarray[Any, np.dtype[Any]], length: int) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """A hash of every run of `length` tokens, shape (tokens - length + 1,); empty where there is none.

    64 bits, so that two different runs hardly ever share one among fewer than 2**32.
    """
    hashes = np.zeros(max(len(tokens) - length + 1, 0), np.uint64)
    for i in range(length):
        # A polynomial with an odd factor, modulo 2**64 as numpy wraps around.
        hashes = hashes * _FACTOR + tokens[i : i + len(hashes)].astype(np.uint64) + np.uint64(1)
    return hashes
