"""What a step sees is computed from seed and step, and every caption comes once an epoch."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from small_painters import small_painter

from glaswerk.data.pictures.captions import Caption
from glaswerk.train.images.batches import DROPPED, PictureSampler
from glaswerk.train.images.objective import flow, velocity_losses


@pytest.fixture
def sampler(tmp_path: Path) -> PictureSampler:
    captions = [Caption(f"d{i}", "s", f"p{i // 2}", f"a red house {i}", "", "own") for i in range(10)]
    pixels = np.stack([np.full((16, 16, 3), 20 * i, np.uint8) for i in range(5)])
    prompts = small_painter(tmp_path).prompts
    return PictureSampler(captions, pixels, prompts, rows=4, seed=3, tokens=4, times=(0.0, 1.0))


def test_a_step_is_always_the_same_and_no_other_step_is(sampler: PictureSampler) -> None:
    one, again, other = sampler.batch(7), sampler.batch(7), sampler.batch(8)
    for field in ("inputs", "pixels", "times", "noise"):
        assert torch.equal(getattr(one, field), getattr(again, field))
    assert not torch.equal(one.noise, other.noise)


def test_every_caption_comes_once_an_epoch(sampler: PictureSampler) -> None:
    seen = Counter(span.document for step in range(5) for span in sampler.spans(step))
    assert seen == {f"d{i}": 2 for i in range(10)}
    assert sampler.steps_per_epoch == 2.5


def test_pictures_belong_to_their_captions(sampler: PictureSampler) -> None:
    for step in range(5):
        numbers = [int(span.document[1:]) // 2 for span in sampler.spans(step)]
        assert sampler.batch(step).pixels[:, 0, 0, 0].tolist() == [20 * number for number in numbers]


def test_a_tenth_of_the_captions_is_dropped(sampler: PictureSampler) -> None:
    lengths = [int(n) for step in range(400) for n in sampler.batch(step).positions.sum(1)]
    assert sum(n == 1 for n in lengths) / len(lengths) == pytest.approx(DROPPED, abs=0.03)


def test_losses_of_parts_add_up_to_that_of_the_batch(sampler: PictureSampler, tmp_path: Path) -> None:
    model, batch = small_painter(tmp_path / "m").model, sampler.batch(0)
    whole = flow(model, batch, batch.counted())[1]
    parts = sum(flow(model, part, batch.counted())[1] for part in batch.micro(3))
    assert torch.allclose(whole, torch.as_tensor(parts), rtol=1e-4)
    assert torch.allclose(velocity_losses(model, batch).mean(), whole, rtol=1e-4)
