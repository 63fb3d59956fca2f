"""Which steps saw given documents: as walking through all of them finds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_shards import documents_of, stream_of

from glaswerk.rerun.steps_touched import TouchedSteps
from glaswerk.train.batches.sampler import PackedSampler

LENGTHS = [5, 30, 2, 17, 9, 9, 40, 1, 12, 3]


def _sampler(rows: int = 2) -> PackedSampler:
    return PackedSampler(stream_of(documents_of(LENGTHS)), length=16, rows=rows, seed=1)


@given(st.sets(st.integers(0, len(LENGTHS) - 1)), st.integers(0, 25), st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_it_equals_walking_through_the_spans(chosen: set[int], steps: int, rows: int) -> None:
    sampler, names = _sampler(rows), {f"d{i}" for i in chosen}
    found = TouchedSteps.of(sampler, names, steps)
    spans = [[s for s in sampler.spans(step) if s.document in names] for step in range(steps)]
    walked = [sum(span.end - span.start for span in step) for step in spans]
    assert found.tokens.tolist() == walked
    assert found.total == sum(walked)
    assert found.steps == sum(tokens > 0 for tokens in walked)
    assert found.first == next((step for step, tokens in enumerate(walked) if tokens), None)
    assert found.documents == {span.document for step in spans for span in step}


def test_documents_that_no_step_saw_touch_nothing() -> None:
    found = TouchedSteps.of(_sampler(), {"nobody", ""}, 10)
    assert (found.first, found.steps, found.total, found.documents) == (None, 0, 0, frozenset())


def test_no_steps_saw_nothing() -> None:
    found = TouchedSteps.of(_sampler(), {"d0"}, 0)
    assert found.tokens.shape == (0,)
    assert found.first is None


def test_all_documents_are_all_tokens() -> None:
    sampler = _sampler()
    found = TouchedSteps.of(sampler, set(sampler.documents), 12)
    assert found.tokens.tolist() == [sampler.batch(step).tokens for step in range(12)]
