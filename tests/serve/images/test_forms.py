"""Pictures and masks that clients send."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from glaswerk.serve.contract.schema import check
from glaswerk.serve.errors import ApiError
from glaswerk.serve.images.forms import EDIT_FIELDS, MOST_BYTES, kept_of, opened, start_of, typed


def _file(image: Image.Image, kind: str = "PNG", **more: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_four_formats_are_opened(kind: str) -> None:
    assert opened(_file(Image.new("RGB", (9, 7)), kind), "image").size == (9, 7)


def test_a_picture_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert opened(_file(Image.new("RGB", (9, 7)), "JPEG", exif=exif), "image").size == (7, 9)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "invalid_image"),
        (b"%PDF-1.7", "invalid_image"),
        (b"<svg onload='alert(1)'/>", "invalid_image"),
        (_file(Image.new("RGB", (64, 64)))[:-30], "invalid_image"),
        (_file(Image.new("L", (20_000, 20_000))), "invalid_image"),
        (b"\0" * (MOST_BYTES + 1), "image_too_large"),
    ],
)
def test_hostile_files_are_refused_by_name(data: bytes, code: str) -> None:
    with pytest.raises(ApiError, match="image must") as error:
        opened(data, "image")
    assert (error.value.status, error.value.code) == (400, code)


def test_the_start_is_the_middle_at_the_size_of_the_picture() -> None:
    image = Image.new("RGB", (30, 10), "red")
    image.paste("blue", (10, 0, 20, 10))
    start = start_of(image, 16, 16)
    assert start.shape == (3, 16, 16)
    assert torch.equal(start[:, 8, 8], torch.tensor([-1.0, -1.0, 1.0]))


def test_what_is_opaque_stays() -> None:
    image, mask = Image.new("RGB", (32, 32)), Image.new("RGBA", (32, 32), (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (0, 0, 16, 32))
    kept = kept_of(mask, image, 16, 16)
    assert kept.dtype == torch.bool
    assert np.array_equal(kept[0].numpy(), [False] * 8 + [True] * 8)


def test_a_mask_may_be_a_palette_with_transparency() -> None:
    image = Image.new("RGB", (16, 16))
    mask = opened(_file(Image.new("P", (16, 16), 0), transparency=0), "mask")
    assert not kept_of(mask, image, 16, 16).any()


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (Image.new("RGBA", (16, 15)), "the size of the image, found 16x16 and 16x15"),
        (Image.new("RGB", (16, 16)), "found no transparency"),
        (Image.new("L", (16, 16)), "found no transparency"),
    ],
)
def test_masks_that_do_not_fit_are_named(mask: Image.Image, words: str) -> None:
    with pytest.raises(ApiError, match=words):
        kept_of(mask, Image.new("RGB", (16, 16)), 16, 16)


def test_texts_of_a_form_get_the_types_of_their_fields() -> None:
    fields = {"prompt": "12", "n": "2", "strength": "0.5", "stream": "true", "seed": "7", "size": "64x64"}
    found = typed(fields, EDIT_FIELDS)
    assert found == {
        "prompt": "12",
        "n": 2,
        "strength": 0.5,
        "stream": True,
        "seed": 7,
        "size": "64x64",
    }
    check(found, EDIT_FIELDS)


@pytest.mark.parametrize(
    "fields",
    [
        {"n": "two"},
        {"n": "1e9"},
        {"n": "9" * 40},
        {"strength": "0"},
        {"strength": "nan"},
        {"stream": "yes"},
        {"unknown": "1"},
    ],
)
def test_texts_that_do_not_fit_are_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ApiError) as error:
        check(typed({"prompt": "a boat", **fields}, EDIT_FIELDS), EDIT_FIELDS)
    assert error.value.status == 400
