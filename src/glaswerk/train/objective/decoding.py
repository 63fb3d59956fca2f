"""Completions of the model in training: many at once, reproducible from weights, seed and step."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

Draws = np.ndarray[Any, np.dtype[np.float64]]


def draws(seed: int, step: int, prompt: int, each: int, room: int) -> Draws:
    """The random numbers that decide the completions of one prompt: uniform in [0, 1), (each, room)."""
    return np.random.default_rng([seed, step, prompt]).random((each, room))


@torch.no_grad()
def complete(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    chance: Sequence[Draws],
    *,
    ends: Collection[int],
    vocab_size: int,
) -> list[list[list[int]]]:
    """Completions of every prompt, sampled at temperature 1 from the full distribution.

    `chance[prompt]`, (completions, tokens), see `draws`: as many completions as rows, each as long as its
    columns or up to and including a token of `ends`. Tokens from `vocab_size` on are never drawn.
    """
    each, room = chance[0].shape
    device = next(model.parameters()).device
    wanted = torch.from_numpy(np.concatenate(chance)).to(device)
    decoder = _Decoder(model, prompts, each)
    final = torch.tensor(sorted(ends), device=device)
    rows: list[Tensor] = []
    open_rows = torch.ones(len(wanted), dtype=torch.bool, device=device)
    tokens = torch.empty(0)
    for column in range(room):
        logits = decoder.next(tokens if column else None)[:, :vocab_size]
        tokens = _drawn(logits, wanted[:, column])
        rows.append(torch.where(open_rows, tokens, -1))
        open_rows &= ~torch.isin(tokens, final)
        if not bool(open_rows.any()):
            break
    found = [[t for t in row if t >= 0] for row in torch.stack(rows, 1).tolist()]
    return [found[i : i + each] for i in range(0, len(found), each)]


def _drawn(logits: Tensor, chance: Tensor) -> Tensor:
    """One token per row: where `chance`, (rows,), falls in the cumulative probabilities."""
    sums = logits.double().softmax(-1).cumsum(-1)
    # Rounding leaves the last sum slightly different from 1: the draw must stay below it.
    places = (sums <= (chance * sums[:, -1])[:, None]).sum(-1)
    return places.clamp(max=logits.shape[1] - 1)


class _Decoder:
    """Prompts padded on the left, so that all rows continue at the same index, with one key-value cache."""

    def __init__(self, model: PreTrainedModel, prompts: Sequence[Sequence[int]], each: int) -> None:
        self._model, self._each = model, each
        self._cache = DynamicCache(config=model.config)
        device = next(model.parameters()).device
        longest = max(map(len, prompts))
        self._ids = torch.zeros(len(prompts), longest, dtype=torch.int64, device=device)
        self._seen = torch.zeros_like(self._ids)
        for row, prompt in enumerate(prompts):
            self._ids[row, longest - len(prompt) :] = torch.tensor(prompt)
            self._seen[row, longest - len(prompt) :] = 1

    def next(self, tokens: Tensor | None) -> Tensor:
        """Logits after `tokens`, (rows, vocabulary); None begins with the prompts themselves."""
        if tokens is None:
            positions = (self._seen.cumsum(1) - 1).clamp(min=0)
            logits = self._forward(self._ids, positions)
            # A prompt is computed once for all of its completions.
            self._cache.batch_repeat_interleave(self._each)
            self._seen = self._seen.repeat_interleave(self._each, 0)
            return logits.repeat_interleave(self._each, 0)
        self._seen = torch.cat([self._seen, self._seen.new_ones(len(tokens), 1)], 1)
        return self._forward(tokens[:, None], self._seen.sum(1, keepdim=True) - 1)

    def _forward(self, ids: Tensor, positions: Tensor) -> Tensor:
        logits: Tensor = self._model(
            input_ids=ids,
            attention_mask=self._seen,
            position_ids=positions,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits[:, -1]
        return logits
