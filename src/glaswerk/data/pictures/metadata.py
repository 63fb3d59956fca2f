"""Metadata that cameras and programs write into a picture, removed without touching a pixel.

EXIF, XMP and comments contain places, names, serial numbers and thumbnails of cropped parts; data after the
end of a picture may be a second picture or a film. All of it is removed, Content Credentials included. What
decides the appearance stays: colour profile, transparency, frames and the orientation. Formats: JPEG ITU T.81
B.1.1, PNG (W3C) 5.3, GIF89a, WebP RFC 9649 2.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

# The orientation, as the only entry of a big-endian TIFF: tag 0x0112, a short.
_ORIENTATION = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01%b\0\0\0\0\0\0"
_JPEG_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_CHUNKS = frozenset(
    (
        b"IHDR",
        b"PLTE",
        b"IDAT",
        b"IEND",
        b"tRNS",
        b"gAMA",
        b"cHRM",
        b"sRGB",
        b"iCCP",
        b"cICP",
        b"sBIT",
        b"bKGD",
        b"pHYs",
        b"acTL",
        b"fcTL",
        b"fdAT",
    )
)
_WEBP_CHUNKS = frozenset((b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
_GIF_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def without_metadata(data: bytes, suffix: str, orientation: int = 1) -> bytes:
    """The picture of format `suffix` (jpg, png, webp or gif) without metadata; unchanged if it has none.

    `orientation` is the EXIF value (1 to 8, 1 is upright), which is kept. Raises ValueError for a broken
    structure.
    """
    way_up = _ORIENTATION % struct.pack(">H", orientation) if 2 <= orientation <= 8 else b""
    try:
        return b"".join(_STRIPPERS[suffix](data, way_up))
    except (IndexError, struct.error) as error:
        raise ValueError(f"expected the structure of a {suffix} file, found its end") from error


def _jpeg(data: bytes, way_up: bytes) -> Iterator[bytes]:
    yield b"\xff\xd8"
    if way_up:
        yield struct.pack(">2sH", b"\xff\xe1", 8 + len(way_up)) + b"Exif\0\0" + way_up
    place, in_scan = 2, False
    while (found := _JPEG_MARKER.search(data, place)) is not None:
        marker = found[1][0]
        # Pixels follow the start of a scan (0xDA); elsewhere nothing belongs between segments.
        yield data[place : found.start()] if in_scan else b""
        if marker == 0xD9:  # the end of the picture
            yield b"\xff\xd9"
            return
        start = found.end()
        end = start + struct.unpack_from(">H", data, start)[0]
        in_scan = marker == 0xDA
        if _jpeg_keeps(marker, data[start + 2 : end]):
            yield b"\xff" + found[1] + data[start:end]
        place = end
    yield data[place:] if in_scan else b""


def _jpeg_keeps(marker: int, content: bytes) -> bool:
    match marker:
        case 0xE0:  # JFIF's header, without the thumbnail that may follow
            return content.startswith(b"JFIF\0") and len(content) == 14
        case 0xE2:
            return content.startswith(b"ICC_PROFILE\0")
        case 0xEE:  # Adobe's colour transform
            return content.startswith(b"Adobe") and len(content) == 12
    # Frames, tables, scans and restarts; the rest is application data and comments.
    return 0xC0 <= marker <= 0xDF


def _png(data: bytes, way_up: bytes) -> Iterator[bytes]:
    yield _PNG
    place = len(_PNG)
    while place < len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if end > len(data):
            break
        if kind in _PNG_CHUNKS:
            yield data[place:end]
        if kind == b"IHDR" and way_up:
            body = b"eXIf" + way_up
            yield struct.pack(">I", len(way_up)) + body + struct.pack(">I", zlib.crc32(body))
        if kind == b"IEND":
            return
        place = end
    raise ValueError("expected the end of a png file, found none")


def _webp(data: bytes, way_up: bytes) -> Iterator[bytes]:
    parts = []
    place, end = 12, min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    while place < end:
        kind, length = struct.unpack_from("<4sI", data, place)
        content = data[place + 8 : place + 8 + length]
        if kind == b"VP8X":
            # Bit 3: EXIF follows; bit 2: XMP follows.
            flags = (content[0] & ~0x0C) | (0x08 if way_up else 0)
            content = bytes([flags]) + content[1:]
        if kind in _WEBP_CHUNKS:
            parts.append(_webp_chunk(kind, length, content))
        place += 8 + length + length % 2
    if way_up:
        parts.append(_webp_chunk(b"EXIF", len(way_up), way_up))
    size = 4 + sum(map(len, parts))
    yield from (b"RIFF", struct.pack("<I", size), b"WEBP", *parts)


def _webp_chunk(kind: bytes, length: int, content: bytes) -> bytes:
    return kind + struct.pack("<I", length) + content + b"\0" * (length % 2 and len(content) == length)


def _gif(data: bytes, way_up: bytes) -> Iterator[bytes]:
    place = 13 + _gif_palette(data[10])
    yield data[:place]
    while place < len(data):
        start = place
        if data[place] == 0x3B:
            yield b"\x3b"
            return
        if data[place] == 0x2C:
            place = _gif_blocks(data, place + 11 + _gif_palette(data[place + 9]))
            yield data[start:place]
        elif data[place] == 0x21:
            label = data[place + 1]
            place = _gif_blocks(data, place + 2)
            # Comments (0xFE) and application data (0xFF), of which only the number of loops is visible.
            if label not in (0xFE, 0xFF) or data[start + 3 : start + 14] in _GIF_LOOPS:
                yield data[start:place]
        else:
            raise ValueError(f"expected a block of GIF, found 0x{data[place]:02x}")


def _gif_palette(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _gif_blocks(data: bytes, place: int) -> int:
    """The position after a chain of length-prefixed blocks, the last of length 0."""
    while data[place]:
        place += 1 + data[place]
    return place + 1


_STRIPPERS = {"jpg": _jpeg, "png": _png, "webp": _webp, "gif": _gif}
