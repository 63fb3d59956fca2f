"""Log-probabilities of given tokens, differentiable, without the logits of a whole batch at once."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from glaswerk.train.batches.batches import IGNORED, Batch
from glaswerk.train.objective.loss import PIECE, product_type
from glaswerk.train.objective.next_token import hidden_states, is_plain_head, logits, output_weight


class _TokenLogProbabilities(torch.autograd.Function):
    """(hidden, weight, labels) → log-probability of every label. Backward projects again, piece by piece."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, labels: Tensor) -> Tensor:
        values = hidden.new_empty(len(hidden), dtype=torch.float32)
        normalisers = torch.empty_like(values)
        kind = product_type(hidden)
        factor = weight.to(kind)
        with torch.autocast(hidden.device.type, enabled=False):
            for piece in _pieces(hidden, weight):
                logits = (hidden[piece].to(kind) @ factor.T).float()
                normalisers[piece] = logits.logsumexp(-1)
                values[piece] = logits.gather(1, labels[piece, None])[:, 0] - normalisers[piece]
        ctx.save_for_backward(hidden, weight, labels, normalisers)
        ctx.kind = kind
        return values

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        hidden, weight, labels, normalisers = ctx.saved_tensors
        grad_hidden, grad_weight = torch.empty_like(hidden), torch.zeros_like(weight)
        factor = weight.to(ctx.kind)
        for piece in _pieces(hidden, weight):
            rows, scale = hidden[piece].to(ctx.kind), gradients[0][piece, None]
            logits = (rows @ factor.T).float()
            # d/dlogits: one-hot - softmax.
            powers = logits.sub_(normalisers[piece, None]).exp_().mul_(-scale)
            gradient = powers.scatter_add_(1, labels[piece, None], scale).to(ctx.kind)
            grad_hidden[piece] = (gradient @ factor).to(hidden.dtype)
            grad_weight += gradient.T @ rows
        return grad_hidden, grad_weight, None


def _pieces(hidden: Tensor, weight: Tensor) -> list[slice]:
    rows = max(1, PIECE // weight.shape[0])
    return [slice(start, start + rows) for start in range(0, len(hidden), rows)]


def token_log_probabilities(hidden: Tensor, weight: Tensor, labels: Tensor) -> Tensor:
    """Natural log-probability of each label that counts, fp32, in their order.

    hidden: (tokens, width) after the last norm; weight: (vocabulary, width) of the output projection;
    labels: (tokens,) int64, -100 to skip a token. Under autocast the products have its dtype.
    """
    counted = labels != IGNORED
    if not bool(counted.all()):
        hidden, labels = hidden[counted], labels[counted]
    values: Tensor = _TokenLogProbabilities.apply(hidden, weight, labels)  # type: ignore[no-untyped-call]
    return values


def label_log_probabilities(model: PreTrainedModel, batch: Batch) -> Tensor:
    """Log-probability of every label of a batch that counts, row after row, fp32."""
    if not is_plain_head(model):
        counted = batch.labels != IGNORED
        shares = logits(model, batch)[counted].float().log_softmax(-1)
        return shares.gather(1, batch.labels[counted][:, None])[:, 0]
    hidden = hidden_states(model, batch).flatten(0, 1)
    return token_log_probabilities(hidden, output_weight(model), batch.labels.flatten())


def rows_of(labels: Tensor) -> Tensor:
    """For every label that counts, in the order of `label_log_probabilities`, the index of its row."""
    return (labels != IGNORED).nonzero()[:, 0]
