"""Between tensors and files."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image
from small_painters import small_painter

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.images.files import draw_sheet, kind_of
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


def test_a_sheet_is_drawn_the_same_again(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    save(small_painter(tmp_path / "tokenizer"), tmp_path / "model")
    one, seeds = draw_sheet(tmp_path / "model", "a red house", count=2, steps=2, seed=4)
    again, _ = draw_sheet(tmp_path / "model", "a red house", count=2, steps=2, seed=4)
    assert seeds == [4, 5]
    assert one.size == (66, 32)
    assert one.tobytes() == again.tobytes()


def test_the_end_of_a_name_gives_the_format() -> None:
    assert [kind_of(Path(name)) for name in ("a.PNG", "a.jpg", "b.webp")] == ["png", "jpeg", "webp"]
    with pytest.raises(GlaswerkError, match=r"\.svg"):
        kind_of(Path("one.svg"))
