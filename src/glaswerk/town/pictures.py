"""Captioned pictures of the town, 64 x 64 pixels, drawn by code."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageDraw

SIDE = 64
# Drawn four times as large and averaged down: smooth edges, and the same bytes on every machine.
SCALE = 4
COLOURS = {
    "red": (200, 45, 40),
    "blue": (50, 90, 200),
    "yellow": (240, 205, 50),
    "green": (50, 150, 70),
    "white": (240, 240, 235),
    "orange": (235, 130, 35),
    "purple": (130, 70, 165),
    "black": (35, 35, 40),
}
COUNT_WORDS = ("", "one", "two", "three")
POSITIONS = {"left": 14, "middle": 32, "right": 50}
_SKIES = {"day": (150, 200, 240), "dusk": (235, 150, 110), "night": (25, 30, 70)}
_GROUNDS = {"day": (110, 170, 90), "dusk": (95, 115, 75), "night": (35, 60, 50)}
_WATERS = {"day": (70, 130, 190), "dusk": (90, 90, 140), "night": (20, 40, 90)}
WEATHERS = ("clear", "rain", "snow", "fog")
Ink = tuple[int, int, int]
Brush = Callable[[ImageDraw.ImageDraw, float, float, Ink], None]


@dataclass(frozen=True)
class Thing:
    """Objects of one kind in a picture."""

    shape: str
    colour: str
    count: int
    position: str

    def phrase(self) -> str:
        """For example "two red houses on the left"."""
        plural = {"fish": "fish", "person": "people"}.get(self.shape, self.shape + "s")
        noun = self.shape if self.count == 1 else plural
        side = "in the middle" if self.position == "middle" else f"on the {self.position}"
        return f"{COUNT_WORDS[self.count]} {self.colour} {noun} {side}"


@dataclass(frozen=True)
class Picture:
    """What a picture shows, as data; `png()` draws it."""

    things: tuple[Thing, ...]
    time_of_day: str
    weather: str
    seed: int

    @property
    def caption(self) -> str:
        """Part of a sentence, without a full stop."""
        shown = " and ".join(thing.phrase() for thing in self.things)
        sky = {"clear": "a clear sky", "rain": "rain", "snow": "snow", "fog": "fog"}[self.weather]
        when = {"day": "by day", "dusk": "at dusk", "night": "at night"}[self.time_of_day]
        return f"{shown}, {when}, with {sky}"

    def record(self, file_name: str) -> dict[str, object]:
        """The line for `metadata.jsonl`."""
        return {
            "file_name": file_name,
            "text": self.caption,
            "objects": [vars(thing) for thing in self.things],
            "time_of_day": self.time_of_day,
            "weather": self.weather,
        }

    def png(self) -> bytes:
        """The picture as PNG bytes."""
        return _draw(self)


def _box(draw: ImageDraw.ImageDraw, x0: float, y0: float, x1: float, y1: float, ink: Ink) -> None:
    draw.rectangle((x0 * SCALE, y0 * SCALE, x1 * SCALE - 1, y1 * SCALE - 1), fill=ink)


def _disc(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, ink: Ink) -> None:
    draw.ellipse(tuple(v * SCALE for v in (x - radius, y - radius, x + radius, y + radius)), fill=ink)


def _shape(draw: ImageDraw.ImageDraw, points: list[tuple[float, float]], ink: Ink) -> None:
    draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=ink)


def _ring(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, ink: Ink) -> None:
    box = tuple(v * SCALE for v in (x - radius, y - radius, x + radius, y + radius))
    draw.ellipse(box, outline=ink, width=SCALE + 1)


def _line(draw: ImageDraw.ImageDraw, points: list[tuple[float, float]], ink: Ink, width: float = 1.2) -> None:
    draw.line([(x * SCALE, y * SCALE) for x, y in points], fill=ink, width=round(width * SCALE))


def _house(draw: ImageDraw.ImageDraw, x: float, y: float, ink: Ink) -> None:
    _box(draw, x - 5, y - 8, x + 5, y, ink)
    _shape(draw, [(x - 6.5, y - 8), (x, y - 14), (x + 6.5, y - 8)], (90, 60, 50))
    _box(draw, x - 1.2, y - 4, x + 1.3, y, (70, 45, 35))
    _box(draw, x - 4, y - 6.5, x - 2, y - 4.5, (250, 230, 150))
    _box(draw, x + 2, y - 6.5, x + 4, y - 4.5, (250, 230, 150))


def _boat(draw: ImageDraw.ImageDraw, x: float, y: float, ink: Ink) -> None:
    _shape(draw, [(x - 7, y - 3), (x + 7, y - 3), (x + 4.5, y + 1), (x - 4.5, y + 1)], ink)
    _box(draw, x - 0.5, y - 13, x + 0.6, y - 3, (80, 55, 40))
    _shape(draw, [(x + 1, y - 13), (x + 6.5, y - 5), (x + 1, y - 5)], (245, 245, 240))


def _tree(draw: ImageDraw.ImageDraw, x: float, y: float, ink: Ink) -> None:
    _box(draw, x - 1, y - 6, x + 1, y, (95, 65, 40))
    for dx, dy, radius in ((-2.5, -8, 3.5), (2.5, -8, 3.5), (0, -11, 4)):
        _disc(draw, x + dx, y + dy, radius, ink)


def _fish(draw: ImageDraw.ImageDraw, x: float, y: float, ink: Ink) -> None:
    draw.ellipse(tuple(v * SCALE for v in (x - 5, y - 5, x + 4, y)), fill=ink)
    _shape(draw, [(x + 3, y - 2.5), (x + 7, y - 5.5), (x + 7, y + 0.5)], ink)
    _disc(draw, x - 3, y - 3, 0.7, (250, 250, 250))


def _bicycle(draw: ImageDraw.ImageDraw, x: float, y: float, ink: Ink) -> None:
    _ring(draw, x - 4, y - 3, 3, ink)
    _ring(draw, x + 4, y - 3, 3, ink)
    _line(draw, [(x - 4, y - 3), (x - 1.5, y - 7.5), (x + 2.5, y - 7.5), (x, y - 3), (x - 4, y - 3)], ink)
    _line(draw, [(x, y - 3), (x - 2, y - 9)], ink)
    _line(draw, [(x + 4, y - 3), (x + 2, y - 9.5), (x + 4, y - 9.5)], ink)


def _flower(draw: ImageDraw.ImageDraw, x: float, y: float, ink: Ink) -> None:
    _line(draw, [(x, y), (x, y - 7)], (40, 110, 50))
    for dx, dy in ((-2, 0), (2, 0), (0, -2), (0, 2)):
        _disc(draw, x + dx, y - 8 + dy, 1.7, ink)
    _disc(draw, x, y - 8, 1.3, (250, 220, 90))


_ON_LAND: dict[str, Brush] = {"house": _house, "tree": _tree, "bicycle": _bicycle, "flower": _flower}
_ON_WATER: dict[str, Brush] = {"boat": _boat, "fish": _fish}
_WIDTHS = {"house": 14, "tree": 12, "bicycle": 15, "flower": 9, "boat": 15, "fish": 14}


def _cloud(draw: ImageDraw.ImageDraw, x: float, y: float) -> None:
    for dx, dy, radius in ((-5, 1, 3.5), (0, -1, 4.5), (5, 1, 3.5)):
        _disc(draw, x + dx, y + dy, radius, (150, 155, 165))


def _background(draw: ImageDraw.ImageDraw, picture: Picture, rng: Random) -> None:
    _box(draw, 0, 0, SIDE, SIDE, _SKIES[picture.time_of_day])
    x = rng.choice((10, 32, 54))
    if picture.weather == "clear":
        _disc(draw, x, 10, 5, (250, 220, 80) if picture.time_of_day != "night" else (235, 235, 215))
        if picture.time_of_day == "night":
            _disc(draw, x + 2, 9, 4, _SKIES["night"])
    elif picture.weather != "fog":
        _cloud(draw, x, 9)
    hill = (90, 140, 90) if picture.time_of_day == "day" else (50, 75, 65)
    _shape(draw, [(0, 36), (16, 27), (34, 34), (50, 25), (64, 33), (64, 40), (0, 40)], hill)
    _box(draw, 0, 35, SIDE, 48, _GROUNDS[picture.time_of_day])
    _box(draw, 0, 48, SIDE, SIDE, _WATERS[picture.time_of_day])


def _weather(draw: ImageDraw.ImageDraw, picture: Picture, rng: Random) -> None:
    if picture.weather == "rain":
        for _ in range(45):
            x, y = rng.uniform(0, SIDE), rng.uniform(0, SIDE)
            _line(draw, [(x, y), (x - 1, y + 4)], (190, 210, 235), 0.6)
    elif picture.weather == "snow":
        for _ in range(60):
            _disc(draw, rng.uniform(0, SIDE), rng.uniform(0, SIDE), 0.9, (250, 250, 255))


def _place(draw: ImageDraw.ImageDraw, thing: Thing) -> None:
    brush = _ON_LAND.get(thing.shape) or _ON_WATER[thing.shape]
    baseline = 46 if thing.shape in _ON_LAND else 59
    step = _WIDTHS[thing.shape]
    margin = step * thing.count / 2
    centre = min(max(float(POSITIONS[thing.position]), margin), SIDE - margin)
    for number in range(thing.count):
        x = centre + (number - (thing.count - 1) / 2) * step
        brush(draw, x, baseline, COLOURS[thing.colour])


def _draw(picture: Picture) -> bytes:
    rng = Random(picture.seed)
    image = Image.new("RGB", (SIDE * SCALE, SIDE * SCALE))
    draw = ImageDraw.Draw(image)
    _background(draw, picture, rng)
    for thing in picture.things:
        _place(draw, thing)
    _weather(draw, picture, rng)
    image = image.resize((SIDE, SIDE), Image.Resampling.BOX)
    if picture.weather == "fog":
        image = Image.blend(image, Image.new("RGB", image.size, (205, 208, 212)), 0.5)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def _thing(shapes: dict[str, Brush], position: str, most: int, rng: Random) -> Thing:
    shape = rng.choice(sorted(shapes))
    colours = ["green", "orange", "red", "yellow"] if shape == "tree" else sorted(COLOURS)
    return Thing(shape, rng.choice(colours), rng.randint(1, most), position)


def build_pictures(count: int, rng: Random) -> list[Picture]:
    """`count` scenes: something on the bank, and in half of them something on the water."""
    pictures = []
    for _ in range(count):
        position = rng.choice(sorted(POSITIONS))
        things = [_thing(_ON_LAND, position, 3, rng)]
        if rng.random() < 0.6:
            things.append(_thing(_ON_WATER, rng.choice(sorted(POSITIONS)), 3, rng))
        time_of_day, weather = rng.choice(sorted(_SKIES)), rng.choice(WEATHERS)
        pictures.append(Picture(tuple(things), time_of_day, weather, rng.getrandbits(32)))
    return pictures
