"""Picture models that are small, random and not grey: for tests of all that comes after training."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import torch
from PIL import Image

from glaswerk.data.curate.curate import curate
from glaswerk.data.source import add_images
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.model.images import text_encoder
from glaswerk.model.images.folder import PictureFolder, save
from glaswerk.model.images.network import NetworkShape
from glaswerk.model.images.picture_model import PictureModel
from glaswerk.model.images.prompts import Prompts
from glaswerk.tokenizer import Tokenizer
from glaswerk.tokenizer.training import write_tokenizer
from glaswerk.town.pictures import build_pictures

CAPTIONS = ("a red house on the left at night", "two blue boats in the middle, by day, with rain")


def small_painter(folder: Path, *, side: int = 32, seed: int = 0, bottleneck: int = 16) -> PictureFolder:
    """A picture model of 64 x 3 with a text encoder of one layer; its tokenizer is written into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_tokenizer(folder, CAPTIONS, 300)
    prompts = Prompts.of(folder, Tokenizer.load(folder).end_id, 32)
    encoder = text_encoder.small(
        prompts.vocabulary, width=64, layers=1, end_id=prompts.start_id, seed=seed, length=32
    )
    model = PictureModel(NetworkShape(64, 2, 3, 8, 64, bottleneck=bottleneck), encoder, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.transformer.parameters():
            # The output begins at 0; after training it does not.
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.05)
    return PictureFolder(model.eval(), prompts, side)


def add_painter(
    lab: Lab,
    folder: Path,
    *,
    pictures: int = 60,
    more: Mapping[str, Image.Image] | None = None,
    exif: Image.Exif | None = None,
    held_out: float = 0.2,
) -> Artifact:
    """The image model "pictures" in the lab, and pictures of the town as what it learned from.

    more: other pictures by file name; JPEG ones have `exif`.
    """
    shown = folder / "shown"
    shown.mkdir(parents=True)
    rows = []
    for number, picture in enumerate(build_pictures(pictures, Random(5))):
        (shown / f"{number}.png").write_bytes(picture.png())
        rows.append(json.dumps(picture.record(f"{number}.png")))
    for name, image in (more or {}).items():
        image.save(shown / name, **({"exif": exif} if exif and name.endswith(".jpg") else {}))
        rows.append(json.dumps({"file_name": name, "text": f"a picture called {name}"}))
    (shown / "metadata.jsonl").write_text("\n".join(rows))
    add_images(lab, [shown], licence="CC0-1.0", author="Ada", name="shown", acquired="synthetic")
    corpus = curate(lab, name="shown", validation_share=held_out)

    def write(out: Path) -> dict[str, Any]:
        save(small_painter(folder / "painter"), out)
        return {}

    return lab.make(Spec("image-model", "pictures", "test/1", {"corpus": corpus.id}, {}), write)
