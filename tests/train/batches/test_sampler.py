"""The sampler: every document once per epoch, the same from (seed, step), whatever was asked before."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_shards import documents_of, stream_of

from glaswerk.core.errors import GlaswerkError
from glaswerk.train.batches.sampler import PackedSampler

LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=30)


def _sampler(lengths: list[int], *, rows: int = 3, seed: int = 0, length: int = 16) -> PackedSampler:
    return PackedSampler(stream_of(documents_of(lengths)), length=length, rows=rows, seed=seed)


def _steps(sampler: PackedSampler, epochs: int) -> int:
    return int(np.ceil(epochs * sampler.steps_per_epoch))


@given(LENGTHS, st.integers(1, 5))
@settings(max_examples=30, deadline=None)
def test_an_epoch_has_every_token_once(lengths: list[int], rows: int) -> None:
    sampler = _sampler(lengths, rows=rows)
    seen = next(iter(sampler.visits(_steps(sampler, 1))))
    tokens = Counter[int]()
    for document, count in zip(seen.document.tolist(), seen.tokens.tolist(), strict=True):
        tokens[document] += count
    assert [tokens[i] for i in range(len(lengths))] == [n + 1 for n in lengths]
    assert sampler.tokens_per_epoch == sum(lengths) + len(lengths)


@given(LENGTHS, st.integers(1, 5), st.integers(0, 9))
@settings(max_examples=30, deadline=None)
def test_visits_are_the_spans_of_all_steps(lengths: list[int], rows: int, seed: int) -> None:
    sampler = _sampler(lengths, rows=rows, seed=seed)
    steps = _steps(sampler, 2)
    walked = Counter[tuple[int, str]]()
    for step in range(steps):
        for span in sampler.spans(step):
            walked[step, span.document] += span.end - span.start
    visited = Counter[tuple[int, str]]()
    for seen in sampler.visits(steps):
        for document, step, tokens in zip(*map(np.ndarray.tolist, seen), strict=True):
            visited[step, sampler.documents[document]] += tokens
    assert visited == walked


def test_a_step_does_not_depend_on_the_steps_asked_before() -> None:
    lengths = list(range(1, 40))
    ordered, random = _sampler(lengths), _sampler(lengths)
    expected = [ordered.batch(step).inputs for step in range(20)]
    for step in (19, 3, 11, 3, 0):
        assert random.batch(step).inputs.equal(expected[step])


def test_another_seed_and_another_epoch_pack_differently() -> None:
    lengths = [5] * 60
    one, other = _sampler(lengths), _sampler(lengths, seed=1)
    assert not one.batch(0).inputs.equal(other.batch(0).inputs)
    later = round(one.steps_per_epoch)
    assert not one.batch(0).inputs.equal(one.batch(later).inputs)


def test_a_step_never_has_more_rows_than_an_epoch() -> None:
    sampler = _sampler([3, 4], rows=100)
    assert sampler.rows == 1
    assert sampler.steps_per_epoch == 1
    assert sampler.batch(7).inputs.shape == (1, 16)


def test_an_epoch_may_end_inside_a_step() -> None:
    sampler = _sampler([15] * 5, rows=2)
    assert sampler.steps_per_epoch == 2.5
    names = [span.document for step in range(5) for span in sampler.spans(step)]
    assert Counter(names) == {f"d{i}": 2 for i in range(5)}


def test_a_split_without_documents_is_refused() -> None:
    with pytest.raises(GlaswerkError, match="the split 'train' holds nothing to train on"):
        PackedSampler(stream_of({}), length=8, rows=1, seed=0)


@given(st.floats(0.1, 3.0))
@settings(max_examples=20, deadline=None)
def test_replayed_tokens_are_the_share_that_was_wished(share: float) -> None:
    main, other = stream_of(documents_of([9] * 20)), stream_of(documents_of([4] * 200, prefix="r"))
    sampler = PackedSampler(main, length=16, rows=2, seed=3, replay=other, share=share)
    first = next(iter(sampler.visits(10**6)))
    replayed = int(first.tokens[first.document >= 20].sum())
    wished = share * 200
    assert wished <= replayed + 5
    assert replayed <= min(wished + 10, 1000)


def test_no_share_replays_nothing() -> None:
    main, other = stream_of(documents_of([9] * 4)), stream_of(documents_of([4] * 9, prefix="r"))
    sampler = PackedSampler(main, length=16, rows=2, seed=3, replay=other)
    assert list(sampler.documents) == [f"d{i}" for i in range(4)]


def test_what_is_lost_of_dialogues_is_a_share_of_their_labels() -> None:
    sampler = _sampler([5, 6])
    assert sampler.lost == 0
