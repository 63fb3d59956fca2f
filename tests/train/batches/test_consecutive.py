"""Two samplers in a row: the first up to a step, then the second with its own count of steps."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_shards import documents_of, stream_of

from glaswerk.train.batches.consecutive import Consecutive
from glaswerk.train.batches.sampler import PackedSampler


def _sampler(prefix: str, count: int, seed: int) -> PackedSampler:
    documents = documents_of([7] * count, prefix=prefix, seed=seed)
    return PackedSampler(stream_of(documents), length=16, rows=2, seed=seed)


@pytest.fixture
def parts() -> tuple[PackedSampler, PackedSampler]:
    return _sampler("a", 20, 0), _sampler("b", 12, 1)


@pytest.mark.parametrize(("at", "since"), [(4, 4), (4, 0), (0, 0), (9, 3)])
def test_each_step_is_that_of_the_sampler_whose_turn_it_is(
    parts: tuple[PackedSampler, PackedSampler], at: int, since: int
) -> None:
    first, then = parts
    both = Consecutive(first, then, at=at, since=since)
    for step in range(12):
        expected, place = (first, step) if step < at else (then, step - since)
        assert both.batch(step).inputs.equal(expected.batch(place).inputs)
        assert both.spans(step) == expected.spans(place)


@pytest.mark.parametrize(("at", "since"), [(4, 4), (4, 0), (0, 0), (9, 3)])
@pytest.mark.parametrize("steps", [0, 1, 4, 5, 14])
def test_visits_are_those_of_all_steps(
    parts: tuple[PackedSampler, PackedSampler], at: int, since: int, steps: int
) -> None:
    both = Consecutive(*parts, at=at, since=since)
    tokens: dict[tuple[int, str], int] = {}
    for seen in both.visits(steps):
        for document, step, count in zip(*map(np.ndarray.tolist, seen), strict=True):
            key = step, both.documents[document]
            tokens[key] = tokens.get(key, 0) + count
    walked: dict[tuple[int, str], int] = {}
    for step in range(steps):
        for span in both.spans(step):
            key = step, span.document
            walked[key] = walked.get(key, 0) + span.end - span.start
    assert tokens == walked


def test_epochs_are_those_of_the_second(parts: tuple[PackedSampler, PackedSampler]) -> None:
    both = Consecutive(*parts, at=3, since=3)
    assert both.steps_per_epoch == parts[1].steps_per_epoch
    assert both.tokens_per_epoch == parts[1].tokens_per_epoch
    assert both.lost == 0


def test_they_can_be_nested(parts: tuple[PackedSampler, PackedSampler]) -> None:
    first, then = parts
    inner = Consecutive(first, then, at=2, since=2)
    outer = Consecutive(inner, first, at=5, since=0)
    assert outer.spans(1) == first.spans(1)
    assert outer.spans(3) == then.spans(1)
    assert outer.spans(6) == first.spans(6)
