"""Picture models that are small, random and not grey: for tests of all that comes after training."""

from __future__ import annotations

from pathlib import Path

import torch

from glaswerk.model.images import text_encoder
from glaswerk.model.images.folder import PictureFolder
from glaswerk.model.images.network import NetworkShape
from glaswerk.model.images.picture_model import PictureModel
from glaswerk.model.images.prompts import Prompts
from glaswerk.tokenizer import Tokenizer
from glaswerk.tokenizer.training import write_tokenizer

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
