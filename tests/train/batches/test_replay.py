"""The order of an earlier run over shards that lack some documents: all the rest at the same steps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_shards import documents_of, stream_of

from glaswerk.core.errors import GlaswerkError
from glaswerk.train.batches.replay import ReplaySampler, check_replay, left_out
from glaswerk.train.batches.sampler import PackedSampler

LENGTHS = list(range(3, 33))


def _pair(gone: set[str], *, rows: int = 3) -> tuple[PackedSampler, ReplaySampler]:
    documents = documents_of(LENGTHS)
    before = stream_of(documents)
    now = stream_of({name: ids for name, ids in documents.items() if name not in gone})
    packing = {"length": 32, "rows": rows, "seed": 4}
    return PackedSampler(before, **packing), ReplaySampler(before, now={"train": now}, **packing)


@given(st.sets(st.integers(0, len(LENGTHS) - 1), max_size=20))
@settings(max_examples=20, deadline=None)
def test_steps_have_the_documents_that_are_left_in_the_same_order(gone: set[int]) -> None:
    names = {f"d{i}" for i in gone}
    before, after = _pair(names)
    for step in range(8):
        expected = [span.document for span in before.spans(step) if span.document not in names]
        assert [span.document for span in after.spans(step)] == expected


@given(st.sets(st.integers(0, len(LENGTHS) - 1), max_size=20))
@settings(max_examples=20, deadline=None)
def test_visits_leave_out_what_is_gone_and_nothing_else(gone: set[int]) -> None:
    before, after = _pair({f"d{i}" for i in gone})
    for old, new in zip(before.visits(8), after.visits(8), strict=True):
        kept = old.only(~np.isin(old.document, list(gone)))
        assert [part.tolist() for part in new] == [part.tolist() for part in kept]


def test_nothing_gone_is_the_run_itself() -> None:
    before, after = _pair(set())
    for step in range(8):
        assert after.batch(step).inputs.equal(before.batch(step).inputs)
        assert after.spans(step) == before.spans(step)


def test_the_rows_keep_their_length_and_number() -> None:
    before, after = _pair({"d3", "d7"})
    assert after.batch(0).inputs.shape == before.batch(0).inputs.shape
    assert after.steps_per_epoch == before.steps_per_epoch


def test_a_document_of_another_length_counts_as_gone() -> None:
    before = stream_of({"a": [1, 2, 3], "b": [4, 5]})
    now = stream_of({"a": [1, 2], "b": [4, 5]})
    assert left_out(before, now) == ["a"]
    sampler = ReplaySampler(before, now={"train": now}, length=8, rows=1, seed=0)
    assert {span.document for step in range(2) for span in sampler.spans(step)} == {"b"}


def test_spans_are_offsets_in_the_new_file() -> None:
    before = stream_of({"a": [1, 2, 3], "b": [4, 5]})
    now = stream_of({"b": [4, 5]})
    sampler = ReplaySampler(before, now={"train": now}, length=8, rows=1, seed=0)
    (span,) = sampler.spans(0)
    assert (span.start, span.end) == (-1, 2)
    assert sampler.batch(0).labels[0, :3].tolist() == [4, 5, 0]


def test_new_documents_are_not_seen_by_a_replay() -> None:
    before, now = stream_of({"a": [1, 2]}), stream_of({"new": [7, 8], "a": [1, 2]})
    sampler = ReplaySampler(before, now={"train": now}, length=8, rows=1, seed=0)
    assert [span.document for span in sampler.spans(0)] == ["a"]
    assert left_out(before, now) == []


def test_a_step_with_nothing_left_is_refused_by_number() -> None:
    before, after = _pair({f"d{i}" for i in range(1, len(LENGTHS))}, rows=1)
    check_replay(before, 8)
    with pytest.raises(
        GlaswerkError, match=r"of 8 steps saw only documents that are gone, first step \d"
    ) as no:
        check_replay(after, 8)
    assert "--how rebuild" in str(no.value.hint)
