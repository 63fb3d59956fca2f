"""PNG files whose data unpack to far more than their pixels take: bombs for other programs."""

from __future__ import annotations

import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# What interlacing and careless encoders may add to the pixels.
_FREE = 1 << 20


def has_surplus(data: bytes) -> bool:
    """Whether the IDAT chunks of a PNG unpack to more than twice its pixels and 1 MiB; False for all else.

    Unpacks up to that limit. Damage is for the decoder to find.
    """
    if not data.startswith(_SIGNATURE) or data[12:16] != b"IHDR" or len(data) < 29:
        return False
    width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    row = 1 + width * data[24] * _CHANNELS.get(data[25], 4) // 8 + 1
    left, unpacker, place = 2 * row * height + _FREE, zlib.decompressobj(), len(_SIGNATURE)
    while left > 0 and place + 8 <= len(data):
        size, kind = int.from_bytes(data[place : place + 4]), data[place + 4 : place + 8]
        if kind == b"IDAT":
            try:
                left -= len(unpacker.decompress(data[place + 8 : place + 8 + size], left))
            except zlib.error:
                return False
            if unpacker.unconsumed_tail or unpacker.eof:
                break
        place += size + 12
    return left <= 0
