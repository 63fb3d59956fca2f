"""The loss of a picture network, against a formula written out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from small_painters import small_painter

from glaswerk.model.images.picture_model import PictureModel
from glaswerk.train.images.batches import PictureBatch, made
from glaswerk.train.images.objective import flow, squared_errors


@pytest.fixture
def model(tmp_path: Path) -> PictureModel:
    return small_painter(tmp_path).model


def _batch(times: list[float]) -> PictureBatch:
    rng = np.random.default_rng(5)
    pixels = rng.integers(0, 256, (len(times), 16, 16, 3)).astype(np.uint8)
    ids = torch.full((len(times), 3), 7)
    return made(pixels, ids, torch.ones_like(ids, dtype=torch.bool), np.array(times), rng, 4)


def test_the_loss_is_the_squared_error_of_the_velocity(model: PictureModel) -> None:
    batch = _batch([0.5, 0.9])
    clean, times = batch.clean(), batch.times[:, None, None, None]
    noisy = (1 - times) * clean + times * batch.noise
    mask = batch.positions.bool()
    with torch.no_grad():
        predicted = model(noisy, batch.times, model.states(batch.inputs, mask), mask)
        report, loss = flow(model, batch, batch.counted())
    # The velocity from clean to noise is noise - clean, and (noisy - clean) / time is the same.
    true, found = batch.noise - clean, (noisy - predicted) / times
    assert torch.allclose(loss, (true - found).square().mean(), rtol=1e-3)
    assert torch.allclose(report["error"], (predicted - clean).square().mean(), rtol=1e-4)


def test_near_the_end_the_loss_is_bounded_as_the_sampler_divides(model: PictureModel) -> None:
    with torch.no_grad():
        for time in (0.001, 0.05):
            batch = _batch([time])
            assert torch.allclose(
                flow(model, batch, 1)[1], squared_errors(model, batch).sum() / 0.05**2, rtol=1e-4
            )


def test_gradients_reach_the_text_encoder(model: PictureModel) -> None:
    flow(model, _batch([0.5]), 1)[1].backward()
    reached = [p.grad is not None and bool(p.grad.any()) for p in model.text_encoder.parameters()]
    assert all(reached)
