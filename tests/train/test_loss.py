"""The loss in pieces equals torch's in one, value and gradients."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from glaswerk.train.loss import _PIECE, IGNORED, Z_LOSS, linear_cross_entropy

VOCABULARY = 3000


@pytest.mark.parametrize("masked", [0, 123])
def test_value_and_gradients_equal_torchs(masked: int) -> None:
    torch.manual_seed(0)
    rows = 2 * (_PIECE // VOCABULARY) + 7
    hidden = torch.randn(rows, 24, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(VOCABULARY, 24, dtype=torch.float64, requires_grad=True)
    labels = torch.randint(0, VOCABULARY, (rows,))
    labels[:masked] = IGNORED
    loss, total = linear_cross_entropy(hidden, weight, labels)
    (total * 2).backward()
    ours = hidden.grad, weight.grad
    hidden.grad = weight.grad = None
    logits = hidden @ weight.T
    reference = F.cross_entropy(logits, labels, ignore_index=IGNORED)
    penalty = Z_LOSS * logits[labels != IGNORED].logsumexp(-1).square().mean()
    ((reference + penalty) * 2).backward()
    torch.testing.assert_close(loss, reference)
    torch.testing.assert_close(total, reference + penalty)
    torch.testing.assert_close(ours, (hidden.grad, weight.grad))


def test_the_loss_of_a_network_equals_the_one_that_transformers_computes() -> None:
    from glaswerk.model import build, shape_for
    from glaswerk.train.batches import Batch
    from glaswerk.train.loop import losses

    model = build(shape_for(100_000, 320, 64), seed=3, end_id=0, turn_end_id=1)
    torch.manual_seed(0)
    ids = torch.randint(0, 300, (3, 20))
    loss, _ = losses(model, Batch(ids[:, :-1], ids[:, 1:]))
    torch.testing.assert_close(loss, model(input_ids=ids, labels=ids).loss, rtol=1e-5, atol=1e-6)
