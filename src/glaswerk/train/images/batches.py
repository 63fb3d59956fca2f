"""What each step of an image run sees: pictures, captions, times and noise, from seed and step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from glaswerk.data.pictures.captions import Caption, numbered
from glaswerk.model.images.prompts import Prompts, padded
from glaswerk.train.batches.batches import Batch, Span
from glaswerk.train.images.pixels import Pixels

# Share of captions replaced by the empty prompt, from which guidance leads away (Ho & Salimans 2022).
DROPPED = 0.1


@dataclass(frozen=True, slots=True)
class PictureBatch(Batch):
    """A batch of captions with their pictures.

    `inputs`: ids of the captions, `positions`: 1 where they are not padding; `pixels`: uint8, (rows, side,
    side, 3); `times`: (rows,), 1 is noise; `noise`: (rows, 3, side, side).
    """

    pixels: Tensor
    times: Tensor
    noise: Tensor

    def counted(self) -> int:
        """The number of pictures."""
        return len(self.inputs)

    def to(self, device: torch.device) -> Self:
        """The batch on a device."""
        return type(self)(*(getattr(self, field.name).to(device) for field in fields(self)))

    def clean(self) -> Tensor:
        """The pictures, (rows, 3, side, side), in [-1, 1]."""
        return self.pixels.permute(0, 3, 1, 2).float() / 127.5 - 1


class PictureSampler:
    """Epoch after epoch, every caption once in an order of its own.

    `times`: mean and deviation of the normal distribution whose logistic function gives the times (Esser et
    al. 2024). `tokens`: patches of a picture.
    """

    def __init__(
        self,
        captions: Sequence[Caption],
        pixels: Pixels,
        prompts: Prompts,
        *,
        rows: int,
        seed: int,
        tokens: int,
        times: tuple[float, float],
    ) -> None:
        self._captions, self._pixels, self._prompts = captions, pixels, prompts
        self._rows, self._seed, self._tokens, self._times = rows, seed, tokens, times
        self._numbers = numbered(captions)
        self._ids = [prompts.ids(caption.text) for caption in captions]
        self._order = lru_cache(maxsize=2)(self._shuffled)
        self.steps_per_epoch = len(captions) / rows

    def batch(self, step: int) -> PictureBatch:
        """The whole batch of a step."""
        rng = np.random.default_rng([self._seed, 1, step])
        chosen = self._chosen(step)
        dropped = rng.random(len(chosen)) < DROPPED
        empty = [self._prompts.start_id]
        ids, mask = padded(
            [empty if drop else self._ids[i] for i, drop in zip(chosen, dropped, strict=True)], empty[0]
        )
        pictures = [self._numbers[self._captions[i].picture] for i in chosen]
        mean, deviation = self._times
        times = 1 / (1 + np.exp(-(mean + deviation * rng.standard_normal(len(chosen)))))
        return made(self._pixels[np.array(pictures)], ids, mask, times, rng, self._tokens)

    def spans(self, step: int) -> list[Span]:
        """The captions of a step; their stretches say nothing."""
        return [Span("image", self._captions[i].document, 0, 1) for i in self._chosen(step)]

    def _chosen(self, step: int) -> list[int]:
        count = len(self._captions)
        places = range(step * self._rows, (step + 1) * self._rows)
        return [int(self._order(place // count)[place % count]) for place in places]

    def _shuffled(self, epoch: int) -> NDArray[Any]:
        return np.random.default_rng([self._seed, 0, epoch]).permutation(len(self._captions))


def made(
    pixels: Pixels, ids: Tensor, mask: Tensor, times: NDArray[Any], rng: np.random.Generator, tokens: int
) -> PictureBatch:
    """The batch of these pictures, captions and times, with noise from `rng`."""
    rows, side = pixels.shape[:2]
    noise = rng.standard_normal((rows, 3, side, side), dtype=np.float32)
    return PictureBatch(
        inputs=ids,
        labels=torch.full_like(ids, -100),
        positions=mask.long(),
        sizes=torch.full((rows,), tokens),
        pixels=torch.from_numpy(np.array(pixels)),
        times=torch.from_numpy(times.astype(np.float32)),
        noise=torch.from_numpy(noise),
    )
