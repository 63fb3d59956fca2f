"""From a prompt to a picture or a sheet of them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.images.pixels import grid, to_image
from glaswerk.infer.images.sampler import GUIDANCE, STEPS, Drawing, Painter
from glaswerk.model.images.folder import load

_KINDS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}
_COLUMNS = 8


def kind_of(path: Path) -> str:
    """png, jpeg or webp by the end of a file's name. Raises GlaswerkError for another end."""
    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        raise GlaswerkError(
            f"expected a file name ending with {', '.join(_KINDS)}, found {str(path)!r:.80}",
            hint="--out picture.png",
        )
    return kind


def draw_sheet(
    model: Path,
    prompt: str,
    *,
    count: int = 1,
    seed: int = 0,
    steps: int = STEPS,
    guidance: float = GUIDANCE,
    negative: str = "",
) -> tuple[Image.Image, list[int]]:
    """`count` pictures, as one sheet if there are several, and their seeds."""
    painter = Painter(load(model))
    seeds = list(range(seed, seed + count))
    drawings = [Drawing(prompt, one, steps, guidance, negative) for one in seeds]
    images = [to_image(picture) for picture in painter.draw(drawings)]
    return (images[0] if count == 1 else grid(images, min(count, _COLUMNS))), seeds
