"""Hashes of runs: equal where the tokens are, and nowhere else."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.tokenizer.ngram_hashes import ngram_hashes


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), max_size=60), st.integers(1, 8))
def test_two_runs_have_one_hash_exactly_where_they_are_equal(tokens: list[int], length: int) -> None:
    hashes = ngram_hashes(np.array(tokens, np.uint16), length).tolist()
    runs = [tuple(tokens[i : i + length]) for i in range(len(tokens) - length + 1)]
    assert len(hashes) == len(runs)
    assert len(set(hashes)) == len(set(runs))
    assert dict(zip(runs, hashes, strict=True)) == {run: hashes[runs.index(run)] for run in runs}
