"""A PNG that unpacks to far more than its pixels is refused, whole pictures are not."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from glaswerk.data.pictures.check import Picture, check
from glaswerk.data.pictures.png_surplus import has_surplus


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(pixels: bytes, *, side: int = 1, parts: int = 1) -> bytes:
    """A grey PNG whose data are `pixels`, in so many chunks."""
    packed = zlib.compress(pixels, 9)
    size = -(-len(packed) // parts)
    cut = [packed[start : start + size] for start in range(0, len(packed), size)]
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunk(b"IDAT", part) for part in cut) + chunk(b"IEND", b"")


@pytest.mark.parametrize("parts", [1, 7])
def test_one_pixel_with_data_for_millions_is_a_bomb(parts: int) -> None:
    bomb = png(bytes(64 << 20), parts=parts)
    assert len(bomb) < 100_000
    assert check(bomb) == "oversized_picture"


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("size", [(1, 1), (640, 3), (1200, 900)])
def test_whole_pictures_of_every_kind_have_none(mode: str, size: tuple[int, int]) -> None:
    file = io.BytesIO()
    Image.new(mode, size).save(file, "PNG")
    assert not has_surplus(file.getvalue())
    assert isinstance(check(file.getvalue()), Picture)


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", png(b"\0\0")[:30], png(b"\0\0")[:50]])
def test_what_is_cut_or_no_png_is_left_to_the_decoder(data: bytes) -> None:
    assert not has_surplus(data)
    assert isinstance(check(data), str)
