"""Hashes of token n-grams, to find repeated passages in large token files."""

from __future__ import annotations

from typing import Any

import numpy as np

_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def ngram_hashes(tokens: np.ndarray[Any, np.dtype[Any]], length: int) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """A 64-bit hash of every n-gram of `length` tokens, shape (tokens - length + 1,); empty if none fits.

    With 64 bits, a collision is unlikely among fewer than 2**32 different n-grams.
    """
    hashes = np.zeros(max(len(tokens) - length + 1, 0), np.uint64)
    for i in range(length):
        # A polynomial hash with an odd factor, modulo 2**64: numpy's unsigned integers wrap around.
        hashes = hashes * _FACTOR + tokens[i : i + len(hashes)].astype(np.uint64) + np.uint64(1)
    return hashes
