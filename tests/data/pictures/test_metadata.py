"""Metadata goes from every format, the orientation stays, and no bytes do harm."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from glaswerk.data.pictures.metadata import without_metadata

FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "gif": "GIF"}


def encoded(suffix: str, **more: Any) -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize((12, 9)).convert("RGB").save(file, FORMATS[suffix], **more)
    return file.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


SAMPLES = [encoded(suffix) for suffix in FORMATS]


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
@pytest.mark.parametrize("orientation", range(2, 9))
def test_the_orientation_is_the_only_entry_that_is_left(suffix: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "Camera of somebody"
    clean = without_metadata(encoded(suffix, exif=exif), suffix, orientation)
    assert b"somebody" not in clean
    with Image.open(io.BytesIO(clean)) as image:
        image.load()
        assert dict(image.getexif()) == {0x0112: orientation}


@pytest.mark.parametrize("orientation", [0, 1, 9, -1, 70_000])
def test_an_upright_or_impossible_orientation_is_not_written(orientation: int) -> None:
    data = encoded("jpg")
    assert without_metadata(data, "jpg", orientation) == data


@pytest.mark.parametrize("suffix", sorted(FORMATS))
def test_cleaning_twice_changes_nothing_more(suffix: str) -> None:
    once = without_metadata(encoded(suffix, comment=b"words"), suffix)
    assert without_metadata(once, suffix) == once
    assert b"words" not in once


def test_unknown_chunks_of_a_png_go_and_those_that_change_its_looks_stay() -> None:
    data = encoded("png")
    gamma, private = chunk(b"gAMA", struct.pack(">I", 45_455)), chunk(b"prVt", b"serial number")
    clean = without_metadata(data[:33] + gamma + private + data[33:], "png")
    assert clean == data[:33] + gamma + data[33:]


@pytest.mark.parametrize(
    ("segment", "stays"),
    [
        (b"\xff\xe0\x00\x12JFXX\0" + bytes(11), False),
        (b"\xff\xe1\x00\x08Exif\0\0", False),
        (b"\xff\xe2\x00\x0fICC_PROFILE\0\1", True),
        (b"\xff\xe2\x00\x06MPF\0", False),
        (b"\xff\xed\x00\x06IPTC", False),
        (b"\xff\xee\x00\x0eAdobe" + bytes(7), True),
        (b"\xff\xfe\x00\x07words", False),
    ],
)
def test_segments_of_a_jpeg_stay_only_if_they_change_its_looks(segment: bytes, stays: bool) -> None:
    data = encoded("jpg")
    clean = without_metadata(data[:2] + segment + data[2:], "jpg")
    assert clean == (data[:2] + segment + data[2:] if stays else data)


@pytest.mark.parametrize(("suffix", "size"), [("png", 40), ("webp", 15), ("gif", 9), ("jpg", 4)])
def test_a_structure_that_ends_too_early_is_a_value_error(suffix: str, size: int) -> None:
    with pytest.raises(ValueError, match=f"{suffix} file"):
        without_metadata(encoded(suffix)[:size], suffix)


def test_a_block_that_no_gif_has_is_a_value_error() -> None:
    data = encoded("gif")
    with pytest.raises(ValueError, match="0x99"):
        without_metadata(data[:-1] + b"\x99", "gif")


@given(
    st.sampled_from(sorted(FORMATS)), st.binary(max_size=200) | st.sampled_from(SAMPLES), st.integers(0, 9)
)
def test_anything_ends_in_bytes_or_a_value_error(suffix: str, data: bytes, orientation: int) -> None:
    try:
        clean = without_metadata(data, suffix, orientation)
    except ValueError:
        return
    # At most a header, an orientation and an end are added.
    assert len(clean) <= len(data) + 80
