"""Pictures as untrusted input: what is taken, what is refused, and that only pixels and looks remain."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from glaswerk.data.files.limits import PICTURE_BYTES
from glaswerk.data.pictures.check import Picture, check
from glaswerk.data.store.reasons import ADDING

FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "gif": "GIF"}
GPS = ExifTags.IFD.GPSInfo
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>51,30N</exif:GPSLatitude></x:xmpmeta>'


def encoded(suffix: str, side: int = 16, **more: Any) -> bytes:
    """A small picture whose colours run across it."""
    image = Image.linear_gradient("L").resize((side, side + 4)).convert("RGB")
    file = io.BytesIO()
    image.save(file, FORMATS[suffix], **more)
    return file.getvalue()


def _exif(orientation: int = 6) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x013B] = "Somebody's name"
    exif.get_ifd(GPS).update({1: "N", 2: (51.0, 30.0, 0.0)})
    return exif


def _pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGBA").tobytes()


@pytest.mark.parametrize("suffix", sorted(FORMATS))
def test_a_picture_without_metadata_stays_as_it_is_to_the_byte(suffix: str) -> None:
    data = encoded(suffix)
    assert check(data) == Picture(data, suffix, 16, 20, stripped=False, placed=False)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_places_and_names_go_and_pixels_orientation_and_colours_stay(suffix: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(suffix, exif=_exif(), icc_profile=profile)
    found = check(data)
    assert isinstance(found, Picture)
    assert (found.stripped, found.placed) == (True, True)
    with Image.open(io.BytesIO(found.data)) as image:
        assert dict(image.getexif()) == {0x0112: 6}
        assert image.info["icc_profile"] == profile
    assert _pixels(found.data) == _pixels(data)
    assert b"Somebody" in data
    assert b"Somebody" not in found.data
    assert check(found.data) == Picture(found.data, suffix, 16, 20, stripped=False, placed=False)


def test_damaged_metadata_is_no_fault_of_the_picture() -> None:
    found = check(encoded("jpg", exif=b"Exif\0\0MM\0*nonsense"))
    assert isinstance(found, Picture)
    assert (found.data, found.placed) == (encoded("jpg"), False)


def _with_text(suffix: str) -> bytes:
    if suffix == "png":
        info = PngImagePlugin.PngInfo()
        info.add_text("Comment", "private words")
        return encoded("png", pnginfo=info)
    return encoded(suffix, comment=b"private words")


@pytest.mark.parametrize("suffix", ["jpg", "png", "gif"])
def test_comments_go(suffix: str) -> None:
    data = _with_text(suffix)
    found = check(data)
    assert isinstance(found, Picture)
    assert (found.stripped, found.placed) == (True, False)
    assert b"private words" in data
    assert b"private words" not in found.data
    assert _pixels(found.data) == _pixels(data)


@pytest.mark.parametrize("suffix", ["jpg", "webp"])
def test_a_place_in_xmp_is_seen_and_goes(suffix: str) -> None:
    found = check(encoded(suffix, xmp=XMP))
    assert isinstance(found, Picture)
    assert found.placed
    assert b"GPSLatitude" not in found.data


@pytest.mark.parametrize("suffix", sorted(FORMATS))
def test_what_stands_behind_the_end_of_a_picture_goes(suffix: str) -> None:
    data = encoded(suffix)
    found = check(data + encoded("jpg", exif=_exif()))
    assert isinstance(found, Picture)
    assert found.data == data


def test_progressive_jpegs_and_moving_gifs_stay_whole() -> None:
    progressive = encoded("jpg", 64, progressive=True, quality=95, comment=b"private words")
    found = check(progressive)
    assert isinstance(found, Picture)
    assert _pixels(found.data) == _pixels(progressive)
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], loop=0, comment=b"private words")
    found = check(file.getvalue())
    assert isinstance(found, Picture)
    with Image.open(io.BytesIO(found.data)) as image:
        assert (getattr(image, "n_frames", 1), image.info["loop"]) == (3, 0)


def _huge() -> bytes:
    header = struct.pack(">II5B", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    whole = encoded("png")
    return whole[:8] + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + whole[33:]


def _bmp() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, "BMP")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "unsupported_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported_picture"),
        (_bmp(), "unsupported_picture"),
        (_huge(), "oversized_picture"),
        (bytes(PICTURE_BYTES + 1), "oversized_picture"),
        *((data[: len(data) * 2 // 3], "broken_picture") for data in map(encoded, FORMATS)),
    ],
)
def test_what_is_no_whole_picture_of_bounded_size_has_a_named_reason(data: bytes, reason: str) -> None:
    assert check(data) == reason
    assert reason in ADDING


WHOLE = [
    encoded("jpg", exif=_exif(), comment=b"x"),
    encoded("png", exif=_exif()),
    encoded("webp", exif=_exif()),
    encoded("gif", comment=b"x"),
    encoded("webp", lossless=True),
    encoded("jpg", progressive=True),
]
CHANGES = st.lists(st.tuples(st.integers(0, 1500), st.binary(max_size=6)), max_size=4)


def changed(data: bytes, changes: list[tuple[int, bytes]], cut: int) -> bytes:
    """`data` with stretches overwritten and its last `cut` bytes taken away."""
    for place, new in changes:
        data = data[:place] + new + data[place + len(new) :]
    return data[: len(data) - cut]


@given(st.sampled_from(WHOLE), CHANGES, st.integers(0, 900))
def test_a_damaged_picture_is_taken_whole_or_has_a_named_reason(
    data: bytes, changes: list[tuple[int, bytes]], cut: int
) -> None:
    found = check(changed(data, changes, cut))
    if isinstance(found, str):
        assert found in ADDING
        return
    with Image.open(io.BytesIO(found.data)) as image:
        assert image.getexif().keys() <= {0x0112}
    again = check(found.data)
    assert isinstance(again, Picture)
    assert (again.width, again.height, again.data) == (found.width, found.height, found.data)
