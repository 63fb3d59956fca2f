"""Draw the next token from logits."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to draw a token.

    `temperature` 0 takes the likeliest token. `top_p` below 1 draws from the smallest set of likeliest tokens
    whose probabilities sum to at least `top_p`. `seed` None draws differently each time.
    """

    temperature: float
    top_p: float
    seed: int | None = None


def sample_token(logits: Tensor, sampling: Sampling, generator: torch.Generator | None) -> int:
    """Draw one token id from logits of shape (vocabulary,)."""
    # Below this the division overflows fp32, and only the likeliest token has any probability.
    if sampling.temperature < 1e-4:
        return int(logits.argmax())
    probabilities = torch.softmax(logits.float() / sampling.temperature, -1)
    if sampling.top_p < 1:
        probabilities = nucleus(probabilities, sampling.top_p)
    return int(torch.multinomial(probabilities, 1, generator=generator))


def nucleus(probabilities: Tensor, top_p: float) -> Tensor:
    """Zero all but the likeliest tokens that together reach `top_p`; the likeliest is always kept.

    probabilities: shape (vocabulary,). The result is not normalised.
    """
    values, order = probabilities.sort(descending=True)
    values[values.cumsum(0) - values >= top_p] = 0.0
    return torch.zeros_like(probabilities).scatter_(0, order, values)
