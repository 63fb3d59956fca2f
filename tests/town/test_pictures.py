"""Captioned pictures: drawn from data, the same on every machine."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from glaswerk.town.dice import dice
from glaswerk.town.pictures import COLOURS, WEATHERS, Picture, Thing, build_pictures
from tests.town.written import Town


def test_pictures_are_64_pixels_wide_and_described(town: Town) -> None:
    rows = [
        json.loads(line)
        for line in (town.out / "images/metadata.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert len(rows) == 40
    for row in rows:
        with Image.open(town.out / "images" / row["file_name"]) as image:
            assert image.size == (64, 64)
        for thing in row["objects"]:
            assert thing["colour"] in row["text"]
            assert thing["shape"] in row["text"] or (thing["shape"], "people") == ("person", "people")


@pytest.mark.parametrize(
    ("thing", "phrase"),
    [
        (Thing("house", "red", 1, "left"), "one red house on the left"),
        (Thing("house", "red", 2, "right"), "two red houses on the right"),
        (Thing("fish", "blue", 3, "middle"), "three blue fish in the middle"),
        (Thing("person", "green", 2, "middle"), "two green people in the middle"),
    ],
)
def test_a_phrase_counts_and_places_its_things(thing: Thing, phrase: str) -> None:
    assert thing.phrase() == phrase


def test_a_caption_names_things_time_and_weather() -> None:
    things = (Thing("tree", "green", 1, "left"), Thing("boat", "white", 1, "right"))
    picture = Picture(things, "dusk", "rain", 1)
    assert picture.caption == "one green tree on the left and one white boat on the right, at dusk, with rain"


def test_the_same_picture_is_drawn_with_the_same_bytes() -> None:
    one, two = (build_pictures(3, dice(1, "pictures")) for _ in range(2))
    assert [picture.png() for picture in one] == [picture.png() for picture in two]


@pytest.mark.parametrize("time_of_day", ["day", "dusk", "night"])
@pytest.mark.parametrize("weather", WEATHERS)
def test_time_and_weather_can_be_seen(time_of_day: str, weather: str) -> None:
    things = (Thing("house", "red", 1, "left"),)
    shown = Image.open(io.BytesIO(Picture(things, time_of_day, weather, 1).png()))
    other = Image.open(io.BytesIO(Picture(things, "day", "snow" if weather != "snow" else "fog", 1).png()))
    assert shown.mode == "RGB"
    assert shown.tobytes() != other.tobytes()


@pytest.mark.parametrize("colour", list(COLOURS))
def test_the_colour_of_a_thing_is_in_its_picture(colour: str) -> None:
    picture = Picture((Thing("house", colour, 1, "middle"),), "day", "clear", 1)
    image = Image.open(io.BytesIO(picture.png()))
    shown = {pixel for _, pixel in image.getcolors(64 * 64) or []}
    assert COLOURS[colour] in shown
