"""Log-probabilities of the tokens of a prompt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from glaswerk.infer.engines.job import Token

# Logits held at once, as tokens × vocabulary: 64 MB in fp32.
_LOGIT_BUDGET = 1 << 24


@torch.inference_mode()
def prompt_tokens(model: PreTrainedModel, ids: Sequence[int], top: int) -> list[Token]:
    """The tokens of a prompt, each with its log-probability given those before it; the first has none.

    top: how many of the likeliest tokens to name beside each. A long prompt is read in parts, so that its
    logits need little memory.
    """
    found = [Token(ids[0])]
    for logits, targets in _parts(model, ids):
        values = logits.float().log_softmax(-1)
        own = values.gather(1, targets[:, None])[:, 0].tolist()
        best = values.topk(min(top, values.shape[-1])) if top else None
        names = best.indices.tolist() if best else [[]] * len(own)
        figures = best.values.tolist() if best else [[]] * len(own)
        found += [
            Token(int(i), value, tuple(zip(name, figure, strict=True)))
            for i, value, name, figure in zip(targets, own, names, figures, strict=True)
        ]
    return found


def _parts(model: PreTrainedModel, ids: Sequence[int]) -> Iterator[tuple[Tensor, Tensor]]:
    """(logits, the tokens that follow) of the positions of a prompt, in order."""
    row = torch.tensor(list(ids))
    size = max(1, _LOGIT_BUDGET // int(model.config.vocab_size))
    past: Any = None
    for start in range(0, len(ids) - 1, size):
        part = row[start : min(start + size, len(ids) - 1)]
        more = len(ids) - 1 > size
        out = model(input_ids=part[None], past_key_values=past, use_cache=more)
        past = out.past_key_values if more else None
        yield out.logits[0], row[start + 1 : start + 1 + len(part)]
