"""A picture as an image network sees it."""

from __future__ import annotations

import io

from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def square(data: bytes, side: int) -> Image.Image:
    """The upright middle square of a picture, `side` pixels wide; what is transparent becomes white."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        return squared(ImageOps.exif_transpose(opened), side)


def squared(image: Image.Image, side: int) -> Image.Image:
    """The middle square of a picture that is upright, on white."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return ImageOps.fit(image.convert("RGB"), (side, side), Image.Resampling.LANCZOS)
