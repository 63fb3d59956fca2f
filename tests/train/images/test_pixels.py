"""Pictures are decoded upright, square and on white."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from picture_labs import add_colours
from PIL import Image

from glaswerk.data.pictures.captions import CaptionSet
from glaswerk.data.pictures.square import square
from glaswerk.lab import Lab
from glaswerk.train.images.pixels import decoded, forget_pixels, usual_side


def _file(image: Image.Image, kind: str = "PNG", **more: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


def test_the_middle_of_a_wide_picture_is_kept() -> None:
    image = Image.new("RGB", (30, 10), "red")
    image.paste("blue", (10, 0, 20, 10))
    assert square(_file(image), 10).getcolors() == [(100, (0, 0, 255))]


def test_what_is_transparent_becomes_white() -> None:
    assert square(_file(Image.new("RGBA", (8, 8), (0, 0, 0, 0))), 8).getpixel((4, 4)) == (255, 255, 255)
    palette = Image.new("P", (8, 8), 0)
    assert square(_file(palette, transparency=0), 8).getpixel((4, 4)) == (255, 255, 255)


def test_a_picture_is_turned_as_its_orientation_says() -> None:
    image = Image.new("RGB", (8, 8), "white")
    image.paste("black", (0, 0, 8, 4))
    exif = Image.Exif()
    exif[0x0112] = 3
    assert square(_file(image, exif=exif), 8).getpixel((4, 7)) == (0, 0, 0)


def test_all_pictures_of_a_corpus_are_decoded_once(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path / "lab")
    trained = CaptionSet.of(add_colours(lab, tmp_path / "pictures")).trained
    assert usual_side(lab, trained) == 20
    found = decoded(lab, trained, 16, tmp_path / "run")
    assert found.shape == (len(trained), 16, 16, 3)
    assert np.array_equal(decoded(lab, trained, 16, tmp_path / "run"), found)
    forget_pixels(tmp_path / "run")
    assert not list((tmp_path / "run").iterdir())
