"""Log-probabilities of labels, and their gradients, against torch's log_softmax."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.model import build
from glaswerk.plan import shape_for
from glaswerk.train.batches.batches import IGNORED, Batch
from glaswerk.train.objective import likelihood
from glaswerk.train.objective.likelihood import (
    label_log_probabilities,
    rows_of,
    token_log_probabilities,
)
from glaswerk.train.objective.loss import linear_cross_entropy


def _case(rows: int, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    chance = torch.Generator().manual_seed(seed)
    hidden = torch.randn(rows, 12, generator=chance, dtype=torch.float64).requires_grad_()
    weight = torch.randn(40, 12, generator=chance, dtype=torch.float64).requires_grad_()
    labels = torch.randint(0, 40, (rows,), generator=chance)
    labels[torch.rand(rows, generator=chance) < 0.3] = IGNORED
    return hidden, weight, labels


@given(st.integers(1, 30), st.integers(0, 99), st.sampled_from([1, 160, 1 << 20]))
@settings(max_examples=25, deadline=None)
def test_value_and_gradients_equal_torchs_for_any_size_of_piece(rows: int, seed: int, piece: int) -> None:
    hidden, weight, labels = _case(rows, seed)
    scale = torch.linspace(-1, 1, int((labels != IGNORED).sum()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(likelihood, "PIECE", piece)
        found = token_log_probabilities(hidden, weight, labels)
        (found * scale).sum().backward()
    ours = hidden.grad, weight.grad
    hidden.grad = weight.grad = None
    counted = labels != IGNORED
    expected = (hidden @ weight.T).log_softmax(-1)[counted, labels[counted]]
    (expected * scale).sum().backward()
    torch.testing.assert_close(found.double(), expected, atol=1e-5, rtol=1e-5)
    for mine, theirs in zip(ours, (hidden.grad, weight.grad), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-4, rtol=1e-4)


def test_their_mean_is_the_cross_entropy_of_the_training_loss() -> None:
    hidden, weight, labels = _case(30, 1)
    loss, _ = linear_cross_entropy(hidden.float(), weight.float(), labels)
    mean = token_log_probabilities(hidden.float(), weight.float(), labels).mean()
    torch.testing.assert_close(-mean, loss)


def test_labels_of_a_batch_come_row_after_row() -> None:
    model = build(shape_for(100_000, 320, 64), seed=3, end_id=0, turn_end_id=1).eval()
    batch = Batch.of(torch.randint(0, 300, (2, 9), generator=torch.Generator().manual_seed(0)))
    batch.labels[0, :3] = IGNORED
    found = label_log_probabilities(model, batch)
    logits = model(input_ids=batch.inputs).logits.log_softmax(-1)
    expected = [logits[r, c, batch.labels[r, c]].item() for r in range(2) for c in range(8) if r or c >= 3]
    assert found.tolist() == pytest.approx(expected, abs=1e-4)
    assert rows_of(batch.labels).tolist() == [0] * 5 + [1] * 8


def test_without_a_label_there_is_no_value_and_the_gradient_is_zero() -> None:
    hidden, weight, _ = _case(4, 0)
    found = token_log_probabilities(hidden, weight, torch.full((4,), IGNORED))
    found.sum().backward()
    assert found.shape == (0,)
    assert weight.grad is not None
    assert not weight.grad.any()


@pytest.mark.parametrize(
    ("labels", "rows"),
    [([[1, IGNORED], [IGNORED, 2]], [0, 1]), ([[IGNORED] * 2] * 2, []), ([[1, 2], [3, 4]], [0, 0, 1, 1])],
)
def test_each_counted_label_knows_its_row(labels: list[list[int]], rows: list[int]) -> None:
    assert rows_of(torch.tensor(labels)).tolist() == rows
