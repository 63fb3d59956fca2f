"""The loss in pieces equals torch's in one, value and gradients."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from glaswerk.train.batches.batches import IGNORED
from glaswerk.train.machine.precision import autocast
from glaswerk.train.objective import loss as loss_module
from glaswerk.train.objective.loss import Z_LOSS, linear_cross_entropy

VOCABULARY = 3000


@pytest.mark.parametrize("masked", [0, 23])
def test_value_and_gradients_equal_torchs(masked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss_module, "PIECE", 50 * VOCABULARY)
    torch.manual_seed(0)
    rows = 2 * 50 + 37
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
    from glaswerk.model import build
    from glaswerk.plan import shape_for
    from glaswerk.train.batches.batches import Batch
    from glaswerk.train.objective.next_token import next_token

    model = build(shape_for(100_000, 320, 64), seed=3, end_id=0, turn_end_id=1)
    torch.manual_seed(0)
    ids = torch.randint(0, 300, (3, 20))
    batch = Batch.of(ids)
    report, _ = next_token(model, batch, batch.counted())
    torch.testing.assert_close(report["loss"], model(input_ids=ids, labels=ids).loss, rtol=1e-5, atol=1e-6)


def test_bf16_products_change_value_and_gradients_by_their_rounding_only() -> None:
    torch.manual_seed(0)
    hidden = torch.randn(200, 64, requires_grad=True)
    weight = (torch.randn(500, 64) / 8).requires_grad_()
    labels = torch.randint(0, 500, (200,))
    results = []
    for precision in ("fp32", "bf16"):
        with autocast(precision):
            _, total = linear_cross_entropy(hidden, weight, labels)
        total.backward()
        results.append((total.detach(), hidden.grad, weight.grad))
        hidden.grad = weight.grad = None
    (exact, *gradients), (rounded, *rough) = results
    assert exact.dtype == rounded.dtype == rough[0].dtype == torch.float32
    assert exact != rounded
    torch.testing.assert_close(exact, rounded, rtol=2e-3, atol=0)
    for ours, theirs in zip(rough, gradients, strict=True):
        assert (ours - theirs).norm() < 0.01 * theirs.norm()


def test_a_batch_without_a_labelled_token_has_a_finite_loss_and_no_gradient() -> None:
    hidden, weight = torch.randn(4, 8, requires_grad=True), torch.randn(30, 8, requires_grad=True)
    _, total = linear_cross_entropy(hidden, weight, torch.full((4,), IGNORED))
    total.backward()
    assert total.item() == 0
    assert weight.grad is not None
    assert not weight.grad.any()
