"""What a picture of the town shows is recognised exactly, and captions are read back."""

from __future__ import annotations

import io
from dataclasses import replace
from random import Random

import pytest
from PIL import Image

from glaswerk.evaluate.images.scenes import Scene, judge, read_caption
from glaswerk.town.pictures import Picture, Thing, build_pictures

PICTURES = build_pictures(12, Random(11))


def _image(picture: Picture) -> Image.Image:
    return Image.open(io.BytesIO(picture.png()))


def _scene(picture: Picture) -> Scene:
    return Scene(picture.things, picture.time_of_day, picture.weather)


@pytest.mark.parametrize("picture", build_pictures(40, Random(2)), ids=lambda one: one.caption[:40])
def test_captions_of_the_town_are_read_back(picture: Picture) -> None:
    assert read_caption(picture.caption) == _scene(picture)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a red house",
        "two red houses on the left",
        "two red lighthouses on the left, by day, with rain",
        "two red houses on the left, by noon, with rain",
        "two red houses on the left, by day, with hail",
        "four red houses on the left, by day, with rain",
    ],
)
def test_other_texts_are_no_captions_of_the_town(text: str) -> None:
    assert read_caption(text) is None


@pytest.mark.parametrize("picture", PICTURES, ids=lambda one: one.caption[:40])
def test_the_towns_own_pictures_show_what_they_say(picture: Picture) -> None:
    verdict = judge(_image(picture), _scene(picture))
    assert verdict.objects
    assert verdict.everything


@pytest.mark.parametrize(
    "other",
    [
        Thing("house", "blue", 2, "left"),
        Thing("tree", "red", 2, "left"),
        Thing("house", "red", 3, "left"),
        Thing("house", "red", 2, "right"),
    ],
)
def test_a_wrong_colour_object_count_or_place_is_noticed(other: Thing) -> None:
    said = Thing("house", "red", 2, "left")
    verdict = judge(_image(Picture((other,), "day", "clear", 1)), Scene((said,), "day", "clear"))
    assert not verdict.everything
    assert verdict.objects == ((other.shape, other.colour) == (said.shape, said.colour))


@pytest.mark.parametrize("side", [32, 128])
def test_pictures_of_other_sizes_are_recognised(side: int) -> None:
    picture = Picture((Thing("boat", "yellow", 2, "middle"),), "dusk", "clear", 4)
    image = _image(picture).resize((side, side), Image.Resampling.LANCZOS)
    assert judge(image, _scene(picture)).everything


@pytest.mark.slow
def test_an_empty_or_noisy_picture_is_not_taken_for_all_of_them() -> None:
    scenes = [_scene(picture) for picture in PICTURES]
    noise = Image.effect_noise((64, 64), 80).convert("RGB")
    assert sum(judge(noise, scene).everything for scene in scenes) <= 1
    grey = Image.new("RGB", (64, 64), (128, 128, 128))
    assert sum(judge(grey, scene).everything for scene in scenes) <= 1


def test_the_second_thing_counts_too() -> None:
    both = Picture((Thing("house", "red", 1, "left"), Thing("boat", "blue", 1, "right")), "day", "clear", 3)
    assert judge(_image(both), _scene(both)).everything
    alone = replace(both, things=both.things[:1])
    assert not judge(_image(alone), _scene(both)).everything
