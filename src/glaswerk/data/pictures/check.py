"""Pictures as untrusted input: four formats, limited size, decoded once to verify that they are complete."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from dataclasses import dataclass

from PIL import Image

from glaswerk.data.files.limits import PICTURE_BYTES, PICTURE_PIXELS
from glaswerk.data.pictures.metadata import without_metadata
from glaswerk.data.pictures.png_surplus import has_surplus

# Pillow's names; MPO is a JPEG followed by further pictures, as phones write it.
_SUFFIXES = {"JPEG": "jpg", "MPO": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif"}
_OPENED = ("JPEG", "PNG", "WEBP", "GIF")
_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")
# Errors that Pillow's decoders raise on damage.
_DAMAGE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    struct.error,
    zlib.error,
)
_ORIENTATION, _GPS = 0x0112, 0x8825


@dataclass(frozen=True, slots=True)
class Picture:
    """A complete picture without metadata; of animations only the first frame was decoded.

    `width` and `height` are in pixels as stored, before the EXIF orientation that may remain is applied.
    `stripped`: metadata was removed; `placed`: it said where the picture was taken.
    """

    data: bytes
    suffix: str
    width: int
    height: int
    stripped: bool
    placed: bool


def check(data: bytes) -> Picture | str:
    """The picture without its metadata, or the reason why it is left out.

    Reasons: unsupported_picture, oversized_picture, broken_picture (see `reasons.ADDING`).
    """
    if len(data) > PICTURE_BYTES:
        return "oversized_picture"
    try:
        with warnings.catch_warnings():
            # Ignores warnings about metadata, which is removed anyway, and sizes, checked below.
            warnings.simplefilter("ignore")
            return _checked(data)
    except Image.DecompressionBombError:
        return "oversized_picture"
    except _DAMAGE:
        known = data.startswith(_MAGIC) or (data[:4], data[8:12]) == (b"RIFF", b"WEBP")
        return "broken_picture" if known else "unsupported_picture"


def _checked(data: bytes) -> Picture | str:
    with Image.open(io.BytesIO(data), formats=_OPENED) as image:
        width, height = image.size
        if width * height > PICTURE_PIXELS or has_surplus(data):
            return "oversized_picture"
        image.load()
        suffix = _SUFFIXES[str(image.format)]
        orientation, placed = _exif(image)
    clean = without_metadata(data, suffix, orientation)
    if clean == data:
        return Picture(data, suffix, width, height, stripped=False, placed=placed)
    with Image.open(io.BytesIO(clean), formats=_OPENED) as image:
        image.load()
        if image.size != (width, height):
            return "broken_picture"
    # XMP that names a place contains this word.
    placed = placed or (b"GPSLatitude" in data and b"GPSLatitude" not in clean)
    return Picture(clean, suffix, width, height, stripped=True, placed=placed)


def _exif(image: Image.Image) -> tuple[int, bool]:
    """Orientation, and whether a place is named; damaged EXIF does not make the picture invalid."""
    try:
        exif = image.getexif()
        orientation = exif.get(_ORIENTATION, 1)
        return orientation if isinstance(orientation, int) else 1, _GPS in exif
    except _DAMAGE:
        return 1, False
