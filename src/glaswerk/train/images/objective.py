"""The loss of a picture network: it predicts the clean picture, and is judged by the velocity that follows.

x-prediction with v-loss (Li & He 2025, "Back to basics"): pictures lie near a surface of few dimensions,
noise and velocities do not, so a small network predicts pictures best.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from transformers import PreTrainedModel

from glaswerk.train.batches.batches import Batch
from glaswerk.train.images.batches import PictureBatch

# As the sampler divides.
_SMALLEST_TIME = 0.05


def flow(model: PreTrainedModel, batch: Batch, total: int) -> tuple[Mapping[str, Tensor], Tensor]:
    """The squared error of the velocity, a mean over pixels; `error`: that of the clean picture."""
    assert isinstance(batch, PictureBatch), "image runs have picture batches"
    errors = squared_errors(model, batch)
    loss = (errors / batch.times.clamp(min=_SMALLEST_TIME) ** 2).sum() / total
    return {"loss": loss, "error": errors.sum() / total}, loss


def squared_errors(model: PreTrainedModel, batch: PictureBatch) -> Tensor:
    """The squared error of each clean picture, (rows,), a mean over pixels and colours."""
    clean, times = batch.clean(), batch.times[:, None, None, None]
    noisy = (1 - times) * clean + times * batch.noise
    mask = batch.positions.bool()
    states = model.states(batch.inputs, mask)
    predicted: Tensor = model(noisy, batch.times, states, mask)
    return (predicted.float() - clean).square().mean(dim=(1, 2, 3))


def velocity_losses(model: PreTrainedModel, batch: PictureBatch) -> Tensor:
    """The loss of each picture, (rows,), without gradients."""
    with torch.no_grad():
        return squared_errors(model, batch) / batch.times.clamp(min=_SMALLEST_TIME) ** 2
