"""A watermark in the pixels: a faint pattern of a secret key, found again by correlation.

Spread spectrum (Cox et al. 1997): a pattern of 32 x 32 cells of ±1 is stretched over the picture and added to
all three colours, stronger where the picture is busy. The detector removes what is smooth, shrinks the rest
to half cells and correlates it with the pattern at every shift and at several scales, so that a part of the
picture is enough. It says "made by this lab" and nothing else; docs/how-to/images.md has what it survives.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

CELLS = 32
# Levels of 256 in smooth and in busy parts; the peak signal-to-noise ratio is then about 37 dB.
WEAKEST, STRONGEST = 2.0, 8.0
# None of 10,000 pictures without the watermark had more than 6.9 (docs/log.md).
THRESHOLD = 7.0
# The same for the one correlation in the pattern's own place.
_IN_PLACE = 5.5
# Shares of the original width that a part may have, and the grid on which it is looked for.
_SHARES = tuple(1 - 0.025 * step for step in range(21))
_GRID = 2 * CELLS
_LARGEST = 512
# Of the mean size of a wave: weaker ones are noise of rounding.
_LEAST = 0.1
Array = NDArray[np.float32]


def embed(image: Image.Image, key: bytes) -> Image.Image:
    """The RGB picture with the watermark of `key`."""
    pixels = np.asarray(image.convert("RGB"), np.float32)
    height, width = pixels.shape[:2]
    wave = np.asarray(
        Image.fromarray(pattern(key)).resize((width, height), Image.Resampling.BICUBIC), np.float32
    )
    marked = pixels + (wave * _strength(image))[:, :, None]
    return Image.fromarray(marked.round().clip(0, 255).astype(np.uint8))


def score(image: Image.Image, key: bytes) -> float:
    """How many standard deviations the best correlation with the pattern of `key` is above chance.

    Where the whole picture is there, the pattern has not moved: that one correlation counts for more than
    the best of all shifts and scales does.
    """
    grey = image.convert("L")
    if max(grey.size) > _LARGEST:
        grey.thumbnail((_LARGEST, _LARGEST), Image.Resampling.LANCZOS)
    residual = _residual(grey)
    spectrum = _spectrum(key)
    found = [_scores(residual, share, spectrum) for share in _SHARES]
    whole = float(found[0][0, 0]) * THRESHOLD / _IN_PLACE
    return max(whole, *(float(scores.max()) for scores in found))


def detected(image: Image.Image, key: bytes) -> bool:
    """Whether the picture carries the watermark of `key`."""
    return score(image, key) > THRESHOLD


@lru_cache(maxsize=8)
def pattern(key: bytes) -> Array:
    """±1, (32, 32), the same for the same key; half of each sign."""
    seed = int.from_bytes(hashlib.blake2b(key, digest_size=16, person=b"glaswerk-wm").digest(), "big")
    signs = np.repeat(np.array([1, -1], np.float32), CELLS * CELLS // 2)
    return np.random.default_rng(seed).permutation(signs).reshape(CELLS, CELLS)


@lru_cache(maxsize=8)
def _spectrum(key: bytes) -> NDArray[Any]:
    """The conjugate spectrum of the pattern on the finer grid, with deviation 1."""
    wave = Image.fromarray(pattern(key)).resize((_GRID, _GRID), Image.Resampling.BICUBIC)
    fine = _centred(np.asarray(wave, np.float32))
    return np.conj(np.fft.rfft2(fine / fine.std()))


def _strength(image: Image.Image) -> Array:
    """The amplitude for each pixel, (height, width): what is busy hides more (Barni et al. 2001)."""
    grey = image.convert("L")
    blurred = np.asarray(grey.filter(ImageFilter.GaussianBlur(2)), np.float32)
    away = np.abs(np.asarray(grey, np.float32) - blurred).astype(np.uint8)
    busy = np.asarray(Image.fromarray(away).filter(ImageFilter.GaussianBlur(2)), np.float32)
    strength: Array = np.clip(WEAKEST + busy / 3, WEAKEST, STRONGEST)
    return strength


def _residual(grey: Image.Image) -> Array:
    """The picture without what is smooth, and with its edges clipped: (height, width)."""
    radius = max(1.0, 1.2 * max(grey.size) / CELLS)
    smooth = np.asarray(grey.filter(ImageFilter.GaussianBlur(radius)), np.float32)
    residual = np.asarray(grey, np.float32) - smooth
    limit = max(2.0, 2 * float(np.median(np.abs(residual))))
    clipped: Array = np.clip(residual, -limit, limit)
    return clipped


def _scores(residual: Array, share: float, spectrum: NDArray[Any]) -> NDArray[Any]:
    """The score of every shift if the picture is this share of the original's width and height, (64, 64)."""
    cells = round(_GRID * share)
    small = np.asarray(Image.fromarray(residual).resize((cells, cells), Image.Resampling.BOX), np.float32)
    small = _centred(small)
    whole = np.zeros((_GRID, _GRID), np.float32)
    whole[:cells, :cells] = small
    waves = np.fft.rfft2(whole)
    size = np.abs(waves)
    if float(size.max()) < 1e-3:
        return np.zeros((_GRID, _GRID), np.float32)
    # Only the phases count (Horner & Gianino 1984): a picture's own strong waves would drown the pattern.
    found = np.fft.irfft2(waves / (size + _LEAST * size.mean()) * spectrum, s=(_GRID, _GRID))
    scores: NDArray[Any] = (found - found.mean()) / found.std()
    return scores


def _centred(values: Array) -> Array:
    centred: Array = values - values.mean()
    return centred
