"""Attention written out for short rows on a CPU gives what torch's own gives."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.model import build
from glaswerk.plan import Shape
from glaswerk.train.batches.batches import Batch
from glaswerk.train.machine.precision import autocast
from glaswerk.train.objective.attention import NAME, use_attention
from glaswerk.train.objective.next_token import hidden_states

SHAPE = Shape(vocab_size=128, width=64, layers=2, heads=2, feed_forward=96, context=1024)


def _batch(rows: list[list[int]]) -> Batch:
    chance = torch.Generator().manual_seed(0)
    pieces = []
    for row in rows:
        ids = [torch.randint(0, 128, (n + 1,), generator=chance).numpy() for n in row]
        pieces.append([(one[:-1], one[1:]) for one in ids])
    return Batch.filled(pieces, max(map(sum, rows)), pad=0)


def _states(batch: Batch, precision: str, *, ours: bool) -> torch.Tensor:
    model = build(SHAPE, seed=1, end_id=0, turn_end_id=1).eval()
    for name, parameter in model.named_parameters():
        if name.endswith("o_proj.weight"):  # built as zeros, with which attention would not matter
            torch.nn.init.normal_(parameter, std=0.1, generator=torch.Generator().manual_seed(2))
    if ours:
        use_attention(model)
    with torch.no_grad(), autocast(precision):
        return hidden_states(model, batch).float()


@given(st.lists(st.lists(st.integers(1, 12), min_size=1, max_size=3), min_size=1, max_size=3))
@settings(max_examples=8, deadline=None)
def test_short_rows_in_bf16_differ_by_their_rounding_alone(rows: list[list[int]]) -> None:
    batch = _batch(rows)
    ours, theirs = (_states(batch, "bf16", ours=own) for own in (True, False))
    own = torch.arange(batch.inputs.shape[1]) < batch.sizes[:, None]
    assert (ours - theirs)[own].norm() < 0.02 * theirs[own].norm()


@pytest.mark.parametrize("rows", [[[5, 7], [12]], [[600]]])
def test_fp32_and_long_rows_are_left_to_torch(rows: list[list[int]]) -> None:
    batch = _batch(rows)
    assert torch.equal(_states(batch, "fp32", ours=True), _states(batch, "fp32", ours=False))


def test_the_model_names_the_attention_it_uses() -> None:
    model = build(SHAPE, seed=1, end_id=0, turn_end_id=1)
    use_attention(model)
    assert model.config._attn_implementation == NAME


def test_a_piece_is_not_changed_by_its_neighbours() -> None:
    alone, packed = _batch([[6]]), _batch([[6, 5]])
    assert torch.equal(alone.inputs[0], packed.inputs[0, :6])
    ours = _states(packed, "bf16", ours=True)[0, :6]
    assert (ours - _states(alone, "bf16", ours=True)[0]).norm() < 0.02 * ours.norm()
