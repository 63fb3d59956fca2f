"""python -m bench.pictures FOLDER [SECONDS] [SHEET]: pictures after equal time, beside diffusers' U-Net.

FOLDER has the four files of Fashion-MNIST (Debian's dataset-fashion-mnist, unpacked). Ours is `glaswerk
images train` with the `cpu` preset on class names as captions; the peer is `peers/unet.py`. Both train
SECONDS (120 by default) on the same 12,000 pictures and draw 50 of each class. Printed, shares with 95 %
intervals:
- pictures a second in training and in drawing, and the ratios;
- the share that a network trained apart names as what was asked, beside its accuracy on real pictures;
- the Fréchet distance in that network's features from 10,000 test pictures, beside that of 500 training ones.
SHEET: a PNG with both, eight of each class.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from glaswerk.core.statistics import Estimate, wilson
from glaswerk.data.curate.curate import curate
from glaswerk.data.source import add_images
from glaswerk.infer.images.pixels import grid, to_image
from glaswerk.infer.images.sampler import Drawing, Painter
from glaswerk.lab import Artifact, Lab
from glaswerk.model.images.folder import load
from glaswerk.train.images.plan import ImageConfig
from glaswerk.train.images.train_images import train_images

from .peers import unet

CLASSES = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")
TRAINED, EACH, STEPS, GUIDANCE, AT_ONCE = 12_000, 50, 24, 3.0, 50
_CALIBRATION = 60


def read(folder: Path, name: str) -> tuple[Tensor, Tensor]:
    """uint8 pictures (count, 28, 28) and labels of the part `train` or `t10k`."""
    with gzip.open(folder / f"{name}-images-idx3-ubyte.gz") as file:
        pictures = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(folder / f"{name}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    return torch.from_numpy(pictures.copy()), torch.from_numpy(labels.astype(np.int64))


class Judge(nn.Module):
    """Names the class of a picture; `features` are what its last layer reads."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(64 * 49, 64), nn.ReLU()),
        )
        self.last = nn.Linear(64, len(CLASSES))

    def forward(self, pictures: Tensor) -> Tensor:
        named: Tensor = self.last(self.features(pictures))
        return named


def judge(pictures: Tensor, labels: Tensor) -> Judge:
    """Trained on what neither drawer learns from."""
    torch.manual_seed(1)
    model = Judge()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    for _ in range(3):
        for chosen in torch.randperm(len(pictures)).split(128):
            nn.functional.cross_entropy(model(pictures[chosen]), labels[chosen]).backward()
            optimizer.step()
            optimizer.zero_grad()
    return model.eval()


@torch.no_grad()
def frechet(model: Judge, one: Tensor, other: Tensor) -> float:
    """The Fréchet distance of two sets of pictures in the judge's features, as Gaussians."""
    first, second = (torch.cat([model.features(p) for p in s.split(500)]).double() for s in (one, other))
    apart = (first.mean(0) - second.mean(0)).square().sum()
    spreads = torch.cov(first.T), torch.cov(second.T)
    shared = torch.linalg.eigvals(spreads[0] @ spreads[1]).real.clamp(min=0).sqrt().sum()
    return float(apart + spreads[0].trace() + spreads[1].trace() - 2 * shared)


def ours(folder: Path, pictures: Tensor, labels: Tensor, seconds: float) -> tuple[Artifact, float]:
    """The image model of a lab after about `seconds`, and its pictures a second in training."""
    shown = folder / "clothes"
    for name in CLASSES:
        (shown / name).mkdir(parents=True)
    for place, (picture, label) in enumerate(zip(pictures, labels.tolist(), strict=True)):
        Image.fromarray(picture.numpy()).save(shown / CLASSES[label] / f"{place}.png")
    lab = Lab.init(folder / "lab", "clothes")
    add_images(lab, [shown], licence="MIT", name="clothes", acquired="public")
    curate(lab, validation_share=0.01)
    tried = train_images(lab, ImageConfig(side=28, steps=_CALIBRATION), name="tried")
    speed, batch = float(tried.stats["pictures_per_second"]), 16
    made = train_images(lab, ImageConfig(side=28, steps=int(seconds * speed / batch)), name="clothes")
    return made, float(made.stats["pictures_per_second"])


def drawn(model: Artifact, labels: Sequence[int]) -> Tensor:
    """(labels, 1, 28, 28) in [-1, 1]."""
    painter = Painter(load(model.path))
    asked = [Drawing(CLASSES[label], place, STEPS, GUIDANCE) for place, label in enumerate(labels)]
    return torch.stack(painter.draw(asked, at_once=AT_ONCE)).mean(1, keepdim=True)


def share(found: Estimate) -> str:
    """In per cent, with its interval."""
    return f"{100 * found.value:.1f} % ({100 * found.low:.1f}-{100 * found.high:.1f})"


def line(name: str, words: str) -> None:
    sys.stdout.write(f"{name:44} {words}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> None:
    """Train, draw and judge both."""
    folder, seconds = Path(arguments[0]), float(arguments[1]) if len(arguments) > 1 else 120.0
    raw, labels = read(folder, "train")
    scaled = raw.float()[:, None] / 127.5 - 1
    held_raw, held_labels = read(folder, "t10k")
    held = held_raw.float()[:, None] / 127.5 - 1
    judging = judge(scaled[TRAINED:], labels[TRAINED:])
    with torch.no_grad():
        named = torch.cat([judging(part) for part in held.split(500)]).argmax(1)
    real = wilson(int((named == held_labels).sum()), len(held))
    line(
        "real pictures named rightly",
        f"{100 * real.value:.1f} % ({100 * real.low:.1f}-{100 * real.high:.1f})",
    )
    line("Fréchet distance of 500 training pictures", f"{frechet(judging, scaled[:500], held):.2f}")
    asked = [label for label in range(len(CLASSES)) for _ in range(EACH)]
    wanted, sheets, speeds = torch.tensor(asked), [], []
    with tempfile.TemporaryDirectory() as scratch:
        model, speed = ours(Path(scratch), raw[:TRAINED], labels[:TRAINED], seconds)
        peer = unet.train(scaled[:TRAINED], labels[:TRAINED], len(CLASSES), seconds)
        for name, trained in (("ours", speed), ("UNet2DModel", peer.pictures_per_second)):
            begun = time.perf_counter()
            made = drawn(model, asked) if name == "ours" else _of_peer(peer, wanted)
            rate = len(asked) / (time.perf_counter() - begun)
            with torch.no_grad():
                right = wilson(int((judging(made).argmax(1) == wanted).sum()), len(asked))
            line(
                f"{name}: named as what was asked",
                share(right),
            )
            line(f"{name}: Fréchet distance", f"{frechet(judging, made, held):.2f}")
            line(f"{name}: pictures/s trained, drawn", f"{trained:.1f}, {rate:.2f}")
            speeds.append((trained, rate))
            sheets += [to_image(made[c * EACH + i].expand(3, -1, -1)) for c in range(10) for i in range(8)]
    ratios = [a / b for a, b in zip(*speeds, strict=True)]
    line("ours : UNet2DModel, trained and drawn", f"{ratios[0]:.2f} x, {ratios[1]:.2f} x")
    if len(arguments) > 2:
        grid(sheets, 16).save(arguments[2])


def _of_peer(peer: unet.Unet, wanted: Tensor) -> Tensor:
    parts = wanted.split(AT_ONCE)
    return torch.cat([unet.sample(peer, part, steps=STEPS, guidance=GUIDANCE) for part in parts])


if __name__ == "__main__":
    main(sys.argv[1:])
