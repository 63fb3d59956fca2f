"""Rows hold every piece once, hardly any padding, and no piece sees another."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.model import build
from glaswerk.plan import shape_for
from glaswerk.train.batches.batches import IGNORED, Batch
from glaswerk.train.batches.packing import best_fit, pack_rows
from glaswerk.train.batches.sampler import PackedSampler
from glaswerk.train.batches.stream import Stream
from glaswerk.train.objective.next_token import hidden_states, next_token

END = 0


def _stream(lengths: list[int], *, first: int = 1, mask: list[int] | None = None) -> Stream:
    """Documents of these lengths; every token but the end has an id of its own."""
    ends = np.cumsum(np.array(lengths) + 1) - 1
    tokens = np.arange(first, first + ends[-1] + 1).astype(np.uint32)
    tokens[ends] = END
    marks = None if mask is None else np.array(mask, np.uint8)
    names = [f"d{i}" for i in range(len(lengths))]
    split = "train" if mask is None else "chat"
    return Stream(split, names, tokens, ends - np.array(lengths), ends, END, marks)


@given(st.lists(st.integers(1, 64), min_size=1, max_size=200), st.integers(0, 9))
@settings(max_examples=80, deadline=None)
def test_every_piece_is_in_one_row_and_no_row_is_too_full(lengths: list[int], seed: int) -> None:
    sizes = np.array(lengths)
    packed = pack_rows(sizes, 64, np.random.default_rng(seed))
    assert sorted(packed.pieces.tolist()) == list(range(len(lengths)))
    rows = [sizes[packed.row(i)].sum() for i in range(len(packed.ends))]
    assert all(0 < total <= 64 for total in rows)


@given(st.lists(st.integers(1, 64), min_size=1, max_size=120))
@settings(max_examples=60, deadline=None)
def test_as_many_rows_as_the_plain_algorithm_needs(lengths: list[int]) -> None:
    room: list[int] = []
    for length in sorted(lengths, reverse=True):
        fitting = [space for space in room if space >= length]
        space = min(fitting) if fitting else 64
        if fitting:
            room.remove(space)
        room.append(space - length)
    assert sum(kind.count for kind in best_fit(np.bincount(lengths, minlength=65), 64)) == len(room)


def test_posts_leave_less_than_one_per_cent_of_padding() -> None:
    lengths = np.clip(np.random.default_rng(0).lognormal(3.5, 0.6, 20_000).astype(int), 1, 256)
    packed = pack_rows(lengths, 256, np.random.default_rng(1))
    assert lengths.sum() > 0.99 * 256 * len(packed.ends)


def _labels(sampler: PackedSampler, steps: range) -> list[int]:
    found = torch.cat([sampler.batch(i).labels.flatten() for i in steps])
    return sorted(found[found != IGNORED].tolist())


@given(
    lengths=st.lists(st.integers(1, 50), min_size=1, max_size=40),
    rows=st.integers(1, 5),
    seed=st.integers(0, 5),
)
@settings(max_examples=60, deadline=None)
def test_epochs_see_every_token_of_every_document_once(lengths: list[int], rows: int, seed: int) -> None:
    stream = _stream(lengths)
    sampler = PackedSampler(stream, length=16, rows=rows, seed=seed)
    # So many steps that whole epochs end where a step ends.
    epochs = sampler.rows
    steps = round(sampler.steps_per_epoch * epochs)
    assert _labels(sampler, range(steps)) == sorted(stream.tokens.tolist() * epochs)


def test_what_a_step_saw_is_computed_and_equals_what_it_was_given() -> None:
    stream = _stream([5, 40, 12, 3, 30, 9])
    sampler = PackedSampler(stream, length=16, rows=2, seed=3)
    for step in range(4):
        batch, spans = sampler.batch(step), sampler.spans(step)
        told = [stream.read(s.start, s.end - s.start)[0] for s in spans]
        held = [row[:size] for row, size in zip(batch.inputs, batch.sizes, strict=True)]
        assert np.concatenate(told).tolist() == torch.cat(held).tolist()
    assert {s.document for step in range(8) for s in sampler.spans(step)} == {f"d{i}" for i in range(6)}


def test_ranks_and_micro_batches_share_the_rows_of_a_step() -> None:
    batch = PackedSampler(_stream([7] * 60), length=16, rows=6, seed=0).batch(2)
    for many in (1, 2, 3):
        parts = [part for rank in range(many) for part in batch.part(rank, many).micro(1)]
        assert sorted(map(tuple, torch.cat([p.inputs for p in parts]).tolist())) == sorted(
            map(tuple, batch.inputs.tolist())
        )
        assert sum(part.counted() for part in parts) == batch.counted()


def test_a_dialogue_has_loss_on_its_answers_and_is_cut_between_exchanges() -> None:
    exchange = [0] * 4 + [1] * 3  # four tokens of a question, three of an answer
    stream = _stream([28, 7], mask=[*exchange * 4, 0, *exchange, 0])
    pieces = stream.pieces(15)
    assert pieces.lost == 0
    spans = sorted(zip(pieces.start.tolist(), pieces.length.tolist(), strict=True))
    assert spans == [(0, 13), (14, 13), (29, 6)]
    sampler = PackedSampler(stream, length=15, rows=9, seed=0)
    answers = stream.tokens[stream.mask == 1].tolist()
    assert _labels(sampler, range(1)) == sorted(answers)


def test_an_exchange_longer_than_a_row_loses_its_end_and_says_so() -> None:
    stream = _stream([14, 7], mask=[0] * 4 + [1] * 10 + [0] + [0] * 4 + [1] * 3 + [0])
    sampler = PackedSampler(stream, length=9, rows=9, seed=0)
    assert sampler.lost == pytest.approx(4 / (4 + 9 + 6))
    assert len(_labels(sampler, range(1))) == 9


def test_replay_is_another_choice_each_epoch_of_the_wished_size() -> None:
    main, replay = _stream([9] * 20), _stream([9] * 400, first=10_001)
    sampler = PackedSampler(main, length=32, rows=2, seed=0, replay=replay, share=0.5)
    steps = round(sampler.steps_per_epoch)
    seen = [_labels(sampler, range(i * steps, (i + 1) * steps)) for i in range(2)]
    choices = [{t for t in labels if t > 10_000} for labels in seen]
    assert abs(len(choices[0]) - 90) <= 27
    assert choices[0] != choices[1]


def test_no_piece_sees_another() -> None:
    model = build(shape_for(100_000, 320, 64), seed=3, end_id=0, turn_end_id=1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.02)
    sampler = PackedSampler(_stream([11, 30, 5, 18, 9, 26]), length=40, rows=3, seed=0)
    batch = sampler.batch(0)
    packed = hidden_states(model, batch)
    for row, starts in enumerate(batch.positions == 0):
        borders = [*torch.nonzero(starts).flatten().tolist(), len(starts)]
        for first, after in pairwise(borders):
            alone = hidden_states(model, Batch.of(batch.inputs[row : row + 1, [*range(first, after), first]]))
            torch.testing.assert_close(packed[row, first:after], alone[0], rtol=1e-4, atol=1e-5)


def test_the_loss_of_a_packed_batch_is_that_of_its_documents_one_by_one() -> None:
    model = build(shape_for(100_000, 320, 64), seed=3, end_id=0, turn_end_id=1)
    stream = _stream([11, 30, 5, 18, 9, 26])
    sampler = PackedSampler(stream, length=40, rows=3, seed=0)
    batch = sampler.batch(0)
    report, _ = next_token(model, batch, batch.counted())
    total = torch.zeros(())
    for start, end in zip(stream.starts, stream.ends, strict=True):
        ids, labels = stream.read(int(start) - 1, int(end - start) + 1)
        logits = model(input_ids=torch.from_numpy(ids)[None]).logits[0]
        total += torch.nn.functional.cross_entropy(logits, torch.from_numpy(labels), reduction="sum")
    torch.testing.assert_close(report["loss"], total / batch.counted(), rtol=1e-5, atol=1e-6)
