"""The pictures of a run, decoded once: square, of one size, in a file that is mapped into memory."""

from __future__ import annotations

import io
import os
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.progress import track
from glaswerk.data.pictures.captions import Caption, numbered, read_all
from glaswerk.data.pictures.square import FORMATS, square
from glaswerk.lab import Lab

Pixels = NDArray[np.uint8]
_FILE = "pixels.npy"
# Pictures that are looked at to choose the side of all.
_SAMPLE = 200


def usual_side(lab: Lab, captions: Sequence[Caption]) -> int:
    """The median of the shorter sides of some of the pictures, in pixels."""
    step = max(1, len(captions) // _SAMPLE)
    sides = []
    for _, data in read_all(lab, captions[::step]):
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            sides.append(min(image.size))
    return round(statistics.median(sides))


def decoded(lab: Lab, captions: Sequence[Caption], side: int, folder: Path) -> Pixels:
    """uint8, (distinct pictures, side, side, 3), in the order of `numbered`; made once in `folder`.

    Raises GlaswerkError if a picture is damaged.
    """
    path, count = folder / _FILE, len(numbered(captions))
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        staging = path.with_suffix(".part")
        shape = (count, side, side, 3)
        found = np.lib.format.open_memmap(staging, mode="w+", dtype=np.uint8, shape=shape)
        for place, (name, data) in enumerate(track(read_all(lab, captions), "decoding pictures")):
            try:
                found[place] = np.asarray(square(data, side))
            except (OSError, ValueError, SyntaxError) as error:
                raise GlaswerkError(
                    f"expected a complete picture, found {name}: {error}", hint="glaswerk verify --all"
                ) from error
        found.flush()
        os.rename(staging, path)
    mapped: Any = np.load(path, mmap_mode="r")
    return mapped  # type: ignore[no-any-return]


def forget_pixels(folder: Path) -> None:
    """Delete the decoded pictures of a finished run: their owners may want them forgotten."""
    (folder / _FILE).unlink(missing_ok=True)
