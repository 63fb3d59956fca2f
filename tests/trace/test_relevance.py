"""BM25, against the formula written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.trace.relevance import relevance

documents_of = st.lists(st.lists(st.integers(0, 5), max_size=12), max_size=6)


def written_out(documents: list[list[int]], query: list[int]) -> list[float]:
    """Robertson and Zaragoza (2009), section 3.5, with k1 = 1.2 and b = 0.75."""
    mean = sum(map(len, documents)) / len(documents)
    scores = []
    for document in documents:
        score = 0.0
        for term in set(query):
            holding = sum(term in other for other in documents)
            idf = math.log(1 + (len(documents) - holding + 0.5) / (holding + 0.5))
            frequency = document.count(term)
            norm = 1.2 * (0.25 + 0.75 * len(document) / max(mean, 1))
            score += idf * frequency * 2.2 / (frequency + norm)
        scores.append(score)
    return scores


@given(documents_of, st.lists(st.integers(0, 7), max_size=8))
def test_scores_equal_the_formula(documents: list[list[int]], query: list[int]) -> None:
    found = relevance([np.array(d, np.uint16) for d in documents], query, 8)
    assert found.shape == (len(documents),)
    if documents and query:
        assert found == pytest.approx(written_out(documents, query))
    else:
        assert not found.any()


@given(documents_of.filter(bool), st.lists(st.integers(0, 5), min_size=1, max_size=8))
def test_repeating_a_query_or_changing_its_order_changes_nothing(
    documents: list[list[int]], query: list[int]
) -> None:
    read = [np.array(d, np.uint16) for d in documents]
    assert relevance(read, query, 8).tolist() == relevance(read, query[::-1] * 3, 8).tolist()


def test_a_rare_token_weighs_more_than_one_that_every_document_has() -> None:
    rare, common = relevance([np.array([1, 2]), np.array([1, 3]), np.array([1, 4])], [1, 2], 8)[:2]
    assert rare > 2 * common > 0


def test_of_two_documents_with_the_token_the_shorter_one_scores_higher() -> None:
    short, long, _ = relevance([np.array([1]), np.array([1] + [2] * 50), np.array([3])], [1], 8)
    assert short > long > 0
