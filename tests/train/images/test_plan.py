"""Presets and settings of image runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.model.images.network import PictureNetwork
from glaswerk.train.images.plan import PRESETS, SIDES, ImageConfig, plan


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_has_heads_that_divide_its_width(name: str) -> None:
    preset = PRESETS[name]
    head = preset.width // preset.heads
    assert head * preset.heads == preset.width
    assert head % 4 == 0, "half a head turns with the row, half with the column"
    assert preset.most in SIDES


@pytest.mark.parametrize("name", sorted(PRESETS))
@pytest.mark.parametrize("side", SIDES)
def test_every_side_is_a_multiple_of_its_patch(name: str, side: int) -> None:
    planned = plan(ImageConfig(preset=name, side=side), 64)
    assert planned.side % planned.patch == 0
    assert planned.tokens == (side // planned.patch) ** 2


def test_what_the_user_sets_replaces_the_preset() -> None:
    planned = plan(ImageConfig(steps=7, batch=3, learning_rate=0.5, seed=9), 64)
    assert (planned.loop.steps, planned.rows, planned.loop.learning_rate) == (7, 3, 0.5)
    assert planned.seed == 9


def test_a_copied_text_encoder_learns_slower_unless_it_is_said_otherwise() -> None:
    assert plan(ImageConfig(), 64).text_ratio == 1.0
    assert plan(ImageConfig(), 64, copied=True).text_ratio == 0.1
    assert plan(ImageConfig(text_ratio=0.5), 64, copied=True).text_ratio == 0.5


@pytest.mark.parametrize("rate", [-1.0, 2.0, float("nan")])
def test_a_learning_rate_out_of_range_is_an_error_in_words(rate: float) -> None:
    with pytest.raises(GlaswerkError, match="learning-rate"):
        plan(ImageConfig(learning_rate=rate), 64)


def test_settings_that_matter_are_in_the_identity_of_a_run() -> None:
    config = ImageConfig()
    whole = plan(config, 64).settings()
    others = [
        replace(config, side=32),
        replace(config, steps=5),
        replace(config, batch=5),
        replace(config, learning_rate=0.1),
        replace(config, seed=1),
        replace(config, times=(0.0, 1.0)),
        replace(config, average=0.9),
        replace(config, text_ratio=0.1),
        replace(config, preset="tiny"),
    ]
    for other in others:
        assert plan(other, 64).settings() != whole


def test_the_network_of_the_cpu_preset_has_a_few_million_parameters() -> None:
    shape = plan(ImageConfig(), 64).shape(text_width=128)
    count = sum(p.numel() for p in PictureNetwork(shape).parameters())
    assert 2e6 < count < 7e6
    assert shape.bottleneck == 128


def test_small_patches_have_no_bottleneck() -> None:
    assert plan(ImageConfig(side=32), 64).shape(text_width=128).bottleneck == 0


@pytest.mark.parametrize("preset", ["", "CPU", "../cpu", "x" * 10_000])
def test_an_unknown_preset_is_named_with_those_that_are_there(preset: str) -> None:
    with pytest.raises(GlaswerkError, match=r"tiny, cpu, gpu, cluster") as error:
        plan(ImageConfig(preset=preset), 64)
    assert len(str(error.value)) < 200
