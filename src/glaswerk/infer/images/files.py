"""From a prompt to a file."""

from __future__ import annotations

import io
from pathlib import Path

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import write_atomic
from glaswerk.infer.images.pixels import grid, to_image
from glaswerk.infer.images.sampler import GUIDANCE, STEPS, Drawing, Painter
from glaswerk.model.images.folder import load

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


def drawn_file(
    model: Path,
    prompt: str,
    path: Path,
    *,
    count: int = 1,
    seed: int = 0,
    steps: int = STEPS,
    guidance: float = GUIDANCE,
    negative: str = "",
) -> list[int]:
    """Draw `count` pictures into one file, as a sheet if there are several; returns their seeds.

    Raises GlaswerkError for a name that does not end like a picture.
    """
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise GlaswerkError(
            f"expected a file name ending with {', '.join(FORMATS)}, found {str(path)!r:.80}",
            hint="--out picture.png",
        )
    painter = Painter(load(model))
    seeds = list(range(seed, seed + count))
    drawings = [Drawing(prompt, one, steps, guidance, negative) for one in seeds]
    images = [to_image(picture) for picture in painter.draw(drawings)]
    sheet = images[0] if count == 1 else grid(images, columns=min(count, 8))
    buffer = io.BytesIO()
    sheet.save(buffer, kind)
    write_atomic(path, buffer.getvalue())
    return seeds
