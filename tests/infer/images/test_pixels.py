"""Between tensors and files."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image
from small_painters import small_painter

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.images.files import drawn_file
from glaswerk.infer.images.pixels import grid, to_image, to_tensor
from glaswerk.model.images.folder import save


def test_every_level_survives_the_round_trip() -> None:
    levels = torch.arange(256, dtype=torch.uint8).reshape(16, 16)
    image = Image.fromarray(levels.numpy()).convert("RGB")
    assert to_image(to_tensor(image)).tobytes() == image.tobytes()


def test_a_grid_has_the_pictures_row_by_row() -> None:
    images = [Image.new("RGB", (4, 4), colour) for colour in ("red", "lime", "blue")]
    sheet = grid(images, columns=2, gap=1)
    assert sheet.size == (9, 9)
    assert sheet.getpixel((0, 5)) == (0, 0, 255)


def test_pictures_are_drawn_into_a_file_and_the_same_again(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    save(small_painter(tmp_path / "tokenizer"), tmp_path / "model")
    one, again = tmp_path / "one.png", tmp_path / "again.png"
    assert drawn_file(tmp_path / "model", "a red house", one, count=2, steps=2, seed=4) == [4, 5]
    drawn_file(tmp_path / "model", "a red house", again, count=2, steps=2, seed=4)
    assert one.read_bytes() == again.read_bytes()
    with pytest.raises(GlaswerkError, match=r"\.svg"):
        drawn_file(tmp_path / "model", "a red house", tmp_path / "one.svg")
