"""Labs with a corpus of small captioned pictures: squares of one colour, whose captions name it."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from x_pictures import folder, lines

from glaswerk.data.curate.curate import curate
from glaswerk.data.source import add_images
from glaswerk.lab import Artifact, Lab

COLOURS = {"red": (200, 45, 40), "blue": (50, 90, 200), "green": (50, 150, 70), "white": (240, 240, 235)}


def coloured_png(colour: str, shade: int, side: int = 20) -> bytes:
    """A square of nearly that colour."""
    red, green, blue = COLOURS[colour]
    file = io.BytesIO()
    Image.new("RGB", (side + 4, side), (red - shade, green - shade, blue - shade)).save(file, "PNG")
    return file.getvalue()


def add_colours(lab: Lab, path: Path, shades: int = 6) -> Artifact:
    """Add `shades` pictures of each colour and curate them; returns the corpus."""
    files: dict[str, bytes | str] = {}
    rows = []
    for colour in COLOURS:
        for shade in range(shades):
            name = f"{colour}-{shade}.png"
            files[name] = coloured_png(colour, shade)
            words = f"a {colour} square of shade number {shade} on a wall"
            rows.append({"file_name": name, "text": words, "author": f"painter {shade % 2}"})
    folder(path, {**files, "metadata.jsonl": lines(*rows)})
    add_images(lab, [path], licence="CC0-1.0", acquired="synthetic", name="colours")
    return curate(lab)
