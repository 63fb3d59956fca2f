"""Copies of training pictures are noticed, and pictures that only look alike are not."""

from __future__ import annotations

import io
from random import Random

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from glaswerk.evaluate.images.nearest import GRID, copied_share, features, nearest
from glaswerk.town.pictures import build_pictures


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    return [Image.open(io.BytesIO(one.png())).convert("RGB") for one in build_pictures(60, Random(8))]


def test_features_are_small_pictures(pictures: list[Image.Image]) -> None:
    found = features(pictures[:3])
    assert found.shape == (3, GRID * GRID * 3)
    assert np.array_equal(features([pictures[0].resize((64, 64))])[0], found[0])


def test_a_copy_finds_its_original(pictures: list[Image.Image]) -> None:
    known = features(pictures[:40])
    found = nearest(known[[7, 3]], known)
    assert found.places == [7, 3]
    assert found.distances == pytest.approx([0, 0], abs=1e-3)
    assert found.median == pytest.approx(0, abs=1e-3)


def test_more_rows_than_fit_at_once_are_compared(pictures: list[Image.Image]) -> None:
    known = features(pictures)
    many = np.concatenate([known, known])
    assert nearest(many, known).places == [*range(60), *range(60)]


def test_a_model_that_copies_has_a_high_share_and_one_that_does_not_a_low_one(
    pictures: list[Image.Image],
) -> None:
    known = features(pictures[:40])
    held_out = nearest(features(pictures[40:]), known)
    copies = nearest(features([ImageEnhance.Brightness(one).enhance(1.01) for one in pictures[:20]]), known)
    fresh = [Image.open(io.BytesIO(one.png())) for one in build_pictures(20, Random(99))]
    assert copied_share(copies, held_out) == 1
    assert copied_share(nearest(features(fresh), known), held_out) <= 0.2
