"""Draw the next token from logits."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from glaswerk.core.artifact_files import GENERATION_CONFIG


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to draw a token; the steps are applied in this order, as `transformers` applies them.

    `repetition_penalty` makes tokens of prompt and answer less likely (Keskar et al. 2019; 1: off).
    `temperature` 0 takes the likeliest token. `top_k` keeps the k likeliest tokens (0: all). `top_p` below 1
    keeps the smallest set of likeliest tokens whose probabilities sum to at least `top_p`. `min_p` keeps
    tokens of at least that share of the likeliest one's probability. `seed` None draws differently each time.
    """

    temperature: float = 0.7
    top_p: float = 1.0
    seed: int | str | None = None
    top_k: int = 0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0

    @property
    def greedy(self) -> bool:
        """Whether the likeliest token is taken. Below 1e-4 the division overflows fp32, and no other token
        has any probability."""
        return self.temperature < 1e-4

    @property
    def filters(self) -> bool:
        """Whether it leaves out tokens."""
        return self.top_k > 0 or self.top_p < 1 or self.min_p > 0

    @classmethod
    def of(cls, folder: Path) -> Self:
        """What the `generation_config.json` of a model folder recommends.

        The one place that reads these settings: what is served is what is measured.
        """
        path = folder / GENERATION_CONFIG
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        names = {field.name for field in fields(cls)} - {"seed"}
        return cls(**{key: value for key, value in said.items() if key in names and value is not None})

    def changed(self, **wishes: Any) -> Sampling:
        """With every wish that is not None in place of the recommended value."""
        return replace(self, **{key: value for key, value in wishes.items() if value is not None})


def sample_token(
    logits: Tensor, sampling: Sampling, generator: torch.Generator | None, before: Sequence[int] = ()
) -> int:
    """Draw one token id from logits of shape (vocabulary,); `before`: the ids of prompt and answer so far."""
    if sampling.repetition_penalty != 1:
        logits = penalised(logits, before, sampling.repetition_penalty)
    if sampling.greedy:
        return int(logits.argmax())
    return int(torch.multinomial(kept_probabilities(logits, sampling), 1, generator=generator))


def kept_probabilities(logits: Tensor, sampling: Sampling) -> Tensor:
    """Probabilities to draw from, (vocabulary,), not normalised; 0 for tokens that the setting leaves out."""
    logits = logits.float() / sampling.temperature
    if 0 < sampling.top_k < len(logits):
        logits = logits.masked_fill(logits < logits.topk(sampling.top_k).values[-1], -torch.inf)
    probabilities = torch.softmax(logits, -1)
    if sampling.top_p < 1:
        probabilities = nucleus(probabilities, sampling.top_p)
    if sampling.min_p > 0:
        least = sampling.min_p * probabilities.max()
        probabilities = probabilities.masked_fill(probabilities < least, 0.0)
    return probabilities


def counted(logits: Tensor, answer: Sequence[int], sampling: Sampling) -> Tensor:
    """A copy of logits, (vocabulary,), less the frequency and presence penalties of an answer's tokens."""
    times = Counter(answer)
    taken = [-(sampling.frequency_penalty * count + sampling.presence_penalty) for count in times.values()]
    return logits.index_add(0, torch.tensor(list(times)), torch.tensor(taken, dtype=logits.dtype))


def penalised(logits: Tensor, before: Sequence[int], penalty: float) -> Tensor:
    """A copy of logits, (vocabulary,), with those of the tokens in `before` divided by `penalty` if positive,
    multiplied by it if negative. Ids beyond the vocabulary are passed over."""
    seen = torch.tensor(sorted({i for i in before if i < len(logits)}), dtype=torch.int64)
    values = logits[seen]
    return logits.index_copy(0, seen, torch.where(values < 0, values * penalty, values / penalty))


def nucleus(probabilities: Tensor, top_p: float) -> Tensor:
    """Zero all but the likeliest tokens that together reach `top_p`; the likeliest is always kept.

    probabilities: shape (vocabulary,). The result is not normalised.
    """
    values, order = probabilities.sort(descending=True)
    # Below 1e-45 top_p is 0 in fp32, which the likeliest token must survive.
    values[1:][(values.cumsum(0) - values >= top_p)[1:]] = 0.0
    return torch.zeros_like(probabilities).scatter_(0, order, values)
