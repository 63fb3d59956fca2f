"""Samples of what a network writes while it learns: the same prompts, continued at every validation."""

from __future__ import annotations

import numpy as np
import torch
from transformers import DynamicCache, PreTrainedModel

from glaswerk.infer.sampling import Sampling, sample_token
from glaswerk.tokenizer import Shards, Tokenizer

# All rows have the same length and go through the network together: 0.1 s at 2 M parameters.
_PROMPT, _TOKENS, _PROMPTS = 2, 40, 3
_TEMPERATURE = 0.7


class Samples:
    """Continuations of the most common beginnings of documents: greedy, and at temperature 0.7.

    The prompts are shared by many documents, so that the report quotes no person in particular.
    """

    def __init__(self, shards: Shards, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._prompts = _beginnings(shards, tokenizer)

    @torch.no_grad()
    def __call__(self, model: PreTrainedModel) -> list[dict[str, str]]:
        """[{"prompt", "greedy", "sampled"}]; the same weights always write the same."""
        if not self._prompts:
            return []
        count = len(self._prompts)
        written = self._continue(model, self._prompts + self._prompts, count)
        return [
            {
                "prompt": self._tokenizer.decode(self._prompts[i][1:]),
                "greedy": self._text(written[i]),
                "sampled": self._text(written[count + i]),
            }
            for i in range(count)
        ]

    def _continue(self, model: PreTrainedModel, prompts: list[list[int]], greedy: int) -> list[list[int]]:
        """Rows of new ids; the first `greedy` rows always take the most likely token."""
        generator = torch.Generator().manual_seed(0)
        cache, ids = DynamicCache(config=model.config), torch.tensor(prompts)
        chosen = []
        for _ in range(_TOKENS):
            output = model(
                input_ids=ids.to(model.device), past_key_values=cache, use_cache=True, logits_to_keep=1
            )
            logits = output.logits[:, -1, : self._tokenizer.vocab_size].float().cpu()
            warm = Sampling(_TEMPERATURE, 1.0)
            row = [int(t) for t in logits[:greedy].argmax(-1)]
            row += [sample_token(each, warm, generator) for each in logits[greedy:]]
            chosen.append(row)
            ids = torch.tensor(row)[:, None]
        return [list(column) for column in zip(*chosen, strict=True)]

    def _text(self, ids: list[int]) -> str:
        special = self._tokenizer.special_ids
        end = next((i for i, token in enumerate(ids) if token in special), len(ids))
        return self._tokenizer.decode(ids[:end])


def _beginnings(shards: Shards, tokenizer: Tokenizer) -> list[list[int]]:
    """The most common pairs of first tokens, no handles, with different first tokens, after an end token."""
    _, starts, ends = shards.spans("train")
    tokens = shards.tokens("train")
    first = starts[ends - starts > _PROMPT]
    pairs = np.stack([np.asarray(tokens[first + i], np.int64) for i in range(_PROMPT)], axis=1)
    values, counts = np.unique(pairs, axis=0, return_counts=True)
    chosen: dict[int, list[int]] = {}
    for row in values[np.argsort(-counts, kind="stable")].tolist():
        if not tokenizer.decode(row).startswith("@"):
            chosen.setdefault(row[0], [shards.end_id, *row])
        if len(chosen) == _PROMPTS:
            break
    return list(chosen.values())
