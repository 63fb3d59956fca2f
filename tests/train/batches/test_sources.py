"""Tokens that steps saw are counted by the source of their documents."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_shards import documents_of, stream_of

from glaswerk.lab import Lab
from glaswerk.train.batches.batches import Span
from glaswerk.train.batches.sampler import PackedSampler
from glaswerk.train.batches.sources import UNKNOWN, Mixture, Sources, sources_of

LENGTHS = [4, 9, 1, 30, 2, 5]


def _sources(names: tuple[str, ...], codes: list[int]) -> Sources:
    return Sources(names, np.array(codes, np.int32), stream_of(documents_of(LENGTHS)).starts)


@given(st.lists(st.integers(0, 2), min_size=len(LENGTHS), max_size=len(LENGTHS)), st.integers(1, 12))
@settings(max_examples=30, deadline=None)
def test_an_epoch_has_the_tokens_of_each_source(codes: list[int], length: int) -> None:
    sampler = PackedSampler(stream_of(documents_of(LENGTHS)), length=length, rows=1, seed=0)
    mixture = Mixture(_sources(("a", "b", "c"), codes))
    for step in range(round(sampler.steps_per_epoch)):
        mixture.add(sampler.spans(step))
    expected = {
        name: sum(n + 1 for n, code in zip(LENGTHS, codes, strict=True) if code == i)
        for i, name in enumerate(("a", "b", "c"))
    }
    assert mixture.counts() == expected
    assert list(mixture.counts().values()) == sorted(expected.values(), reverse=True)


def test_a_piece_that_begins_at_the_end_token_before_its_document_counts_for_the_document() -> None:
    sources = _sources(("a", "b"), [0, 1, 0, 0, 0, 0])
    assert sources.count([Span("train", "d1", 4, 14)]).tolist() == [0, 10]
    assert sources.count([Span("train", "d0", -1, 4)]).tolist() == [5, 0]


def test_no_span_is_no_token() -> None:
    assert _sources(("a", "b"), [0] * 6).count([]).tolist() == [0, 0]


def test_the_shared_lab_has_every_document_in_a_source_of_its_corpus(lab: Lab) -> None:
    packed = lab.need("shards", "main.main", hint="")
    found = sources_of(lab, packed, "train")
    assert set(found.names) <= {source.name for source in lab.all("source")}
    assert UNKNOWN not in found.names
    assert len(found.codes) == len(found.starts)
    assert found.codes.min() >= 0
