"""Recognises what a picture of the made-up town shows, by drawing every possibility and comparing.

The town's pictures are drawn by code, so every object, colour, count and place can be drawn again without
anything else, and the one nearest to a picture is what it shows. On the town's own pictures this is right in
every case of 150 (tests/evaluate/images/test_scenes.py). Of a drawn one it always names the
nearest possibility, however rough the drawing is, which flatters.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from glaswerk.town.pictures import COLOURS, COUNT_WORDS, POSITIONS, SIDE, Picture, Thing

ON_LAND, ON_WATER = ("house", "tree", "bicycle", "flower"), ("boat", "fish")
_TIMES = {"by day": "day", "at dusk": "dusk", "at night": "night"}
_WEATHERS = {"a clear sky": "clear", "rain": "rain", "snow": "snow", "fog": "fog"}
_THING = re.compile(r"(one|two|three) (\w+) (\w+) (?:on the (left|right)|in the (middle))")
Pixels = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a caption of the town says: the things on land and on water, the time and the weather."""

    things: tuple[Thing, ...]
    time_of_day: str
    weather: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the things of a prompt are there: objects and colours; and counts and places as well."""

    objects: bool
    everything: bool


def read_caption(text: str) -> Scene | None:
    """The scene of a caption of the town, or None for any other text."""
    shown, _, rest = text.partition(", ")
    when, _, sky = rest.partition(", with ")
    things = tuple(_thing(*found) for found in _THING.findall(shown))
    if when not in _TIMES or sky not in _WEATHERS or not things or any(t.shape == "" for t in things):
        return None
    return Scene(things, _TIMES[when], _WEATHERS[sky])


def _thing(count: str, colour: str, noun: str, side: str, middle: str) -> Thing:
    singular = {"people": "person", "fish": "fish"}.get(noun, noun)
    shape = next((s for s in (*ON_LAND, *ON_WATER) if singular in (s, s + "s")), "")
    return Thing(shape, colour, COUNT_WORDS.index(count), side or middle)


def judge(image: Image.Image, scene: Scene) -> Verdict:
    """Compare what the picture shows with what the scene has; the picture may have any size."""
    pixels = _pixels(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS))
    found = [
        _nearest(pixels, ON_LAND if thing.shape in ON_LAND else ON_WATER, scene) for thing in scene.things
    ]
    pairs = list(zip(found, scene.things, strict=True))
    objects = all((a.shape, a.colour) == (b.shape, b.colour) for a, b in pairs)
    return Verdict(objects, objects and all(a == b for a, b in pairs))


def _nearest(pixels: Pixels, shapes: Sequence[str], scene: Scene) -> Thing:
    """The thing whose drawing is nearest to the picture, where it or any rival would be."""
    things, drawn, masks = _drawings(tuple(shapes), scene.time_of_day, scene.weather == "fog")
    # The squared distance inside a thing's outline, less what the empty ground would have there.
    ground = drawn[0]
    gained = ((pixels - drawn) ** 2 - (pixels - ground) ** 2) * masks[..., None]
    return things[int(gained.sum(axis=(1, 2, 3))[1:].argmin())]


@lru_cache(maxsize=32)
def _drawings(
    shapes: tuple[str, ...], time_of_day: str, fog: bool
) -> tuple[list[Thing], Pixels, NDArray[np.bool_]]:
    """All things of these shapes; their drawings and outlines, of which the first is the empty ground."""
    every = product(shapes, COLOURS, (1, 2, 3), POSITIONS)
    things = [Thing(shape, colour, count, place) for shape, colour, count, place in every]
    weather = "fog" if fog else "clear"
    drawn = np.stack(
        [_drawn((), time_of_day, weather), *(_drawn((t,), time_of_day, weather) for t in things)]
    )
    masks = np.abs(drawn - drawn[0]).max(axis=-1) > 2
    return things, drawn, masks


def _drawn(things: tuple[Thing, ...], time_of_day: str, weather: str) -> Pixels:
    return _pixels(Image.open(io.BytesIO(Picture(things, time_of_day, weather, 0).png())))


def _pixels(image: Image.Image) -> Pixels:
    return np.asarray(image, np.float32)
