"""The watermark is found where it is, and not where it is not."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from glaswerk.release.marking.watermark import CELLS, THRESHOLD, detected, embed, pattern, score
from glaswerk.town.pictures import build_pictures

KEY, OTHER = b"k" * 32, b"o" * 32


@pytest.fixture(scope="module")
def scenes() -> list[Image.Image]:
    from random import Random

    return [
        Image.open(io.BytesIO(one.png())).resize((256, 256), Image.Resampling.BICUBIC)
        for one in build_pictures(6, Random(3))
    ]


def _jpeg(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file)


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image,
        lambda image: _jpeg(image, 50),
        lambda image: image.resize((180, 180)),
        lambda image: image.resize((500, 500)),
        lambda image: image.crop((11, 20, 241, 250)),
    ],
)
def test_it_survives_what_happens_to_pictures(
    scenes: list[Image.Image], change: Callable[[Image.Image], Image.Image]
) -> None:
    # Thick snow hides it in one scene; docs/how-to/images.md has shares of many pictures.
    assert sum(detected(change(embed(scene, KEY)), KEY) for scene in scenes) >= 4


def test_it_is_not_found_without_it_or_with_another_key(scenes: list[Image.Image]) -> None:
    assert not any(detected(scene, KEY) for scene in scenes)
    assert not any(detected(embed(scene, OTHER), KEY) for scene in scenes)


def test_it_is_faint(scenes: list[Image.Image]) -> None:
    for scene in scenes:
        away = np.asarray(scene, float) - np.asarray(embed(scene, KEY), float)
        assert 10 * np.log10(255**2 / (away**2).mean()) > 33


def test_a_pattern_follows_from_its_key_and_is_balanced() -> None:
    assert np.array_equal(pattern(KEY), pattern(KEY))
    assert not np.array_equal(pattern(KEY), pattern(OTHER))
    assert pattern(KEY).shape == (CELLS, CELLS)
    assert pattern(KEY).sum() == 0


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (640, 5)])
def test_odd_sizes_have_a_score(size: tuple[int, int]) -> None:
    assert score(embed(Image.new("RGB", size, "red"), KEY), KEY) < THRESHOLD * 100
